import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { builtRunner, runnerVersion } from './build.ts';

/** Every key of config.toml with its type, as the real runner's own structs have them. */
export const keysOf = (runner: string): unknown =>
  JSON.parse(execFileSync(runner, ['configuration-keys'], { encoding: 'utf8' })) as unknown;

/** The text of `ami/agent/configuration/keys.ts`. */
export const keysFile = (keys: unknown): string =>
  [
    `/** Every key of config.toml with its type, as GitLab Runner ${runnerVersion} has them: written by rehearsal/gitlab-runner/keys.ts. */`,
    `export const configurationKeys = ${JSON.stringify(keys)};`,
    '',
  ].join('\n');

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { path, reason } = await builtRunner();
  if (path === undefined) throw new Error(reason);
  writeFileSync(new URL('../../ami/agent/configuration/keys.ts', import.meta.url), keysFile(keysOf(path)));
}
