import { CloudBackend, LocalBackend, NamedCloudWorkspace, S3Backend } from 'cdktf';
import type { S3BackendConfig, TerraformStack } from 'cdktf';

const backends = ['s3', 'local', 'cloud'] as const;
type Backend = (typeof backends)[number];

const isBackend = (name: string): name is Backend => (backends as readonly string[]).includes(name);

/** Which backend was asked for: the environment variable CDKTF_BACKEND, else `backend` in the context of cdktf.json, else s3. */
function chosen(stack: TerraformStack): Backend {
  const [source, given] =
    process.env.CDKTF_BACKEND !== undefined
      ? ['CDKTF_BACKEND', process.env.CDKTF_BACKEND]
      : ['"backend" in the context of cdktf.json', String(stack.node.tryGetContext('backend') ?? 's3')];
  if (isBackend(given)) return given;
  throw new Error(`${source} is "${given}", but must be one of ${backends.join(', ')}.`);
}

/**
 * Where Terraform keeps the state.
 *
 * - `s3`: an empty block, as upstream: `terraform init -backend-config=…` (or TF_CLI_ARGS_init) says which bucket.
 * - `local`: a file beside cdktf.json; relative, so that no path of the building machine stands in the output.
 * - `cloud`: HCP Terraform; organization and workspace from the context of cdktf.json (`"cloud": {"organization", "workspace"}`),
 *   else from TF_CLOUD_ORGANIZATION and TF_WORKSPACE when `terraform init` runs.
 */
export function chooseBackend(stack: TerraformStack, name: string): void {
  const backend = chosen(stack);
  if (backend === 's3') {
    // The type asks for bucket and key, which are late-bound here.
    new S3Backend(stack, {} as S3BackendConfig);
  } else if (backend === 'local') {
    new LocalBackend(stack, { path: `../../../terraform.${name}.tfstate` });
  } else {
    cloud(stack);
  }
}

/** An empty block; cdktf's own class insists on names at synth. */
class CloudOfTheEnvironment extends CloudBackend {
  override toTerraform(): object {
    return { terraform: { cloud: {} } };
  }
}

function cloud(stack: TerraformStack): void {
  const context = (stack.node.tryGetContext('cloud') ?? {}) as { organization?: string; workspace?: string };
  const { organization, workspace } = context;
  if (organization !== undefined && workspace !== undefined) {
    new CloudBackend(stack, { organization, workspaces: new NamedCloudWorkspace(workspace) });
  } else if (organization === undefined && workspace === undefined) {
    new CloudOfTheEnvironment(stack, { organization: '', workspaces: new NamedCloudWorkspace('') });
  } else {
    throw new Error(
      'The context "cloud" of cdktf.json has only one of "organization" and "workspace"; give both, or neither and set TF_CLOUD_ORGANIZATION and TF_WORKSPACE.',
    );
  }
}
