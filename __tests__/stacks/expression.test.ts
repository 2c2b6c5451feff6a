import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import { chosen, expression, literal } from '../../stacks/expression.ts';

/** Texts of the signs that Terraform, JSON or a shell would do something with. */
const parts = fc.constantFrom(
  '$',
  '%',
  '{',
  '}',
  '"',
  '\\',
  ' if true ',
  ' else ',
  ' endif ',
  'x',
  '\n',
  '\u2028',
  "'",
  '~',
  'ü',
  ' ',
);
const oddTexts = (seed: number): readonly string[] =>
  fc.sample(fc.string({ unit: parts, maxLength: 12 }), { numRuns: 2000, seed });

/** What the real Terraform makes of the values, with the variable `which`. */
async function evaluated(values: readonly string[], which = ''): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'expressions-'));
  const configuration = {
    variable: { which: { type: 'string', default: which } },
    output: { texts: { value: values } },
  };
  try {
    writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify(configuration));
    const { binary } = await findTerraform();
    const options = { cwd: folder, env: { ...process.env, TF_CLI_CONFIG_FILE: '' } };
    await promisify(execFile)(binary, ['apply', '-auto-approve', '-input=false'], options);
    const { stdout } = await promisify(execFile)(binary, ['output', '-json', 'texts'], options);
    return JSON.parse(stdout) as readonly string[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('literal text', () => {
  it('comes out of the real Terraform as it went in', async () => {
    const texts = oddTexts(1);
    expect(await evaluated(texts.map(literal))).toEqual(texts);
  });
});

describe('a choice between two texts', () => {
  const pairs = oddTexts(2).map((yes, place) => [yes, oddTexts(3)[place] ?? ''] as const);
  const choices = pairs.map(([yes, no]) => chosen('var.which == "yes"', literal(yes), literal(no)));

  it.each(['yes', 'no'])('is made by the real Terraform, byte for byte: %s', async (which) => {
    expect(await evaluated(choices, which)).toEqual(pairs.map(([yes, no]) => (which === 'yes' ? yes : no)));
  });

  it('evaluates the references of the text that is taken', async () => {
    const texts = [
      chosen('true', `a ${expression('upper(var.which)')} {`, 'b'),
      chosen('false', 'b', expression('var.which')),
    ];
    expect(await evaluated(texts, 'x')).toEqual(['a X {', 'x']);
  });

  it('is none where both are the same', () => {
    expect(chosen('var.which == "yes"', '${var.a}', '${var.a}')).toBe('${var.a}');
  });
});
