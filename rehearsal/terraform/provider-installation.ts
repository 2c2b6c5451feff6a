import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Terraform } from './binary.ts';

const providerFolder = join('registry.terraform.io', 'hashicorp', 'aws');

/**
 * Folders that may hold an unpacked mirror of the AWS provider, best first: what the user names, then where Terraform looks by
 * itself (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories), then where
 * machine images keep one.
 */
const mirrors = (): readonly string[] =>
  [
    process.env.TERRAFORM_PROVIDER_MIRROR,
    join(homedir(), '.terraform.d', 'plugins'),
    join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'terraform', 'plugins'),
    '/usr/local/share/terraform/plugins',
    '/usr/share/terraform/plugins',
    '/opt/tf-plugins',
  ].filter((folder) => folder !== undefined);

/** The first mirror that has the AWS provider; undefined: the public registry has to be asked. */
export const providerMirror = (): string | undefined =>
  mirrors().find((folder) => existsSync(join(folder, providerFolder)));

/** Downloads of the provider are kept here, so that only the first plan of a machine without a mirror needs the network. */
const downloads = (): string =>
  process.env.TF_PLUGIN_CACHE_DIR ??
  join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'autoscaled-gitlab-runner', 'terraform-plugins');

/**
 * The text of a CLI configuration that finds the provider; undefined when the user's own file is to be used as it is.
 * `scratch` is a folder that lives as long as the plan.
 */
export function cliConfiguration({ product }: Terraform, scratch: string): string | undefined {
  const own = process.env.TF_CLI_CONFIG_FILE;
  if (own !== undefined && existsSync(own)) return undefined;
  const mirror = providerMirror();
  if (mirror === undefined) {
    const cache = downloads();
    mkdirSync(cache, { recursive: true });
    return `plugin_cache_dir = ${JSON.stringify(cache)}\n`;
  }
  const path = product === 'OpenTofu' ? mirrorForOpenTofu(mirror, scratch) : mirror;
  return `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(path)}\n  }\n}\n`;
}

/** OpenTofu reads `hashicorp/aws` as a provider of its own registry, and looks for a folder of that name. */
function mirrorForOpenTofu(mirror: string, scratch: string): string {
  const own = join(scratch, 'mirror');
  const folder = join(own, 'registry.opentofu.org', 'hashicorp', 'aws');
  mkdirSync(folder, { recursive: true });
  for (const version of readdirSync(join(mirror, providerFolder))) {
    symlinkSync(join(mirror, providerFolder, version), join(folder, version));
  }
  return own;
}
