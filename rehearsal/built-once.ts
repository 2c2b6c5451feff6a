import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where this project keeps what is expensive to build; outside the checkout, so that a fresh clone finds it too. */
export const cacheFolder = (): string =>
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'autoscaled-gitlab-runner');

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    hash
      .update(`${file.slice(folder.length)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** The folder in the cache that belongs to the present state of a source folder, whether built or not. */
export const builtFolder = (name: string, sources: string): string => join(cacheFolder(), `${name}-${hashOf(sources)}`);

/**
 * Copies a source folder into the cache, builds it there and returns the folder; a second call finds it built. Two
 * processes may build at once: each works in a folder of its own, and the first to finish wins.
 */
export async function builtOnce(
  name: string,
  sources: string,
  build: (folder: string) => Promise<unknown>,
): Promise<string> {
  const finished = builtFolder(name, sources);
  if (existsSync(finished)) return finished;
  mkdirSync(cacheFolder(), { recursive: true });
  const working = mkdtempSync(`${finished}-building-`);
  try {
    cpSync(sources, working, { recursive: true });
    await build(working);
    renameSync(working, finished);
  } catch (error) {
    if (!existsSync(finished)) throw error;
  } finally {
    rmSync(working, { recursive: true, force: true });
  }
  return finished;
}
