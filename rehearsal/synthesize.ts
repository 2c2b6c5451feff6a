import { App } from 'cdktf';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoscaledGitlabRunner } from '../stacks/autoscaled-gitlab-runner.ts';
import { SetupError } from './terraform/binary.ts';

const stackId = 'autoscaled-gitlab-runner';

/**
 * Synthesizes the stack with a context, as main.ts does, and gives its `cdk.tf.json`; the user's cdktf.out stays as it is.
 * Throws what the stack throws, and a SetupError when SYNTH_HCL_OUTPUT asks for HCL.
 */
export function synthesize(context: Readonly<Record<string, unknown>> = {}): string {
  const hcl = process.env.SYNTH_HCL_OUTPUT;
  if (hcl === 'true' || hcl === '1') {
    throw new SetupError(
      `SYNTH_HCL_OUTPUT is "${hcl}", but the rehearsal plans the JSON that is synthesized without it; unset it.`,
    );
  }
  const outdir = mkdtempSync(join(tmpdir(), 'rehearsal-synth-'));
  try {
    const app = new App({ outdir, context });
    new AutoscaledGitlabRunner(app, stackId);
    app.synth();
    return readFileSync(join(outdir, 'stacks', stackId, 'cdk.tf.json'), 'utf8');
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
