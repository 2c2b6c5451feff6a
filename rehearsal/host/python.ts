import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

let interpreter: string | undefined;

/**
 * The Python on PATH itself. What is found there may be a script that looks for it (pyenv's takes 50 to 110 ms, and Python without its site
 * packages 10), and `systemctl` is called often.
 */
const python = (): string =>
  (interpreter ??= execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim());

const scriptNamed = (name: string): string => fileURLToPath(new URL(`${name}.py`, import.meta.url));

/** The words that run a script of this folder: isolated from the environment, and without site packages, it starts in 10 ms. */
export const pythonScript = (name: string): readonly [program: string, ...words: string[]] => [
  python(),
  '-S',
  '-E',
  scriptNamed(name),
];

/** Puts a script of this folder there, as a program. */
export function installScript(name: string, file: string): void {
  writeFileSync(file, `#!${python()} -SE\n${readFileSync(scriptNamed(name), 'utf8')}`, { mode: 0o755 });
}
