import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundleAgent } from '../../../ami/agent/bundle.ts';
import { contractVersion, paths } from '../../../ami/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'main-'));
let agent: string;
beforeAll(async () => {
  agent = await bundleAgent(join(folder, 'agent.mjs'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bundle, as an instance runs it, with its files below a folder. */
const run = (
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve) => {
    const env = {
      PATH: process.env.PATH,
      GITLAB_RUNNER_AGENT_ROOT: folder,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    execFile(process.execPath, [agent, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
const settings = (text: string): void => {
  mkdirSync(dirname(join(folder, paths.settings)), { recursive: true });
  writeFileSync(join(folder, paths.settings), text);
};

describe('the agent as a program', () => {
  it('says its version and the contract', async () => {
    expect(await run('--version')).toEqual({
      code: 0,
      stdout: expect.stringMatching(`^\\d+\\.\\d+\\.\\d+ \\(contract ${contractVersion}\\)\n$`) as string,
      stderr: '',
    });
  });

  it('explains its commands', async () => {
    const { stdout } = await run('--help');
    for (const command of ['run', 'register', 'unregister', 'status']) expect(stdout).toContain(`  ${command} `);
  });

  it('knows no other command, and no other option', async () => {
    expect(await run('start')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("unknown command 'start'") as string,
    });
    expect(await run('run', '--log-level', 'loud')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Allowed choices are debug, info, warn, error') as string,
    });
  });

  it.each(['run', 'register', 'unregister', 'status'])(
    'says in words that its settings are missing: %s',
    async (command) => {
      rmSync(join(folder, paths.settings), { force: true });
      const { code, stderr } = await run(command);
      expect(stderr).toBe(
        `${join(folder, paths.settings)} is missing: user data writes it when an instance of the fleet boots.\n`,
      );
      expect(code).toBe(78);
    },
  );

  it('says in words what is wrong with them, without a stack', async () => {
    settings('{"contract_version": "0"}');
    const { code, stderr } = await run('status');
    expect(code).toBe(78);
    expect(stderr).toContain('Set the Terraform variable aws_region');
    expect(stderr).not.toMatch(/^ +at /m);
  });
});
