import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = fileURLToPath(new URL('..', import.meta.url));

export interface SynthesizedStack {
  readonly name: string;
  /** The text of its `cdk.tf.json`. */
  readonly configuration: string;
}

interface Manifest {
  readonly stacks: Readonly<Record<string, { readonly name: string; readonly synthesizedStackPath: string }>>;
}

/** Every stack that main.ts makes, synthesized by main.ts itself into a folder that is gone afterwards. */
export async function synthesizedStacks(): Promise<readonly SynthesizedStack[]> {
  const outdir = mkdtempSync(join(tmpdir(), 'synthesized-'));
  // The caller's choice of backend, target stack or HCL has nothing to do with what is documented.
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(CDKTF_|SYNTH_|GITLAB_CONFIG$)/.test(name)),
  );
  try {
    await run(process.execPath, ['--import', 'tsx', 'main.ts'], {
      cwd: project,
      env: { ...environment, CDKTF_OUTDIR: outdir },
    });
    const { stacks } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as Manifest;
    return Object.values(stacks).map(({ name, synthesizedStackPath }) => ({
      name,
      configuration: readFileSync(join(outdir, synthesizedStackPath), 'utf8'),
    }));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
