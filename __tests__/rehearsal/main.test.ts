import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sabotages } from '../../rehearsal/webhook/sabotage.ts';
import { steps } from '../../rehearsal/webhook/steps.ts';
import { jobEvent } from '../../rehearsal/gitlab/job-events.ts';
import { planOf, secret } from '../support/plans.ts';
import { deliver } from '../../rehearsal/gitlab/webhook-delivery.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

interface Run {
  readonly code: number | string | null;
  readonly output: string;
}
/** `npm start`, without npm. */
const start = (arguments_: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Run> =>
  new Promise((done) => {
    const command = ['--import', 'tsx', 'rehearsal/main.ts', ...arguments_];
    execFile(
      process.execPath,
      command,
      { cwd: project, env: { ...process.env, ...environment } },
      (error, stdout, stderr) => done({ code: error === null ? 0 : (error.code ?? null), output: stdout + stderr }),
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

  it('explains itself with --help', async () => {
    const { code, output } = await start(['--help']);
    expect(code).toBe(0);
    for (const name of Object.keys(sabotages)) expect(output).toContain(name);
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
