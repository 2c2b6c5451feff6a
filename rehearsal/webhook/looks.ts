import { lockItem } from '../../ami/contract.ts';
import { jobEvent } from '../gitlab/job-events.ts';
import type { JobEventOptions, SentStatus } from '../gitlab/job-events.ts';
import { deliver } from '../gitlab/webhook-delivery.ts';
import type { Delivery, DeliveryOptions } from '../gitlab/webhook-delivery.ts';
import type { Execution, World } from '../world.ts';

/** One thing that was looked at. Equal texts are a pass. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly seen: string;
}

/** What a step works with; the world is a fresh one where `withGroup` says so. */
export interface Stage {
  readonly world: World;
  /** The secret that the stack was planned with. */
  readonly secret: string;
}

export interface Step {
  /** For `--break` and for tests. */
  readonly name: string;
  readonly title: string;
  /** Absent: the world of the step before. */
  readonly fresh?: { readonly withGroup: boolean };
  readonly run: (stage: Stage) => Promise<readonly Check[]>;
}

export const started = '200 {"started":true}';
export const ignored = '200 {"ignored":true}';

const compact = (body: string): string => {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
};
const answerOf = ({ status, body, error }: Delivery): string => error ?? `${status} ${compact(body)}`;
export const answer = (delivery: Delivery, expected: string): Check => ({
  what: 'answer to GitLab',
  expected,
  seen: answerOf(delivery),
});

interface Sent {
  readonly delivery: Delivery;
  /** The executions that came of it, ended. */
  readonly executions: readonly Execution[];
}

/** Sends one job event as GitLab does, and waits until whatever it started has ended. */
export async function send(
  { world, secret }: Stage,
  status: SentStatus,
  jobId: number,
  options: DeliveryOptions = {},
  event: Partial<JobEventOptions> = {},
): Promise<Sent> {
  const before = world.stepFunctions.executions().length;
  const delivery = await deliver(world.webhookUrl, jobEvent({ ...event, status, jobId }), {
    token: secret,
    ...options,
  });
  await world.stepFunctions.settled();
  return { delivery, executions: world.stepFunctions.executions().slice(before) };
}

const outcomeOf = ({ status, error, states }: Execution): string =>
  [status, error, `${states.length} states`, `last ${states.at(-1)}`].filter((part) => part !== undefined).join(', ');
export const executions = (seen: readonly Execution[], ...expected: readonly string[]): Check => ({
  what: 'executions',
  expected: expected.join(' · ') || 'none',
  seen: seen.map(outcomeOf).join(' · ') || 'none',
});

export const groupOf = ({ autoScaling, planned }: World) => {
  const group = autoScaling.snapshot().groups.find(({ name }) => name === planned.group.name);
  if (group === undefined) throw new Error(`The Auto Scaling double has no group ${planned.group.name}.`);
  return group;
};
export const capacity = (world: World, expected: number): Check => ({
  what: 'desired capacity',
  expected: String(expected),
  seen: String(groupOf(world).desiredCapacity),
});
export const instances = (world: World, ...expected: readonly string[]): Check => ({
  what: 'instances',
  expected: expected.join(', ') || 'none',
  seen:
    groupOf(world)
      .instances.map(({ state, actions: [action] }) => (action === undefined ? state : `${state} in ${action.hook}`))
      .join(', ') || 'none',
});
export const wakeUps = async ({ dynamodb }: World, expected: number): Promise<Check> => ({
  what: 'wake-ups counted',
  expected: String(expected),
  seen: (await dynamodb.item())?.[lockItem.wakeCount]?.N ?? '0',
});
export const lock = async ({ dynamodb }: World): Promise<Check> => ({
  what: 'lock',
  expected: 'free',
  seen: (await dynamodb.item())?.[lockItem.holder]?.S ?? 'free',
});
