import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** The user's own CLI configuration, when it says where providers come from. */
export const ownInstallation = (): string | undefined =>
  [process.env.TF_CLI_CONFIG_FILE, join(homedir(), '.terraformrc'), join(homedir(), '.tofurc')].find(
    (file) => file !== undefined && existsSync(file) && readFileSync(file, 'utf8').includes('provider_installation'),
  );

/**
 * The CLI configuration to plan with: the user's own file when it says where providers come from, else one in `scratch`, a
 * folder that lives as long as the plan.
 */
export function cliConfiguration({ product }: Terraform, scratch: string): string {
  const own = ownInstallation();
  if (own !== undefined) return own;
  const file = join(scratch, 'cli.tfrc');
  const mirror = providerMirror();
  if (mirror === undefined) {
    const cache = downloads();
    mkdirSync(cache, { recursive: true });
    writeFileSync(file, `plugin_cache_dir = ${JSON.stringify(cache)}\n`);
  } else {
    const path = product === 'OpenTofu' ? mirrorForOpenTofu(mirror, scratch) : mirror;
    writeFileSync(file, `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(path)}\n  }\n}\n`);
  }
  return file;
}

/** Where the provider was looked for, in words. */
export function whereProvidersComeFrom(): string {
  const own = ownInstallation();
  if (own !== undefined) return `${own} says where to look, and it is not there`;
  const mirror = providerMirror();
  return mirror === undefined
    ? 'no local mirror was found and the registry did not answer'
    : `the mirror ${mirror} has no version that fits`;
}

/** OpenTofu reads `hashicorp/aws` as a provider of its own registry, and looks for a folder of that name. */
function mirrorForOpenTofu(mirror: string, scratch: string): string {
  const own = join(scratch, 'mirror');
  const folder = join(own, 'registry.opentofu.org', 'hashicorp', 'aws');
  for (const version of readdirSync(join(mirror, providerFolder))) {
    mkdirSync(join(folder, version), { recursive: true });
    // A link to the platform's folder: one to the version's folder is not followed.
    for (const platform of readdirSync(join(mirror, providerFolder, version))) {
      symlinkSync(join(mirror, providerFolder, version, platform), join(folder, version, platform));
    }
  }
  return own;
}
