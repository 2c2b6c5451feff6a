import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sabotages } from '../../rehearsal/webhook/sabotage.ts';
import { demandSteps, mostRequestsOfDemand } from '../../rehearsal/webhook/demand-steps.ts';
import { mostRequests, steps } from '../../rehearsal/webhook/steps.ts';
import { jobEvent } from '../../rehearsal/gitlab/job-events.ts';
import { minimalVariables, planOf, secret } from '../support/plans.ts';
import { deliver } from '../../rehearsal/gitlab/webhook-delivery.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** Where the Terraform is that the other tests run. */
const terraform = execFileSync('/bin/sh', ['-c', 'command -v "${TERRAFORM_BINARY_NAME:-terraform}"'], {
  encoding: 'utf8',
}).trim();

interface Run {
  readonly code: number | string | null;
  readonly output: string;
}
/** The environment of `npm start` in the project's folder, without what a run of the tests may have set. */
const environmentWith = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...process.env,
  INIT_CWD: project,
  ...more,
});

/** `npm start`, without npm. */
const start = (arguments_: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Run> =>
  new Promise((done) => {
    const command = ['--import', 'tsx', 'rehearsal/main.ts', ...arguments_];
    execFile(process.execPath, command, { cwd: project, env: environmentWith(environment) }, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : (error.code ?? null), output: stdout + stderr }),
    );
  });

describe('npm start', () => {
  let folder: string;
  /** A plan that is there already, for the runs that are not about planning. */
  let plan: readonly string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
    plan = ['--plan', join(folder, 'plan.json')];
    writeFileSync(plan[1]!, (await planOf()).json, { mode: 0o600 });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs the planned webhook and sees what it expects, in plain lines when there is no terminal', async () => {
    const { code, output } = await start([]);
    expect([code, output]).toEqual([0, expect.stringMatching(/All \d+ checks saw what they expected\.\n$/)]);
    for (const { title } of steps) expect(output).toContain(title);
    expect(output).not.toMatch(/[\u001b\r]/);
    expect(output).not.toMatch(/✗/);
    // What a plan's burst limit is held against: the requests to the world that gets most of them.
    const [longest = ''] = output.split(steps.at(-1)?.title ?? '');
    expect(longest.match(/API Gateway +POST/g)).toHaveLength(mostRequests);
  }, 60_000);

  it('does the same with the demand strategy, for as many machines as the jobs want', async () => {
    const { code, output } = await start(['--strategy', 'demand']);
    expect([code, output]).toEqual([0, expect.stringMatching(/All \d+ checks saw what they expected\.\n$/)]);
    for (const { title } of demandSteps) expect(output).toContain(title);
    expect(output).not.toMatch(/✗/);
    expect(output.match(/API Gateway +POST/g)).toHaveLength(mostRequestsOfDemand);
  }, 60_000);

  it('takes the strategy from a plan, and breaks only what the steps of the first would notice', async () => {
    const file = join(folder, 'demand.json');
    const { json } = await planOf({ variables: { ...minimalVariables, scale_out_strategy: 'demand' } });
    writeFileSync(file, json, { mode: 0o600 });
    expect(await start(['--plan', file, '--break', 'secret'])).toEqual({
      code: 2,
      output: expect.stringContaining(
        '--break is for the steps of first-instance, but this plan is one of demand.',
      ) as string,
    });
  }, 60_000);

  it.each(Object.entries(sabotages))(
    'exits with 1 when broken with --break %s',
    async (name, { noticedBy, what }) => {
      const { code, output } = await start([...plan, '--break', name]);
      expect(code).toBe(1);
      expect(output).toContain(what);
      expect(/checks saw something else:\n {2}([\w-]+):/.exec(output)?.[1]).toBe(noticedBy);
    },
    60_000,
  );

  it.each([
    [['--break', 'nothing'], '--break is "nothing", but must be one of'],
    [['--port', 'http'], '--port is "http", but must be a number'],
    [['--plan', 'package.json'], '--plan names "package.json", which is not a plan: it has no planned_values.'],
    [['--plan', 'missing.json'], '--plan names "missing.json", which is not a plan: ENOENT'],
    [['--strategy', 'exact'], '--strategy is "exact", but must be one of first-instance, demand.'],
    [['--strategy', 'demand', '--plan', 'plan.json'], '--strategy is about a plan that is made here'],
    [['--sevre'], "Unknown option '--sevre'"],
  ])(
    'refuses %j with a message and exit code 2',
    async (arguments_, message) => {
      expect(await start(arguments_)).toEqual({ code: 2, output: expect.stringContaining(message) as string });
    },
    20_000,
  );

  it.each([
    ['is missing', 'no-such-terraform', '"no-such-terraform" was not found on PATH. Install Terraform'],
    ['is another program', 'true', '"true" is neither Terraform nor OpenTofu.'],
  ])(
    'says what to do when Terraform %s',
    async (_, binary, message) => {
      const { code, output } = await start([], { TERRAFORM_BINARY_NAME: binary });
      expect([code, output]).toEqual([2, expect.stringContaining(message)]);
      expect(output).not.toContain('    at ');
    },
    20_000,
  );

  it.each([
    [{ CDKTF_BACKEND: 'junk' }, 'CDKTF_BACKEND is "junk", but must be one of'],
    [{ GITLAB_CONFIG: '/nope' }, 'GITLAB_CONFIG names "/nope", which cannot be read.'],
    [{ SYNTH_HCL_OUTPUT: 'true' }, 'SYNTH_HCL_OUTPUT is "true", but the rehearsal plans the JSON'],
  ])(
    'says what is wrong with %j, and no more',
    async (environment, message) => {
      const { code, output } = await start([], environment);
      expect([code, output]).toEqual([2, expect.stringContaining(message)]);
      expect(output).not.toContain('    at ');
    },
    20_000,
  );

  it('says that a port is in use before it does anything else', async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    try {
      expect(await start([...plan, '--serve', '--port', String(port)])).toEqual({
        code: 2,
        output: `\nPort ${port} is in use; choose another with --port.\n`,
      });
    } finally {
      server.close();
    }
  }, 20_000);

  it('looks for a plan where the user is, not where npm goes', async () => {
    const { code, output } = await start(['--plan', 'plan.json'], { INIT_CWD: folder });
    expect([code, output]).toEqual([0, expect.stringContaining('checks saw what they expected.')]);
  }, 60_000);

  it('refuses a plan whose variables make the steps meaningless', async () => {
    const variables = { ...minimalVariables, webhook_allowed_cidrs: ['192.0.2.0/24'] };
    writeFileSync(join(folder, 'closed.json'), (await planOf({ variables })).json, { mode: 0o600 });
    expect(await start(['--plan', join(folder, 'closed.json')])).toEqual({
      code: 2,
      output: `\nThe steps cannot rehearse this plan: webhook_allowed_cidrs is ["192.0.2.0/24"], but must be empty or hold 127.0.0.1/32, from where the steps call.\n`,
    });
  }, 60_000);

  it('ends without a word when nobody reads on', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'rehearsal/main.ts', ...plan], {
      cwd: project,
      env: environmentWith({}),
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += String(chunk)));
    child.stdout.once('data', () => child.stdout.destroy());
    const [code] = (await once(child, 'close')) as [number];
    expect([code, errors]).toEqual([141, '']);
  }, 60_000);

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'leaves no Terraform and no file behind when %s comes while it plans',
    async (signal, expected) => {
      const scratch = join(folder, signal);
      mkdirSync(scratch);
      // The real Terraform, of which the test knows the process.
      const binary = join(folder, `terraform-${signal}`);
      writeFileSync(binary, `#!/bin/sh\necho "$1 $$" >> '${scratch}.pids'\nexec '${terraform}' "$@"\n`);
      chmodSync(binary, 0o755);
      const started = (): string => {
        try {
          return readFileSync(`${scratch}.pids`, 'utf8');
        } catch {
          return '';
        }
      };
      // In a group of its own, all of which a terminal signals: tsx, which passes the signal on, and what it runs.
      const child = spawn(join(project, 'node_modules/.bin/tsx'), ['rehearsal/main.ts'], {
        cwd: project,
        env: environmentWith({ TMPDIR: scratch, TERRAFORM_BINARY_NAME: binary }),
        detached: true,
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += String(chunk)));
      const ended = once(child, 'close') as Promise<[number]>;
      const planning = (): boolean => /^plan /m.test(started());
      while (!planning() && child.exitCode === null) await new Promise((soon) => setTimeout(soon, 20));
      expect(readdirSync(scratch).join()).toContain('offline-plan-');
      process.kill(-child.pid!, signal);
      const [code] = await ended;
      expect([code, output]).toEqual([expected, expect.stringMatching(new RegExp(`\nStopped by ${signal}\\.\n$`))]);
      expect(readdirSync(scratch).filter((name) => name.startsWith('offline-plan-'))).toEqual([]);
      const pids = started().match(/\d+/g)!.map(Number);
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    },
    60_000,
  );

  it('hears Ctrl-C in the last step, though it is to serve afterwards', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'rehearsal/main.ts', ...plan, '--serve'], {
      cwd: project,
      env: environmentWith({}),
    });
    try {
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += String(chunk);
          if (output.includes(steps.at(-1)!.title)) child.kill('SIGINT');
        });
      }
      const [code] = (await once(child, 'close')) as [number];
      expect([code, output]).toEqual([130, expect.stringMatching(/\nStopped by SIGINT\.\n$/)]);
      expect(output).not.toContain('Listening');
    } finally {
      child.kill('SIGKILL');
    }
  }, 30_000);

  it('explains itself with --help', async () => {
    const { code, output } = await start(['--help']);
    expect(code).toBe(0);
    for (const name of [...Object.keys(sabotages), '130/143 stopped by a signal']) expect(output).toContain(name);
  }, 20_000);

  it('keeps listening with --serve, answers GitLab and curl, and stops on Ctrl-C', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'rehearsal/main.ts', ...plan, '--serve'], {
      cwd: project,
    });
    try {
      let output = '';
      child.stderr.on('data', (chunk: Buffer) => (output += String(chunk)));
      const [, url] = await new Promise<RegExpExecArray>((found, lost) => {
        child.stdout.on('data', (chunk: Buffer) => {
          output += String(chunk);
          const command = /curl -i (\S+)[\s\S]*"X-Gitlab-Token: \$GITLAB_SECRET_TOKEN"/.exec(output);
          if (command) found(command);
        });
        child.on('exit', () => lost(new Error(output)));
      });
      expect(await deliver(url!, jobEvent({ status: 'pending', jobId: 1 }), { token: secret })).toMatchObject({
        status: 200,
        ok: true,
      });
      child.kill('SIGINT');
      const [code] = (await once(child, 'exit')) as [number];
      expect([code, output]).toEqual([0, expect.stringContaining('Stopped.')]);
      expect(output).not.toContain(secret);
      expect(await deliver(url!, jobEvent({ status: 'pending', jobId: 2 }))).toMatchObject({
        status: 'internal error',
      });
    } finally {
      child.kill('SIGKILL');
    }
  }, 60_000);
});
