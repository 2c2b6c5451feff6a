import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that a test needs; `reason` says why it cannot be used here and what to do. */
export type Tool =
  { readonly path: string; readonly reason?: never } | { readonly path?: never; readonly reason: string };

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Looks a program up on PATH, as a shell does. */
export function onPath(name: string, install: string): Tool {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
  return path === undefined ? { reason: `${name} is not on PATH; ${install}` } : { path };
}

/**
 * A describe block that needs a tool. Without it the block is skipped and the reason is printed at the end of the run;
 * in CI a missing tool is a failure, because there a skipped proof would look like a proof.
 */
export function describeWith(tool: Tool, title: string, body: (path: string) => void): void {
  if (tool.path !== undefined) {
    const { path } = tool;
    describe(title, () => body(path));
  } else if (process.env.CI === 'true') {
    describe(title, () => {
      it('finds its tool', () => {
        throw new Error(tool.reason);
      });
    });
  } else {
    // The body is still walked so that the closing line counts what was not shown; it must not touch the tool outside hooks and tests.
    describe.skip(`${title} (skipped: ${tool.reason})`, () => body('missing'));
  }
}
