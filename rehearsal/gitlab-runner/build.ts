import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { builtFolder, builtOnce } from '../built-once.ts';
import { existsSync } from 'node:fs';

const run = promisify(execFile);
const sources = fileURLToPath(new URL('module', import.meta.url));
const library = 'gitlab.com/gitlab-org/gitlab-runner';

/** The release whose sources the module pins: the file VERSION at that commit. */
export const runnerVersion = '19.4.0';

/** The program, or why there is none: Go is missing, or the module proxy refuses one of the modules (`isRefused`). */
export type Built =
  | { readonly path: string; readonly reason?: never }
  | { readonly path?: never; readonly reason: string; readonly isRefused: boolean };

/** Whether it was built before, so that nobody has to wait. */
export const isRunnerBuilt = (): boolean => existsSync(builtFolder('gitlab-runner', sources));

/**
 * Builds the real GitLab Runner from Go modules into the cache folder at first use (about a minute), and gives its path. Two processes may do
 * so at once.
 */
export async function builtRunner(): Promise<Built> {
  try {
    const folder = await builtOnce('gitlab-runner', sources, (working) =>
      run(
        'go',
        [
          'build',
          '-trimpath',
          `-ldflags=-X ${library}/common.VERSION=${runnerVersion} -X ${library}/common.BRANCH=rehearsal`,
          '-o',
          'gitlab-runner',
          '.',
        ],
        { cwd: working, maxBuffer: 10_000_000 },
      ),
    );
    return { path: join(folder, 'gitlab-runner') };
  } catch (error) {
    const { code, stderr = '', message } = error as NodeJS.ErrnoException & { readonly stderr?: string };
    if (code === 'ENOENT')
      return { reason: 'go is not on PATH; install Go 1.26 or newer (https://go.dev/doc/install)', isRefused: false };
    const refusals = stderr.split('\n').filter((line) => /\b(403|410)\b|not available|Gone|Forbidden/.test(line));
    return refusals.length > 0
      ? { reason: `the Go module proxy refuses: ${refusals.slice(0, 3).join(' | ')}`, isRefused: true }
      : { reason: `gitlab-runner could not be built: ${stderr.trim().slice(-500) || message}`, isRefused: false };
  }
}
