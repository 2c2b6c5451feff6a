import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath, type Tool } from './tools.ts';

const maker = fileURLToPath(new URL('moto/make_environment.py', import.meta.url));
const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'autoscaled-gitlab-runner');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const run = (command: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });

/**
 * The interpreter of an environment that holds exactly the packages of a requirements file (every one pinned, dependencies too).
 * Made at first use in `$XDG_CACHE_HOME/autoscaled-gitlab-runner` (about a minute, from PyPI), by one process at a time; later
 * it is only looked up. Where it cannot be made, the reason says why and what to do.
 */
export async function pythonWith(requirements: URL): Promise<Tool> {
  const python3 = onPath('python3', 'install Python 3.11 or newer');
  if (python3.path === undefined) return python3;
  const { code, stdout, stderr } = await run(python3.path, [maker, cacheFolder(), fileURLToPath(requirements)]);
  if (code === 0) return { path: stdout.trim() };
  const said = stderr.trim().split('\n').slice(-3).join(' | ');
  return { reason: `no Python environment could be made in ${cacheFolder()}: ${said}` };
}

/** A program that was installed into the environment of this interpreter, `aws` for one. */
export const besides = (python: string, program: string): string => join(dirname(python), program);
