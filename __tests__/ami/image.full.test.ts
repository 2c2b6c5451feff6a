import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { bundleAgent } from '../../ami/agent/bundle.ts';
import { agentUnit, lockItem, paths, runnerUnit } from '../../ami/contract.ts';
import { builtRunner } from '../../rehearsal/gitlab-runner/build.ts';
import type { UserData } from '../../rehearsal/fleet.ts';
import { startFleet } from '../../rehearsal/fleet.ts';
import { webhooksOf } from '../../rehearsal/fleet-webhook.ts';
import type { Booted, Downloads } from '../support/image-root.ts';
import { bootMachine, freshMachine, machineTools, serveDownloads } from '../support/image-root.ts';
import { besides, pythonWith } from '../support/python.ts';
import { describeWith } from '../support/tools.ts';
import { until } from './fleet/stage.ts';

const ami = fileURLToPath(new URL('../../ami', import.meta.url));
const python = await pythonWith(new URL('../support/ansible/requirements.txt', import.meta.url));
const machine = machineTools();
const runner = await builtRunner();
const needed =
  python.path === undefined
    ? python
    : machine.path === undefined
      ? machine
      : runner.path === undefined
        ? runner
        : python;

const defaults = parse(readFileSync(join(ami, 'roles/gitlab_runner/defaults/main.yml'), 'utf8')) as {
  readonly gitlab_runner_node_version: string;
};

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of the environment with Ansible, in `ami`. */
async function ansible(path: string, program: string, ...words: readonly string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(besides(path, program), words, {
      cwd: ami,
      maxBuffer: 50_000_000,
      env: {
        ...process.env,
        PATH: `${dirname(path)}:${process.env.PATH}`,
        ANSIBLE_FORCE_COLOR: '0',
        NO_COLOR: '1',
        SYSTEMD_OFFLINE: '1',
      },
    });
    return { code: 0, output: `${stdout}${stderr}` };
  } catch (error) {
    const {
      code = 1,
      stdout = '',
      stderr = '',
    } = error as { readonly code?: number; readonly stdout?: string; readonly stderr?: string };
    return { code, output: `${stdout}${stderr}` };
  }
}
/** The counts of the recap. */
const recap = ({ output }: Ended): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...(/PLAY RECAP[\s\S]*/.exec(output)?.[0] ?? '').matchAll(/(\w+)=(\d+)/g)].map(([, name, count]) => [
      name!,
      Number(count),
    ]),
  );

/** What Ansible says of tasks that failed. */
const troubles = ({ output }: Ended): readonly string[] => output.match(/^(fatal|failed): .*/gm) ?? [];

describeWith(python, 'the playbooks', (path) => {
  it('have no findings: ansible-lint with its production profile, yamllint', async () => {
    expect(await ansible(path, 'yamllint', '--strict', '.')).toEqual({ code: 0, output: '' });
    const linted = await ansible(path, 'ansible-lint', '--offline', '--nocolor');
    expect(linted.output).toContain("Profile 'production' was required, and it passed");
    expect(linted.code).toBe(0);
  }, 120_000);

  it('are syntactically right', async () => {
    const checked = await ansible(
      path,
      'ansible-playbook',
      '--syntax-check',
      'ami_build.yml',
      'build-playbook.yml',
      'verify.yml',
    );
    expect(checked).toMatchObject({ code: 0 });
  }, 60_000);

  it.each([
    [{}, 'Set subnet_id in aws_vars.yml'],
    [
      { subnet_id: 'subnet-1', security_group_id: 'sg-1', aws_region: 'eu-north-1', base_image: 'windows' },
      'base_image is "windows", but must be amazon or ubuntu',
    ],
    [
      { subnet_id: 'subnet-1', security_group_id: 'sg-1', aws_region: 'eu-north-1', architecture: 'mips' },
      'must be x86_64 or arm64',
    ],
  ])(
    'refuse %j with what is allowed, before anything is launched',
    async (variables, say) => {
      const refused = await ansible(path, 'ansible-playbook', 'ami_build.yml', '-e', JSON.stringify(variables));
      expect(refused.code).not.toBe(0);
      expect(refused.output).toContain(say);
    },
    60_000,
  );
});

describeWith(needed, 'a machine that the role is applied to', (path) => {
  let root: string;
  let downloads: Downloads;
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  let bundle: string;
  beforeAll(async () => {
    root = await freshMachine();
    // Programs look themselves up there.
    await promisify(execFile)('mount', ['--bind', '/proc', join(root, 'proc')]);
    downloads = await serveDownloads(runner.path!, { version: defaults.gitlab_runner_node_version });
    bundle = await bundleAgent(join(folder, 'agent.mjs'));
    chmodSync(bundle, 0o644);
    process.stderr.write(
      `served by ${downloads.url} in place of the network: GitLab Runner (built here), Node (the registry's package)\n`,
    );
  }, 240_000);
  afterAll(async () => {
    await downloads?.close();
    await unmount();
    rmSync(root, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  });
  const unmount = (): Promise<unknown> =>
    promisify(execFile)('umount', [join(root, 'proc')]).catch(() => 'it was not mounted');
  const apply = (playbook: string, variables: object): Promise<Ended> =>
    ansible(
      path,
      'ansible-playbook',
      '-i',
      `${root},`,
      '-c',
      'community.general.chroot',
      playbook,
      '-e',
      JSON.stringify({
        target: 'all',
        gitlab_runner_downloads: `${downloads.url}/gitlab-runner-downloads`,
        gitlab_runner_node_registry: downloads.url,
        gitlab_runner_agent_bundle: bundle,
        ...variables,
      }),
    );

  it('says so when the agent is missing', async () => {
    const { code, output } = await apply('build-playbook.yml', { gitlab_runner_agent_bundle: '/nowhere/agent.mjs' });
    expect(code).not.toBe(0);
    expect(output).toContain('Refuse to go on without the agent');
  }, 60_000);

  it('converges, verified, and a second time nothing changes', async () => {
    const first = await apply('build-playbook.yml', { is_image: false });
    expect(troubles(first)).toEqual([]);
    expect(recap(first).changed).toBeGreaterThan(10);
    const second = await apply('build-playbook.yml', { is_image: false });
    expect(recap(second)).toMatchObject({ changed: 0, failed: 0, rescued: 0 });
  }, 300_000);

  it('has units without findings; how exposed the agent is, is printed', async () => {
    const units = [agentUnit, runnerUnit].map((name) => `/etc/systemd/system/${name}`);
    const verified = await promisify(execFile)('systemd-analyze', ['verify', `--root=${root}`, ...units]);
    expect(verified.stdout + verified.stderr).toBe('');
    const { stdout } = await promisify(execFile)('systemd-analyze', [
      'security',
      '--offline=true',
      `--root=${root}`,
      '--no-pager',
      agentUnit,
    ]);
    const [, score] = /Overall exposure level for \S+: ([\d.]+) (\w+)/.exec(stdout) ?? [];
    process.stderr.write(`systemd-analyze security ${agentUnit}: ${score}\n`);
    expect(Number(score)).toBeLessThan(3);
  }, 60_000);

  it('is an image once it is cleaned: no ids, no keys, no state', async () => {
    writeFileSync(join(root, 'root/.bash_history'), 'secret');
    mkdirSync(join(root, 'root/.ssh'), { recursive: true });
    writeFileSync(join(root, 'root/.ssh/authorized_keys'), 'key');
    const cleaned = await apply('build-playbook.yml', {});
    expect(troubles(cleaned)).toEqual([]);
    const verified = await apply('verify.yml', { is_image: true });
    expect(recap(verified)).toMatchObject({ changed: 0, failed: 0 });
    // It can also fail.
    writeFileSync(join(root, 'etc/machine-id'), `${'0'.repeat(32)}\n`);
    expect(recap(await apply('verify.yml', { is_image: true }))).toMatchObject({ failed: 1 });
    writeFileSync(join(root, 'etc/machine-id'), '');
  }, 180_000);

  describe('and that boots', () => {
    let booted: Booted;
    beforeAll(async () => {
      await unmount();
      booted = await bootMachine(root);
    }, 120_000);
    afterAll(() => booted?.close(), 60_000);

    it('is verified by the same questions', async () => {
      const verified = await ansible(
        path,
        'ansible-playbook',
        '-i',
        'booted,',
        '-c',
        'community.docker.nsenter',
        'verify.yml',
        '-e',
        JSON.stringify({ ansible_nsenter_pid: booted.pid }),
      );
      expect(troubles(verified)).toEqual([]);
      expect(recap(verified)).toMatchObject({ changed: 0 });
    }, 120_000);

    it('is an instance of a fleet under the real systemd: registers, runs a job, survives kill -9 of the agent, drains and leaves', async () => {
      const gone = new Set<string>();
      const launched: (readonly [id: string, data: UserData])[] = [];
      const fleet = await startFleet({
        runner: runner.path!,
        agent: bundle,
        bootElsewhere: (...instance) => launched.push(instance),
        pace: 10,
        onChange: (change) => {
          if (change.kind === 'instance' && change.state === 'Terminated') gone.add(change.instanceId);
        },
      });
      const webhooks = webhooksOf(fleet, { pace: 10 });
      try {
        const ours = fleet.gitlab.runners.addJob({ script: ['id -un', 'sleep 4'] });
        await webhooks.send('pending', ours.id);
        await until('the group has launched an instance', () => launched.length === 1);
        const [[id, { settings, configuration, environment }]] = launched as [[string, UserData]];
        for (const [file, text] of [
          [paths.settings, settings],
          [paths.runnerConfig, configuration],
          [
            `/etc/systemd/system/${agentUnit}.d/rehearsal.conf`,
            `[Service]\n${Object.entries(environment)
              .map(([name, value]) => `Environment=${name}=${value}\n`)
              .join('')}`,
          ],
        ] as const) {
          mkdirSync(dirname(join(root, file)), { recursive: true });
          writeFileSync(join(root, file), text);
        }
        expect((await booted.run('systemctl', 'daemon-reload')).code).toBe(0);
        const started = await booted.run('systemctl', 'enable', '--now', agentUnit);
        expect(started).toMatchObject({ code: 0 });
        expect(
          (await booted.run('systemctl', 'show', '--property=Type,ActiveState,WatchdogUSec', agentUnit)).stdout,
        ).toContain('ActiveState=active');
        await until('the job runs', () => ours.runningAt !== undefined);
        expect((await booted.run('systemctl', 'kill', '--signal=SIGKILL', '--kill-whom=main', agentUnit)).code).toBe(0);
        await until('the job is over', () => ours.endedAt !== undefined);
        expect({ status: ours.status, trace: ours.trace.toString() }).toMatchObject({ status: 'success' });
        expect(ours.trace.toString()).toContain('gitlab-runner');
        await until('the instance is gone', () => gone.has(id), 90);
        expect(fleet.desired()).toBe(0);
        expect(
          Number(
            /NRestarts=(\d+)/.exec(
              (await booted.run('systemctl', 'show', '--property=NRestarts', agentUnit)).stdout,
            )?.[1],
          ),
        ).toBe(1);
        expect((await booted.run('systemctl', 'is-active', runnerUnit)).stdout.trim()).toBe('inactive');
        expect((await fleet.dynamodb.item())?.[lockItem.holder]).toBeUndefined();
        expect(fleet.gitlab.runners.runners[0]?.managers.size).toBe(0);
        const journal = await booted.run('journalctl', '-u', agentUnit, '-o', 'cat', '--no-pager');
        expect(journal.stdout).toContain('"notice":"agent begins"');
        expect(journal.stdout).not.toContain('glrt-');
      } catch (error) {
        const journal = await booted.run(
          'journalctl',
          '-u',
          agentUnit,
          '-u',
          runnerUnit,
          '-o',
          'cat',
          '--no-pager',
          '-n',
          '80',
        );
        (error as Error).message += `\n${journal.stdout}`;
        throw error;
      } finally {
        await booted.run('systemctl', 'stop', agentUnit, runnerUnit);
        webhooks.close();
        await fleet.close();
      }
    }, 180_000);
  });
});
