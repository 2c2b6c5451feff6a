import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import { literal } from '../../stacks/expression.ts';

describe('literal text', () => {
  it('comes out of the real Terraform as it went in', async () => {
    const parts = fc.constantFrom('$', '%', '{', '}', '"', '\\', ' if true ', 'x', '\n', '\u2028', "'", '~', 'ü');
    const texts = fc.sample(fc.string({ unit: parts, maxLength: 12 }), { numRuns: 2000, seed: 1 });
    const folder = mkdtempSync(join(tmpdir(), 'literal-'));
    try {
      writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ output: { texts: { value: texts.map(literal) } } }));
      const { binary } = await findTerraform();
      const options = { cwd: folder, env: { ...process.env, TF_CLI_CONFIG_FILE: '' } };
      await promisify(execFile)(binary, ['apply', '-auto-approve', '-input=false'], options);
      const { stdout } = await promisify(execFile)(binary, ['output', '-json', 'texts'], options);
      expect(JSON.parse(stdout)).toEqual(texts);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
