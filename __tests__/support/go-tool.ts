import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { builtOnce } from '../../rehearsal/built-once.ts';
import { onPath, type Tool } from './tools.ts';

const run = promisify(execFile);

/** The folder of one of our Go modules, which lie beside this file. */
const moduleFolder = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Go, whose path is also what `builtGoTool` wants. */
export const go = (): Tool => onPath('go', 'install Go 1.24 or newer (https://go.dev/doc/install)');

/** Builds one of our Go modules into the cache folder at first use and returns the program's path. */
export async function builtGoTool(goProgram: string, name: string): Promise<string> {
  const folder = await builtOnce(name, moduleFolder(name), (working) =>
    run(goProgram, ['build', '-trimpath', '-o', name, '.'], { cwd: working }),
  );
  return join(folder, name);
}

/** Where Go keeps the sources of a module that one of ours requires. */
export async function requiredModule(goProgram: string, name: string, required: string): Promise<string> {
  const { stdout } = await run(goProgram, ['list', '-m', '-f', '{{.Dir}}', required], { cwd: moduleFolder(name) });
  return stdout.trim();
}
