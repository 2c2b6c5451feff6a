import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Answer } from '../decisions/step.ts';

/** The text of a file; undefined when there is none. Rejects when it cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes a file of mode 0600 in one step: whoever reads it sees the old text or the new one, also after a crash. The folder is made, mode 0700,
 * should it be missing.
 */
export async function writeWhole(path: string, text: string): Promise<Answer> {
  const beside = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    return { kind: 'done' };
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    // The old text is still there. The message names the path, and nothing of what was to be written.
    return { kind: 'refused', why: `${path} could not be written: ${(error as Error).message}` };
  }
}
