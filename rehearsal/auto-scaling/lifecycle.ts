import { abandoned, beginActivity, causes, continueActivity, endActivity } from './activities.ts';
import {
  counts,
  drawInstanceId,
  drawUuid,
  followedBy,
  groupNamed,
  instanceWithId,
  isSuspended,
  seconds,
  unchanged,
  withGroup,
  withInstance,
  type Group,
  type Hook,
  type HookResult,
  type Instance,
  type LifecycleAction,
  type LifecycleState,
  type Step,
  type Transition,
  type World,
} from './world.ts';

/** AWS tries a failed launch again after a growing while; the model always after this. */
const launchRetrySeconds = 60;

/** The longest stay in a wait state: 48 hours or 100 heartbeats (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHook.html). */
export const globalTimeout = ({ heartbeatTimeout }: Hook): number => Math.min(172_800, 100 * heartbeatTimeout);

/** Callers hold an id that they have just found; a miss is a mistake in the model itself. */
function known(world: World, id: string): { readonly group: Group; readonly instance: Instance } {
  const found = instanceWithId(world, id);
  if (!found) throw new Error(`the model lost instance ${id}`);
  return found;
}

function move(world: World, id: string, state: LifecycleState, at: number, change: Partial<Instance> = {}): Step {
  const { group } = known(world, id);
  return {
    world: withInstance(world, id, { state, stateEnds: undefined, actions: [], ...change }),
    changes: [{ kind: 'instance', at, group: group.name, instanceId: id, state }],
  };
}

/** A state that ends by itself after the time the settings give it. */
const moveForAWhile = (world: World, id: string, state: LifecycleState, at: number): Step =>
  move(world, id, state, at, { stateEnds: at + seconds(world.settings.proceedSeconds) });

/** Every hook of the transition holds the instance at once, each with a deadline of its own. */
function hold(from: World, id: string, state: LifecycleState, hooks: readonly Hook[], at: number): Step {
  let world = from;
  const actions: LifecycleAction[] = [];
  for (const hook of hooks) {
    const token = drawUuid(world);
    world = token.world;
    actions.push({
      hook: hook.name,
      token: token.id,
      deadline: at + seconds(hook.heartbeatTimeout),
      globalDeadline: at + seconds(globalTimeout(hook)),
    });
  }
  const { instance } = known(world, id);
  return move(continueActivity(world, instance.activity, 'MidLifecycleAction'), id, state, at, { actions });
}

const hooksFor = (group: Group, transition: Transition): readonly Hook[] =>
  group.hooks.filter((hook) => hook.transition === transition);

function launch(from: World, groupName: string, cause: string, at: number): Step {
  const group = groupNamed(from, groupName);
  if (!group) throw new Error(`the model lost group ${groupName}`);
  const counted = group.instances.filter(counts);
  // The zone with the fewest instances, the first of the list on a tie.
  const zone = group.availabilityZones.reduce((best, each) =>
    inZone(counted, each) < inZone(counted, best) ? each : best,
  );
  const { id, world } = drawInstanceId(from);
  const activity = beginActivity(world, {
    group: groupName,
    description: `Launching a new EC2 instance: ${id}`,
    cause,
    startedAt: at,
    status: 'PreInService',
    zone,
  });
  const instance: Instance = {
    id,
    zone,
    type: group.mixedInstancesPolicy?.LaunchTemplate?.Overrides?.[0]?.InstanceType ?? 'm5.large',
    launchedAt: at,
    state: 'Pending',
    stateEnds: at + seconds(from.settings.bootSeconds),
    protectedFromScaleIn: false,
    actions: [],
    activity: activity.id,
  };
  return {
    world: withGroup(activity.world, groupName, { instances: [...group.instances, instance] }),
    changes: [{ kind: 'instance', at, group: groupName, instanceId: id, state: 'Pending' }],
  };
}

const inZone = (instances: readonly Instance[], zone: string): number =>
  instances.filter((instance) => instance.zone === zone).length;

/** What ends its launch is told there; nothing else may still be under way for an instance that begins to terminate. */
interface Ending {
  readonly cause: string;
  readonly launchStatusMessage?: string;
}

/** The instance leaves: through its hook when the group has one for termination. */
export function terminate(from: World, id: string, { cause, launchStatusMessage }: Ending, at: number): Step {
  const { group, instance } = known(from, id);
  const activity = beginActivity(
    endActivity(from, instance.activity, at, 'Cancelled', launchStatusMessage ?? 'The instance was terminated.'),
    {
      group: group.name,
      description: `Terminating EC2 instance: ${id}`,
      cause,
      startedAt: at,
      status: 'InProgress',
      zone: instance.zone,
    },
  );
  const leaving = withInstance(activity.world, id, { activity: activity.id });
  const hooks = hooksFor(group, 'autoscaling:EC2_INSTANCE_TERMINATING');
  if (hooks.length === 0) return moveForAWhile(leaving, id, 'Terminating', at);
  return followedBy(move(leaving, id, 'Terminating', at), (world) => hold(world, id, 'Terminating:Wait', hooks, at));
}

/** The machine is off; nobody can act on it any more. */
function remove(from: World, id: string, at: number): Step {
  const { group, instance } = known(from, id);
  return {
    world: withGroup(endActivity(from, instance.activity, at, 'Successful'), group.name, {
      instances: group.instances.filter((each) => each !== instance),
    }),
    changes: [{ kind: 'instance', at, group: group.name, instanceId: id, state: 'Terminated' }],
  };
}

/** Spot took the machine: hooks do not delay that, whatever state the instance was in. */
function reclaimed(from: World, id: string, at: number): Step {
  const { group, instance } = known(from, id);
  if (!counts(instance)) return remove(from, id, at);
  const activity = beginActivity(
    endActivity(from, instance.activity, at, 'Cancelled', 'The instance was terminated before it was in service.'),
    {
      group: group.name,
      description: `Terminating EC2 instance: ${id}`,
      cause: causes.gone(at),
      startedAt: at,
      status: 'InProgress',
      zone: instance.zone,
    },
  );
  return remove(withInstance(activity.world, id, { activity: activity.id }), id, at);
}

/** Two minutes' warning, then the machine is gone (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html). */
export function giveSpotNotice(world: World, id: string, reclaimAt: number, at: number): Step {
  const { group, instance } = known(world, id);
  if (instance.reclaimAt !== undefined) return unchanged(world);
  return {
    world: withInstance(world, id, { reclaimAt }),
    changes: [{ kind: 'spot notice', at, group: group.name, instanceId: id, reclaimAt }],
  };
}

/**
 * One hook lets go of the instance. CONTINUE waits for the other hooks; ABANDON ends the wait, at launch by terminating the
 * instance, at termination by going on (https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html).
 */
export function release(
  from: World,
  id: string,
  action: LifecycleAction,
  result: HookResult,
  how: 'completed' | 'timed out',
  at: number,
): Step {
  const { instance } = known(from, id);
  const launching = instance.state === 'Pending:Wait';
  if (result === 'ABANDON' && launching) {
    return terminate(
      from,
      id,
      { cause: causes.launchAbandoned(at, id), launchStatusMessage: abandoned(action.token, how) },
      at,
    );
  }
  const remaining = result === 'ABANDON' ? [] : instance.actions.filter(({ token }) => token !== action.token);
  if (remaining.length > 0) return unchanged(withInstance(from, id, { actions: remaining }));
  const world = continueActivity(from, instance.activity, launching ? 'PreInService' : 'InProgress');
  return moveForAWhile(world, id, launching ? 'Pending:Proceed' : 'Terminating:Proceed', at);
}

function putInService(from: World, id: string, at: number): Step {
  const { instance } = known(from, id);
  const world = endActivity(from, instance.activity, at, 'Successful');
  return move(world, id, 'InService', at, { activity: undefined });
}

/** The state that ends by itself has ended. */
function stateEnded(world: World, id: string, at: number): Step {
  const { group, instance } = known(world, id);
  if (!counts(instance)) return remove(world, id, at);
  const hooks = instance.state === 'Pending' ? hooksFor(group, 'autoscaling:EC2_INSTANCE_LAUNCHING') : [];
  return hooks.length > 0 ? hold(world, id, 'Pending:Wait', hooks, at) : putInService(world, id, at);
}

/**
 * The instance that a scale-in takes next. AWS's default policy: the zone with the most instances, an unprotected one there,
 * the oldest template; the model then takes the oldest instance, where AWS looks at the billing hour.
 */
function nextToLeave(world: World, group: Group): Instance | undefined {
  const counted = group.instances.filter(counts);
  return counted
    .filter(({ protectedFromScaleIn }) => !protectedFromScaleIn)
    .filter(({ state }) => state === 'InService' || world.settings.assumptions.scaleInTakesPending)
    .reduce<Instance | undefined>(
      (best, each) => (best && inZone(counted, best.zone) >= inZone(counted, each.zone) ? best : each),
      undefined,
    );
}

const missing = (group: Group): number => group.desiredCapacity - group.instances.filter(counts).length;
const mayLaunch = (group: Group): boolean => missing(group) > 0 && !isSuspended(group, 'Launch');

function failToLaunch(world: World, group: Group, failure: string, cause: string, at: number): Step {
  const [zone = ''] = group.availabilityZones;
  const activity = beginActivity(world, {
    group: group.name,
    description: 'Launching a new EC2 instance.  Status Reason: ' + failure,
    cause,
    startedAt: at,
    status: 'InProgress',
    zone,
  });
  return unchanged(
    withGroup(endActivity(activity.world, activity.id, at, 'Failed', failure), group.name, {
      launchRetryAt: at + seconds(launchRetrySeconds),
    }),
  );
}

const sentences = (...parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined).join('  ');

/** Launches or retires until the group holds what it should; `because` is told in the causes of what begins now. */
export function reconcile(from: World, groupName: string, at: number, because?: string): Step {
  let step = unchanged(from);
  const start = groupNamed(from, groupName)?.instances.filter(counts).length ?? 0;
  for (;;) {
    const group = groupNamed(step.world, groupName);
    if (!group) return step;
    const wanted = group.desiredCapacity;
    if (mayLaunch(group)) {
      const cause = sentences(because, causes.started(at, start, wanted));
      if (group.launchFailure === undefined) {
        step = followedBy(step, (world) => launch(world, groupName, cause, at));
        continue;
      }
      const { launchFailure, launchRetryAt = at } = group;
      if (launchRetryAt > at) return step;
      return followedBy(step, (world) => failToLaunch(world, group, launchFailure, cause, at));
    }
    if (missing(group) >= 0 || isSuspended(group, 'Terminate')) return step;
    const leaving = nextToLeave(step.world, group);
    if (!leaving) return step;
    const cause = sentences(because, causes.scaledIn(at, start, wanted, leaving.id));
    step = followedBy(step, (world) => terminate(world, leaving.id, { cause }, at));
  }
}

/** From now on every launch of the group fails for this reason; undefined lets it launch again. */
export const refuseLaunches = (world: World, groupName: string, reason: string | undefined, at: number): Step => {
  const group = { launchFailure: reason, launchRetryAt: undefined };
  return followedBy(reconcile(withGroup(world, groupName, group), groupName, at), (now) => tick(now, at));
};

interface Due {
  readonly at: number;
  readonly happen: (world: World) => Step;
}

/** Everything that time alone will bring about. */
function due(world: World): readonly Due[] {
  return world.groups.flatMap((group): readonly Due[] => [
    ...(group.launchFailure !== undefined && group.launchRetryAt !== undefined && mayLaunch(group)
      ? [{ at: group.launchRetryAt, happen: unchanged }]
      : []),
    ...group.instances.flatMap(({ id, stateEnds, reclaimAt, actions }): readonly Due[] => [
      ...(reclaimAt === undefined
        ? []
        : [{ at: reclaimAt, happen: (now: World): Step => reclaimed(now, id, reclaimAt) }]),
      ...(stateEnds === undefined
        ? []
        : [{ at: stateEnds, happen: (now: World): Step => stateEnded(now, id, stateEnds) }]),
      ...actions.map((action): Due => {
        const at = Math.min(action.deadline, action.globalDeadline);
        const result = group.hooks.find(({ name }) => name === action.hook)?.defaultResult ?? 'ABANDON';
        return { at, happen: (now) => release(now, id, action, result, 'timed out', at) };
      }),
    ]),
  ]);
}

const earliest = (world: World): Due | undefined =>
  due(world).reduce<Due | undefined>((first, each) => (first && first.at <= each.at ? first : each), undefined);

/** When `tick` has something to do next; undefined while nothing is under way. */
export const nextDue = (world: World): number | undefined => earliest(world)?.at;

/** Lets everything happen that fell due up to `now`, each at its own moment. */
export function tick(from: World, now: number): Step {
  let step = unchanged(from);
  for (let next = earliest(from); next && next.at <= now; next = earliest(step.world)) {
    const { at, happen } = next;
    step = followedBy(step, happen);
    for (const { name } of step.world.groups) step = followedBy(step, (world) => reconcile(world, name, at));
  }
  return step;
}

/**
 * What IMDS answers at `autoscaling/target-lifecycle-state`: steady states only, never one of the waits; undefined (404 there)
 * before the first transition (https://docs.aws.amazon.com/autoscaling/ec2/userguide/retrieving-target-lifecycle-state-through-imds.html).
 */
export function targetLifecycleState(world: World, id: string): 'InService' | 'Terminated' | undefined {
  const state = instanceWithId(world, id)?.instance.state;
  if (state === undefined || state === 'Pending') return undefined;
  return state.startsWith('Terminat') ? 'Terminated' : 'InService';
}
