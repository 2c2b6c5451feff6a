import { sourceIpCheck } from '../api-gateway/source-ip.ts';
import { defaults } from '../../ami/contract.ts';
import { jobEvent } from '../gitlab/job-events.ts';
import type { PlannedWorld } from '../planned-world.ts';
import { SetupError } from '../terraform/binary.ts';
import type { Plan } from '../terraform/plan.ts';
import { scenarioOf } from './scenario.ts';

/** The statuses that the steps expect to wake the fleet; they expect every other one to be ignored. */
const waking: readonly string[] = ['created', 'pending'];

/** Whose jobs they send. */
const { project_id: project } = jobEvent({ status: 'pending', jobId: 1 });

/** Where the steps call from. */
const caller = '127.0.0.1';

interface Demand {
  readonly variable: string;
  readonly given: unknown;
  readonly fits: boolean;
  readonly allowed: string;
}

/** What the steps take for granted, by the input variable that decides it. */
function demands({ webhook, group }: PlannedWorld, variables: Plan['variables']): readonly Demand[] {
  // A plan may leave out what is at its default.
  const statuses = (variables.webhook_build_statuses?.value ?? waking) as readonly string[];
  const { strategy, mostRequests, leastMaximum } = scenarioOf(variables);
  const { allowedCidrs, apiKeyRequired, throttling } = webhook;
  const projects = (variables.webhook_project_ids?.value ?? []) as readonly number[];
  const jobs = variables.capacity_per_instance?.value ?? null;
  const pattern = variables.webhook_job_name_pattern?.value ?? '';
  return [
    {
      variable: 'webhook_allowed_cidrs',
      given: allowedCidrs,
      fits: allowedCidrs === undefined || sourceIpCheck(allowedCidrs)(caller),
      allowed: `empty or hold ${caller}/32, from where the steps call`,
    },
    {
      variable: 'webhook_api_key_required',
      given: apiKeyRequired,
      fits: !apiKeyRequired,
      allowed: 'false, because the key is made outside the plan',
    },
    {
      variable: 'webhook_build_statuses',
      given: statuses,
      // The other strategy has its own.
      fits:
        strategy === 'demand' ||
        (waking.every((status) => statuses.includes(status)) && statuses.every((status) => waking.includes(status))),
      allowed: JSON.stringify(waking),
    },
    {
      variable: 'webhook_project_ids',
      given: projects,
      fits: projects.length === 0 || projects.includes(project),
      allowed: `empty or hold ${project}, the project of the steps`,
    },
    {
      variable: 'webhook_job_name_pattern',
      given: pattern,
      fits: pattern === '',
      allowed: 'empty, so that every job of the steps gets through',
    },
    {
      variable: 'capacity_per_instance',
      given: jobs,
      fits: strategy !== 'demand' || jobs === null || jobs === defaults.jobsPerInstance,
      allowed: `null or ${defaults.jobsPerInstance} with the demand strategy, whose steps count machines`,
    },
    {
      variable: 'webhook_burst_limit',
      given: throttling.burstLimit,
      fits: throttling.burstLimit >= mostRequests,
      allowed: `${mostRequests} or more, as many as the steps send`,
    },
    { variable: 'min_size', given: group.minSize, fits: group.minSize === 0, allowed: '0' },
    {
      variable: 'max_size',
      given: group.maxSize,
      fits: group.maxSize >= leastMaximum,
      allowed: `${leastMaximum} or more`,
    },
    {
      variable: 'desired_size',
      given: group.desiredCapacity,
      fits: group.desiredCapacity === 0,
      allowed: '0 (for a group that exists: plan while it is empty)',
    },
  ];
}

/**
 * Throws a SetupError for a plan of which the steps would report failures that are none: they expect an empty group with the
 * default webhook settings.
 */
export function refuseUnlessRehearsable(planned: PlannedWorld, { variables }: Pick<Plan, 'variables'>): void {
  const refused = demands(planned, variables)
    .filter(({ fits }) => !fits)
    .map(({ variable, given, allowed }) => `${variable} is ${JSON.stringify(given)}, but must be ${allowed}`);
  if (refused.length > 0) throw new SetupError(`The steps cannot rehearse this plan: ${refused.join('; ')}.`);
}
