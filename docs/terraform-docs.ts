import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The release whose tables stand in the pages; another one may write them differently. */
export const terraformDocsVersion = 'v0.21.0';

const module = 'github.com/terraform-docs/terraform-docs';

/** The program cannot be had here; the message is all that a user needs. */
export class ToolError extends Error {}

/**
 * The path of terraform-docs: the one on PATH when it is the right release, else one that Go builds into the user's cache
 * folder (40 seconds, once). Throws a ToolError that says what to install.
 */
export async function findTerraformDocs(say: (line: string) => void = () => undefined): Promise<string> {
  if (await isRightRelease('terraform-docs')) return 'terraform-docs';
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'autoscaled-gitlab-runner');
  const program = join(folder, `terraform-docs-${terraformDocsVersion}`);
  if (!existsSync(program)) {
    say(`Building terraform-docs ${terraformDocsVersion} with Go, once, into ${folder}`);
    mkdirSync(folder, { recursive: true });
    await build(program);
  }
  return program;
}

async function isRightRelease(program: string): Promise<boolean> {
  try {
    const { stdout } = await run(program, ['--version']);
    return stdout.includes(` ${terraformDocsVersion} `);
  } catch {
    return false;
  }
}

/**
 * `go install` refuses this program, because its go.mod replaces a module. Required by a throw-away module it builds: there a
 * dependency's replacements do not count (https://go.dev/ref/mod#go-mod-file-replace).
 */
async function build(program: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'terraform-docs-'));
  const unfinished = `${program}.${process.pid}`;
  const go = (...arguments_: readonly string[]): Promise<unknown> =>
    run('go', arguments_, {
      cwd: folder,
      env: { ...process.env, GOFLAGS: `${process.env.GOFLAGS ?? ''} -mod=mod`.trim(), GOWORK: 'off' },
      maxBuffer: 16 * 1024 * 1024,
    });
  try {
    await go('mod', 'init', 'throwaway');
    await go('mod', 'edit', `-require=${module}@${terraformDocsVersion}`);
    await go('build', '-trimpath', '-o', unfinished, module);
    // Whoever else builds at the same time sees a whole program or none.
    renameSync(unfinished, program);
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    throw new ToolError(
      code === 'ENOENT'
        ? `terraform-docs ${terraformDocsVersion} is not on PATH, and there is no Go to build it with. Install one of them: https://terraform-docs.io/user-guide/installation/ or https://go.dev/doc/install.`
        : `Go could not build terraform-docs ${terraformDocsVersion}; it needs a module proxy. Install terraform-docs by hand: https://terraform-docs.io/user-guide/installation/.\n${stderr ?? String(cause)}`,
      { cause },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(unfinished, { force: true });
  }
}

/** The lines between which terraform-docs writes; the rest of a page is ours. */
export const markers = { begin: '<!-- BEGIN_TF_DOCS -->', end: '<!-- END_TF_DOCS -->' } as const;

/**
 * A page with the tables of a synthesized `cdk.tf.json` between its markers: requirements, resources, inputs (the required ones
 * first) and outputs. Throws when the page has not exactly one place for them, which terraform-docs would append in silence.
 */
export async function withTables(program: string, configuration: string, page: string): Promise<string> {
  const places = [markers.begin, markers.end].map((marker) => page.split(`${marker}\n`).length - 1);
  if (places.join() !== '1,1' || page.indexOf(markers.begin) > page.indexOf(markers.end)) {
    throw new Error(
      `The page needs the lines ${markers.begin} and ${markers.end} once each, in this order: the tables go between them.`,
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'tables-'));
  try {
    writeFileSync(join(folder, 'cdk.tf.json'), configuration);
    writeFileSync(join(folder, 'page.md'), page);
    // Without a lock file the provider's version is the constraint, which does not change from machine to machine.
    await run(program, [
      'markdown',
      'table',
      '--lockfile=false',
      '--sort-by=required',
      '--output-mode=inject',
      '--output-file=page.md',
      folder,
    ]);
    return readFileSync(join(folder, 'page.md'), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
