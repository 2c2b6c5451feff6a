import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startHost, type Host } from '../../../rehearsal/host/host.ts';
import { describeSystemdContract, folder, type Ended, type Machine } from './contract.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const opened: { close(): Promise<void> }[] = [];
const roots: string[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function freshRoot(): string {
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  roots.push(root);
  return root;
}

const run = (program: string, words: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(program, words, { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr }),
    );
  });

describeSystemdContract('the host of the rehearsal', async (units): Promise<Machine> => {
  const root = freshRoot();
  // Also within scripts, which are longer than a path.
  const there = (text: string): string => text.replaceAll(folder, join(root, folder));
  mkdirSync(there(dirname(`${folder}/log`)), { recursive: true });
  const host = await startHost({
    root,
    units: Object.fromEntries(Object.entries(units).map(([name, text]) => [name, [text]])),
    pathOf: there,
  });
  return {
    run: (program, ...words) => run(program, words.map(there), host.environment),
    file: (path) => (existsSync(there(path)) ? readFileSync(there(path), 'utf8') : undefined),
    close: () => host.close(),
  };
});

const unit = (...lines: readonly string[]): string => `[Service]\n${lines.join('\n')}\n`;

async function hostWith(...texts: readonly string[]): Promise<Host> {
  const host = await startHost({ root: freshRoot(), units: { 'example.service': texts } });
  opened.push(host);
  return host;
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
async function until(isTrue: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !isTrue();) {
    if (Date.now() > end) throw new Error(`not within five seconds: ${String(isTrue)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a host', () => {
  it('lays drop-ins over the unit, and an empty value takes back what was said before', async () => {
    const host = await hostWith(
      unit('ExecStart=/bin/false', 'Environment=A=unit B=unit', 'Restart=always'),
      unit('ExecStart=', 'ExecStart=/bin/sh -c "echo $A $B; exec sleep 1000"', 'Environment=A=drop-in'),
    );
    expect(await host.service('example.service').start()).toBe('done');
    await until(() => host.journal('example.service') === 'drop-in unit\n');
  });

  it('maps the words of a command, and leaves out what has nothing here', async () => {
    const programs: Readonly<Record<string, string | undefined>> = {
      '/usr/bin/runner': '/bin/echo',
      '--user': undefined,
      'gitlab-runner': undefined,
    };
    const host = await startHost({
      root: freshRoot(),
      units: { 'example.service': [unit('ExecStart=/usr/bin/runner run --user gitlab-runner last')] },
      pathOf: (word) => (word in programs ? programs[word] : word),
    });
    opened.push(host);
    await host.service('example.service').start();
    await until(() => host.journal('example.service') === 'run last\n');
  });

  it('hears systemd-notify only where the unit lets everybody speak: the real one has no privilege to speak for another', async () => {
    const host = await hostWith(
      unit('Type=notify', 'TimeoutStartSec=300ms', 'ExecStart=/bin/sh -c "systemd-notify --ready; exec sleep 1000"'),
    );
    expect(await host.service('example.service').start()).toBe('timeout');
  });

  it('ends everything at once when the power goes, and starts nothing again', async () => {
    const host = await hostWith(
      unit('ExecStart=/bin/sh -c "setsid sleep 1000 & echo $$!; exec sleep 1000"', 'Restart=always', 'RestartSec=1ms'),
    );
    const service = host.service('example.service');
    await service.start();
    await until(() => /^\d+\n$/.test(host.journal('example.service')));
    const pids = [service.pid, Number(host.journal('example.service'))];
    expect(pids.map(isThere)).toEqual([true, true]);
    await service.powerOff();
    expect(pids.map(isThere)).toEqual([false, false]);
    expect(service.restarts).toBe(0);
    expect(await service.start()).toBe('canceled');
  });

  it('leaves nothing behind when its own process is killed', async () => {
    const root = freshRoot();
    const script = `
      import { startHost } from './rehearsal/host/host.ts';
      const units = { 'example.service': ['[Service]\\nExecStart=/bin/sh -c "setsid sleep 1000 & echo $$!; exec sleep 1000"'] };
      const host = await startHost({ root: ${JSON.stringify(root)}, units });
      await host.service('example.service').start();
      console.log(host.service('example.service').pid);
      setInterval(() => undefined, 1000);
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const journal = join(root, 'example.service.log');
    await until(() => /^\d+\n$/.test(readFileSync(journal, 'utf8')));
    const pids = [Number(line.toString()), Number(readFileSync(journal, 'utf8'))];
    expect(pids.map(isThere)).toEqual([true, true]);
    child.kill('SIGKILL');
    await until(() => !pids.some(isThere));
  });
});
