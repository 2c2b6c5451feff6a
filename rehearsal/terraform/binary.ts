import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest version that the synthesized `required_version` accepts. */
export const oldestTerraform = '1.2.0';

export interface Terraform {
  /** What to execute: TERRAFORM_BINARY_NAME, else `terraform`. */
  readonly binary: string;
  readonly product: 'Terraform' | 'OpenTofu';
  /** Without a leading v, for example `1.11.4`. */
  readonly version: string;
}

/** A failure whose message is all that a user needs: it is printed without a stack. */
export class SetupError extends Error {}

const install =
  'Install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu, or name the program in TERRAFORM_BINARY_NAME.';

/** The program that plans, checked for its version. Throws a SetupError that says what to do. */
export async function findTerraform(binary = process.env.TERRAFORM_BINARY_NAME ?? 'terraform'): Promise<Terraform> {
  let output;
  try {
    output = (
      await run(binary, ['version'], { env: { ...process.env, CHECKPOINT_DISABLE: '1', TF_CLI_CONFIG_FILE: '' } })
    ).stdout;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const problem =
      code === 'ENOENT' ? `"${binary}" was not found on PATH.` : `"${binary} version" failed: ${String(cause)}`;
    throw new SetupError(`${problem} ${install}`, { cause });
  }
  const found = /^(Terraform|OpenTofu) v(\d+\.\d+\.\d+)/m.exec(output);
  if (found === null) throw new SetupError(`"${binary}" is neither Terraform nor OpenTofu. ${install}`);
  const [, product, version] = found as unknown as [string, Terraform['product'], string];
  if (isOlder(version, oldestTerraform)) {
    throw new SetupError(
      `${product} ${version} is too old: this project needs ${oldestTerraform} or newer. ${install}`,
    );
  }
  return { binary, product, version };
}

function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split('.').map(Number));
  const at = a?.findIndex((part, index) => part !== b?.[index]) ?? -1;
  return at >= 0 && (a?.[at] ?? 0) < (b?.[at] ?? 0);
}
