import { firstWorld, type GroupOptions, type WorldOptions } from '../../../rehearsal/auto-scaling/first-world.ts';
import { giveSpotNotice, refuseLaunches, tick } from '../../../rehearsal/auto-scaling/lifecycle.ts';
import { perform, type Done, type Operation } from '../../../rehearsal/auto-scaling/operations.ts';
import { isRefusal, type Refusal } from '../../../rehearsal/auto-scaling/refusals.ts';
import {
  groupNamed,
  seconds,
  type Change,
  type Group,
  type Hook,
  type Instance,
  type Step,
  type World,
} from '../../../rehearsal/auto-scaling/world.ts';

export const launchHook: Hook = {
  name: 'start',
  transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
  heartbeatTimeout: 200,
  defaultResult: 'ABANDON',
};
export const terminateHook: Hook = {
  name: 'stop',
  transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
  heartbeatTimeout: 200,
  defaultResult: 'CONTINUE',
};

/** One group, `fleet` of 0 to 4, in the model alone: no port, no real time. */
export function rehearse(group: Partial<GroupOptions> = {}, options: Partial<WorldOptions> = {}) {
  let now = Date.UTC(2026, 0, 1);
  const fleet = { name: 'fleet', minSize: 0, maxSize: 4, availabilityZones: ['zone-a', 'zone-b'], ...group };
  const changes: Change[] = [];
  let world: World;
  const take = (step: Step): void => {
    world = step.world;
    changes.push(...step.changes);
  };
  const start = firstWorld({ groups: [fleet], seed: 'rehearse', ...options }, now);
  world = start.world;
  changes.push(...start.changes);

  const theGroup = (): Group => {
    const found = groupNamed(world, 'fleet');
    if (!found) throw new Error('the group fleet is gone');
    return found;
  };
  const ask = (operation: Operation, parameters: Record<string, string | number | boolean> = {}): Done | Refusal => {
    const form = new Map(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
    const { before, outcome } = perform(world, operation, form, 'AKIATEST', now);
    take(before);
    if (!isRefusal(outcome)) take(outcome);
    return outcome;
  };

  return {
    ask,
    /** Lets time pass. */
    wait: (howMany: number) => {
      now += seconds(howMany);
      take(tick(world, now));
    },
    group: theGroup,
    instance: (index = 0): Instance => {
      const found = theGroup().instances[index];
      if (!found) throw new Error(`there is no instance ${index}`);
      return found;
    },
    states: () => theGroup().instances.map(({ state }) => state),
    activities: () => world.activities,
    world: () => world,
    changes,
    /** The states that one instance was seen in, in order. */
    lifeOf: (id: string) =>
      changes.flatMap((change) => (change.kind === 'instance' && change.instanceId === id ? [change.state] : [])),
    desire: (capacity: number) =>
      ask('SetDesiredCapacity', { AutoScalingGroupName: 'fleet', DesiredCapacity: capacity }),
    terminate: (InstanceId: string, decrement: boolean) =>
      ask('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: decrement }),
    complete: (hook: string, InstanceId: string, result = 'CONTINUE') =>
      ask('CompleteLifecycleAction', {
        AutoScalingGroupName: 'fleet',
        LifecycleHookName: hook,
        InstanceId,
        LifecycleActionResult: result,
      }),
    heartbeat: (hook: string, InstanceId: string) =>
      ask('RecordLifecycleActionHeartbeat', {
        AutoScalingGroupName: 'fleet',
        LifecycleHookName: hook,
        InstanceId,
      }),
    refuseLaunches: (reason: string | undefined) => take(refuseLaunches(world, 'fleet', reason, now)),
    notice: (id: string, noticeSeconds: number) => take(giveSpotNotice(world, id, now + seconds(noticeSeconds), now)),
  };
}
