import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTerraform } from '../../../rehearsal/terraform/binary.ts';
import { terraformIn } from '../../../rehearsal/terraform/run.ts';
import { synthesized } from '../../support/synthesized.ts';

/** Which of the patterns the validation of `webhook_job_name_pattern` lets pass, as the real Terraform says. */
export async function allowed(patterns: readonly string[]): Promise<readonly boolean[]> {
  const [{ condition }] = synthesized().json.variable.webhook_job_name_pattern!.validation as [{ condition: string }];
  const ofOne = condition.slice(2, -1).replaceAll('var.webhook_job_name_pattern', 'p');
  const folder = mkdtempSync(join(tmpdir(), 'allowed-patterns-'));
  const configuration = {
    variable: { patterns: { type: 'list(string)' } },
    output: { allowed: { value: `\${[for p in var.patterns : ${ofOne}]}` } },
  };
  try {
    writeFileSync(join(folder, 'main.tf.json'), JSON.stringify(configuration));
    writeFileSync(join(folder, 'terraform.tfvars.json'), JSON.stringify({ patterns }));
    const { binary } = await findTerraform();
    const execute = async (...given: readonly string[]): Promise<string> => {
      const { code, output, stdout } = await terraformIn(folder, binary, given, { environment: {} });
      if (code !== 0) throw new Error(output);
      return stdout;
    };
    await execute('apply', '-auto-approve', '-input=false', '-no-color');
    return JSON.parse(await execute('output', '-json', 'allowed')) as boolean[];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
