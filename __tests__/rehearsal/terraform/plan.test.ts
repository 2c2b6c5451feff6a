import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTerraform, SetupError } from '../../../rehearsal/terraform/binary.ts';
import { offlinePlan, PlanError } from '../../../rehearsal/terraform/plan.ts';
import { cliConfiguration } from '../../../rehearsal/terraform/provider-installation.ts';
import { minimalVariables } from '../../support/plans.ts';
import { synthesized } from '../../support/synthesized.ts';

describe('an offline plan', () => {
  let folder: string;
  const before = { ...process.env };
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'setup-'))));
  afterEach(() => {
    for (const name of ['TF_CLI_CONFIG_FILE', 'TERRAFORM_BINARY_NAME', 'TERRAFORM_PROVIDER_MIRROR']) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what to do when the provider is not to be found', async () => {
    mkdirSync(join(folder, 'mirror'));
    process.env.TF_CLI_CONFIG_FILE = join(folder, 'cli.tfrc');
    const { TF_CLI_CONFIG_FILE: file } = process.env;
    writeFileSync(file, `provider_installation {\n  filesystem_mirror {\n    path = "${folder}/mirror"\n  }\n}\n`);
    const plan = offlinePlan({ configuration: synthesized().text, variables: minimalVariables });
    await expect(plan).rejects.toThrow(SetupError);
    await expect(plan).rejects.toThrow(
      `The AWS provider could not be installed: ${file} says where to look, and it is not there. Run once with access to registry.terraform.io`,
    );
  }, 30_000);

  it('says what Terraform says of a configuration that is wrong', async () => {
    const plan = offlinePlan({ configuration: '{"resource": {"aws_s3_bucket": []}, "nonsense": 1}', variables: {} });
    await expect(plan).rejects.toThrow(PlanError);
    await expect(plan).rejects.toThrow(/nonsense/);
  }, 30_000);

  it('stops when it is told to, and leaves nothing behind', async () => {
    // The real Terraform, which notes where it works: other plans have folders of their own beside this one's.
    const { binary } = await findTerraform();
    process.env.TERRAFORM_BINARY_NAME = join(folder, 'noted');
    writeFileSync(join(folder, 'noted'), `#!/bin/sh\npwd >> '${folder}/where'\nexec '${binary}' "$@"\n`);
    chmodSync(join(folder, 'noted'), 0o755);
    const stop = new AbortController();
    const plan = offlinePlan({ configuration: synthesized().text, variables: minimalVariables, signal: stop.signal });
    setTimeout(() => stop.abort(), 500);
    await expect(plan).rejects.toThrow(/abort/i);
    const folders = readFileSync(join(folder, 'where'), 'utf8').match(/.*offline-plan-.*/g);
    expect(folders).not.toBeNull();
    expect(folders?.filter((each) => existsSync(each))).toEqual([]);
  }, 30_000);

  it.each([
    ['1.1.9', 'Terraform 1.1.9 is too old: this project needs 1.2.0 or newer. Install Terraform'],
    ['0.15.5', 'Terraform 0.15.5 is too old'],
  ])('is not tried with Terraform %s', async (version, message) => {
    const old = join(folder, 'terraform');
    writeFileSync(old, `#!/bin/sh\necho 'Terraform v${version}'\n`);
    chmodSync(old, 0o755);
    await expect(findTerraform(old)).rejects.toThrow(message);
  });

  it.each([
    ['Terraform v1.2.0\non linux_amd64', { product: 'Terraform', version: '1.2.0' }],
    ['Terraform v1.10.0-rc1', { product: 'Terraform', version: '1.10.0' }],
    ['OpenTofu v1.9.4\non linux_amd64', { product: 'OpenTofu', version: '1.9.4' }],
  ])('accepts what calls itself %j', async (says, found) => {
    process.env.TERRAFORM_BINARY_NAME = join(folder, 'other');
    writeFileSync(process.env.TERRAFORM_BINARY_NAME, `#!/bin/sh\ncat <<'EOF'\n${says}\nEOF\n`);
    chmodSync(process.env.TERRAFORM_BINARY_NAME, 0o755);
    expect(await findTerraform()).toMatchObject(found);
  });

  it('gives OpenTofu the provider under the name of its own registry', () => {
    const mirror = join(folder, 'terraform');
    const platform = join('hashicorp', 'aws', '5.100.0', 'linux_amd64');
    mkdirSync(join(mirror, 'registry.terraform.io', platform), { recursive: true });
    writeFileSync(join(mirror, 'registry.terraform.io', platform, 'terraform-provider-aws'), 'the provider');
    process.env.TERRAFORM_PROVIDER_MIRROR = mirror;
    const file = cliConfiguration({ binary: 'tofu', product: 'OpenTofu', version: '1.9.4' }, folder);
    const [, path] = /path = "(.*)"/.exec(readFileSync(file, 'utf8')) ?? [];
    const provider = join(path ?? '', 'registry.opentofu.org', platform, 'terraform-provider-aws');
    expect(readFileSync(provider, 'utf8')).toBe('the provider');
  });
});
