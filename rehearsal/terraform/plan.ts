import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contractTag, contractVersion } from '../../ami/contract.ts';
import { startAwsEndpoints } from './aws-endpoints.ts';
import type { PlannedImage } from './aws-endpoints.ts';
import { findTerraform, SetupError } from './binary.ts';
import { cliConfiguration, whereProvidersComeFrom } from './provider-installation.ts';
import { terraformIn } from './run.ts';
import type { Finished } from './run.ts';

/** What `terraform show -json` says of a plan (https://developer.hashicorp.com/terraform/internals/json-format). */
export interface Plan {
  readonly planned_values: { readonly root_module: { readonly resources: readonly PlannedResource[] } };
  readonly resource_changes: readonly ResourceChange[];
  readonly output_changes: Readonly<Record<string, { readonly after_sensitive: unknown }>>;
  readonly variables: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly prior_state?: {
    readonly values?: { readonly root_module: { readonly resources?: readonly PlannedResource[] } };
  };
}
export interface PlannedResource {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}
export interface ResourceChange {
  readonly address: string;
  readonly mode: 'managed' | 'data';
  readonly change: {
    readonly actions: readonly string[];
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly after_unknown: unknown;
    readonly after_sensitive: unknown;
  };
}

export interface OfflinePlan {
  readonly plan: Plan;
  /** The same as text, for whoever looks for what must not stand in it. */
  readonly json: string;
  /** What `terraform plan` printed, without colour. */
  readonly output: string;
  readonly imageQueries: readonly URLSearchParams[];
}

/** Terraform refused the plan; `output` is what it said. */
export class PlanError extends Error {
  readonly output: string;

  constructor(output: string) {
    // What comes before is the part of the plan that could be made.
    const errors = output.slice(Math.max(0, output.search(/^\W*Error:/m)));
    super(`terraform plan failed:\n${errors}`);
    this.output = output;
  }
}

export interface OfflinePlanOptions {
  /** The synthesized `cdk.tf.json`, as text. */
  readonly configuration: string;
  /** Values of the input variables. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** More environment variables, such as TF_AWS_DEFAULT_TAGS_Team. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly image?: PlannedImage;
  readonly signal?: AbortSignal;
}

/** As `ami_build.yml` makes it. */
export const builtImage: PlannedImage = {
  imageId: 'ami-0123456789abcdef0',
  rootDeviceName: '/dev/xvda',
  volumeSize: 8,
  tags: { Name: 'gitlab-runner-amazon', [contractTag]: contractVersion },
};

/**
 * Plans a configuration with the real Terraform and the real AWS provider, without account, credentials or network: the
 * provider's only two calls go to loopback. Throws a SetupError when Terraform or the provider are not to be had, a PlanError
 * when Terraform refuses the configuration.
 */
export async function offlinePlan(options: OfflinePlanOptions): Promise<OfflinePlan> {
  const terraform = await findTerraform();
  const folder = mkdtempSync(join(tmpdir(), 'offline-plan-'));
  const endpoints = await startAwsEndpoints(options.image ?? builtImage);
  try {
    writeFileSync(join(folder, 'cdk.tf.json'), options.configuration);
    writeFileSync(join(folder, 'offline_override.tf.json'), JSON.stringify(withoutAccount(endpoints.url)));
    writeFileSync(join(folder, 'variables.json'), JSON.stringify(options.variables, null, 1), { mode: 0o600 });

    const cliConfigurationFile = cliConfiguration(terraform, folder);
    const execute = (...arguments_: readonly string[]): Promise<Finished> =>
      terraformIn(folder, terraform.binary, arguments_, {
        environment: { TF_CLI_CONFIG_FILE: cliConfigurationFile, ...options.environment },
        ...(options.signal && { signal: options.signal }),
      });

    const init = await execute('init', '-input=false', '-no-color');
    if (init.code !== 0)
      throw isAboutProvider(init.output) ? providerNotFound(init.output) : new PlanError(init.output);
    const planned = await execute(
      'plan',
      '-input=false',
      '-no-color',
      '-lock=false',
      '-var-file=variables.json',
      '-out=plan',
    );
    if (planned.code !== 0) {
      const unanswered = endpoints.unanswered.map(
        (call) => `\nThe provider also called ${call}, which an offline plan does not answer.`,
      );
      throw new PlanError(planned.output + unanswered.join(''));
    }
    const shown = await execute('show', '-json', 'plan');
    if (shown.code !== 0) throw new PlanError(shown.output);
    return {
      plan: JSON.parse(shown.stdout) as Plan,
      json: shown.stdout,
      output: planned.output,
      imageQueries: endpoints.imageQueries,
    };
  } finally {
    await endpoints.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Overrides (https://developer.hashicorp.com/terraform/language/files/override) that let the provider plan without AWS. */
const withoutAccount = (url: string): unknown => ({
  terraform: { backend: { local: {} } },
  provider: {
    aws: {
      access_key: 'offline',
      secret_key: 'offline',
      skip_credentials_validation: true,
      skip_metadata_api_check: 'true',
      skip_requesting_account_id: true,
      skip_region_validation: true,
      max_retries: 1,
      endpoints: [{ ec2: url, sfn: url }],
    },
  },
});

const isAboutProvider = (output: string): boolean =>
  /(query available provider packages|install provider|provider registry)/i.test(output);

const providerNotFound = (output: string): Error =>
  new SetupError(
    `The AWS provider could not be installed: ${whereProvidersComeFrom()}. Run once with access to registry.terraform.io, or put a mirror (terraform providers mirror FOLDER) into ~/.terraform.d/plugins or name it in TERRAFORM_PROVIDER_MIRROR.\n\n${output}`,
  );
