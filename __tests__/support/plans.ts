import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { offlinePlan } from '../../rehearsal/terraform/plan.ts';
import type { OfflinePlanOptions, Plan, PlannedResource, ResourceChange } from '../../rehearsal/terraform/plan.ts';
import { synthesized } from './synthesized.ts';

export const secret = 'marker-5f0c1d-of-the-secret';

/** Upstream's smallest variable file, plus the secret, which has no default here. */
export const minimalVariables: Readonly<Record<string, unknown>> = {
  ...(JSON.parse(readFileSync(new URL('../upstream/vars-min.json', import.meta.url), 'utf8')) as object),
  gitlab_secret_token: secret,
};

/** Variables for which upstream plans with null as well. */
export const nullable = [
  'ami_user',
  'capacity_per_instance',
  'desired_size',
  'gitlab_api_url',
  'gl_cache_path',
  'gl_runner_tags',
  'group_id',
  'idle_threshold',
  'image_id',
  'image_name',
  'key_name',
  'root_disk_size',
  'volume_delete_on_termination',
];

/** The default tags under which upstream's plan was recorded. */
export const defaultTags = { TF_AWS_DEFAULT_TAGS_Team: 'ci', TF_AWS_DEFAULT_TAGS_Owner: `me 'q' "d"` };

export interface Planned {
  readonly plan: Plan;
  readonly json: string;
  readonly output: string;
  readonly imageQueries: readonly string[];
}

/**
 * An offline plan takes seconds, and several test files look at the same ones: each is made once in a run (run.ts names a fresh
 * folder in PLANS_OF_THIS_RUN), keyed by everything that goes into it.
 */
export async function planOf(options: Partial<OfflinePlanOptions> = {}): Promise<Planned> {
  const full: OfflinePlanOptions = {
    configuration: synthesized().text,
    variables: minimalVariables,
    environment: defaultTags,
    ...options,
  };
  const folder = process.env.PLANS_OF_THIS_RUN ?? join(tmpdir(), `plans-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${createHash('sha256').update(JSON.stringify(full)).digest('hex')}.json`);
  if (!existsSync(file)) {
    const { json, output, imageQueries } = await offlinePlan(full);
    writeFileSync(`${file}.${process.pid}`, JSON.stringify({ json, output, imageQueries: imageQueries.map(String) }));
    renameSync(`${file}.${process.pid}`, file);
  }
  const made = JSON.parse(readFileSync(file, 'utf8')) as Omit<Planned, 'plan'>;
  return { ...made, plan: JSON.parse(made.json) as Plan };
}

/** The values that a plan gives a resource. Throws when the plan does not have it. */
export function valuesOf({ plan }: Planned, address: string): PlannedResource['values'] {
  const found = plan.planned_values.root_module.resources.find((resource) => resource.address === address);
  if (found === undefined) throw new Error(`${address} is not in the plan`);
  return found.values;
}

export function changeOf({ plan }: Planned, address: string): ResourceChange {
  const found = plan.resource_changes.find((change) => change.address === address);
  if (found === undefined) throw new Error(`${address} is not among the changes of the plan`);
  return found;
}
