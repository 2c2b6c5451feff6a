import { App } from 'cdktf';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoscaledGitlabRunner } from '../../stacks/autoscaled-gitlab-runner.ts';

type Block = Readonly<Record<string, unknown>>;

/** The parts of `cdk.tf.json` that tests look at. */
export interface Configuration {
  readonly terraform: Block;
  readonly provider: Readonly<Record<string, readonly Block[]>>;
  readonly variable: Readonly<Record<string, Block>>;
  readonly output: Readonly<Record<string, Block>>;
  readonly locals: Block;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Block>>>>;
  readonly data: Readonly<Record<string, Readonly<Record<string, Block>>>>;
}

/** Synthesizes the stack as main.ts does, into a folder that is gone afterwards. */
export function synthesized(context: Readonly<Record<string, unknown>> = {}): { text: string; json: Configuration } {
  const outdir = mkdtempSync(join(tmpdir(), 'synthesized-'));
  try {
    const app = new App({ outdir, context });
    new AutoscaledGitlabRunner(app, 'autoscaled-gitlab-runner');
    app.synth();
    const text = readFileSync(join(outdir, 'stacks', 'autoscaled-gitlab-runner', 'cdk.tf.json'), 'utf8');
    return { text, json: JSON.parse(text) as Configuration };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** One block of the configuration by its address. Throws when it is not there. */
export function blockOf({ json }: { readonly json: Configuration }, address: string): Block {
  const [kind, type, name] = address.startsWith('data.') ? address.split('.') : ['resource', ...address.split('.')];
  const found = json[kind as 'resource' | 'data'][type ?? '']?.[name ?? ''];
  if (found === undefined) throw new Error(`${address} is not in the configuration`);
  return found;
}
