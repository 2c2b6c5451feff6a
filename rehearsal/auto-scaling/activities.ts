import { drawUuid, type Activity, type ActivityStatus, type World } from './world.ts';

/** AWS writes moments inside a cause without milliseconds. */
const moment = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Why an activity began, in AWS's words as far as they are known
 * (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-verify-scaling-activity.html). Two spaces part sentences, as there.
 */
export const causes = {
  setDesired: (at: number, from: number, to: number) =>
    `At ${moment(at)} a user request explicitly set group desired capacity changing the desired capacity from ${from} to ${to}.`,
  update: (at: number, size: { min: number; max: number; desired: number }, from: number) =>
    `At ${moment(at)} a user request update of AutoScalingGroup constraints to min: ${size.min}, max: ${size.max}, desired: ${size.desired} changing the desired capacity from ${from} to ${size.desired}.`,
  started: (at: number, from: number, to: number) =>
    `At ${moment(at)} an instance was started in response to a difference between desired and actual capacity, increasing the capacity from ${from} to ${to}.`,
  scaledIn: (at: number, from: number, to: number, id: string) =>
    `At ${moment(at)} an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from ${from} to ${to}.  At ${moment(at)} instance ${id} was selected for termination.`,
  terminatedByRequest: (at: number, id: string, shrunk?: { from: number; to: number }) =>
    `At ${moment(at)} instance ${id} was taken out of service in response to a user request${shrunk ? `, shrinking the capacity from ${shrunk.from} to ${shrunk.to}` : ''}.`,
  gone: (at: number) =>
    `At ${moment(at)} an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.`,
  // Not seen in AWS: there the launch activity tells it, and here too (`abandoned`).
  launchAbandoned: (at: number, id: string) =>
    `At ${moment(at)} instance ${id} was taken out of service because its launch was not completed.`,
} as const;

/** Status message of a launch that its hook ended; the first form was seen in the console, the second is its twin for time-outs. */
export const abandoned = (token: string, how: 'completed' | 'timed out'): string =>
  `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${token} was abandoned: ${
    how === 'completed' ? 'Lifecycle Action Completed with ABANDON Result' : 'Heartbeat Timeout'
  }`;

export const isOver = ({ endedAt }: Activity): boolean => endedAt !== undefined;

export function beginActivity(
  from: World,
  activity: Omit<Activity, 'id' | 'endedAt' | 'statusMessage'>,
): { readonly id: string; readonly world: World } {
  const { id, world } = drawUuid(from);
  return { id, world: { ...world, activities: [...world.activities, { id, ...activity }] } };
}

const change = (world: World, id: string | undefined, to: Partial<Activity>): World => ({
  ...world,
  activities: world.activities.map((activity) => (activity.id === id ? { ...activity, ...to } : activity)),
});

export const continueActivity = (world: World, id: string | undefined, status: ActivityStatus): World =>
  change(world, id, { status });

export const endActivity = (
  world: World,
  id: string | undefined,
  at: number,
  status: 'Successful' | 'Failed' | 'Cancelled',
  statusMessage?: string,
): World => change(world, id, { status, endedAt: at, statusMessage });
