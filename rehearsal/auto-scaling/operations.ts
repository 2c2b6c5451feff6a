import type {
  DescribeAutoScalingGroupsCommandOutput,
  DescribeAutoScalingInstancesCommandOutput,
  DescribeLifecycleHooksCommandOutput,
  DescribeScalingActivitiesCommandOutput,
  TerminateInstanceInAutoScalingGroupCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import { causes, isOver } from './activities.ts';
import {
  describeActivity,
  describeGroup,
  describeHooks,
  describeInstances,
  groupPasses,
  inOrder,
  page,
} from './describe.ts';
import { reconcile, release, terminate, tick } from './lifecycle.ts';
import {
  filters,
  flag,
  integer,
  oneOf,
  optional,
  pageLength,
  read,
  someTexts,
  text,
  texts,
  type Form,
} from './parameters.ts';
import { isRefusal, refusals, type Refusal } from './refusals.ts';
import {
  counts,
  followedBy,
  groupNamed,
  instanceWithId,
  seconds,
  unchanged,
  withGroup,
  withInstance,
  type Caller,
  type Change,
  type Group,
  type Instance,
  type LifecycleAction,
  type Step,
  type Suspension,
  type World,
} from './world.ts';

type Answer<Output> = Omit<Output, '$metadata'>;
type Result =
  | Answer<DescribeAutoScalingGroupsCommandOutput>
  | Answer<DescribeAutoScalingInstancesCommandOutput>
  | Answer<DescribeLifecycleHooksCommandOutput>
  | Answer<DescribeScalingActivitiesCommandOutput>
  | Answer<TerminateInstanceInAutoScalingGroupCommandOutput>;

/** What an operation did; `result` is missing where the API has no result element. */
export interface Done extends Step {
  readonly result?: Result;
}

interface Request {
  readonly form: Form;
  readonly caller: Caller;
  readonly at: number;
}

type Perform = (world: World, request: Request) => Done | Refusal;

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html; the model heeds Launch and Terminate. */
export const scalingProcesses: readonly string[] = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

const groupOf = (world: World, name: string): Group | Refusal =>
  groupNamed(world, name) ?? refusals.groupNotFound(name);

function setDesired(world: World, group: Group, to: number, request: Request, because: string): Step {
  const from = group.desiredCapacity;
  if (from === to) return reconcile(world, group.name, request.at);
  const change: Change = { kind: 'desired capacity', at: request.at, group: group.name, from, to, by: request.caller };
  const next = { world: withGroup(world, group.name, { desiredCapacity: to }), changes: [change] };
  return followedBy(next, (now) => reconcile(now, group.name, request.at, because));
}

const describeAutoScalingGroups: Perform = (world, { form }) => {
  const input = read(form, {
    AutoScalingGroupNames: texts,
    IncludeInstances: optional(flag),
    MaxRecords: optional(pageLength(100)),
    NextToken: optional(text(10_000)),
    Filters: filters,
  });
  if (isRefusal(input)) return input;
  const named = world.groups.filter(
    ({ name }) => input.AutoScalingGroupNames.length === 0 || input.AutoScalingGroupNames.includes(name),
  );
  const passing: Group[] = [];
  for (const group of named) {
    const verdicts = input.Filters.map((filter) => groupPasses(group, filter));
    const wrong = verdicts.find((verdict) => typeof verdict === 'object');
    if (wrong) return wrong;
    if (verdicts.every((verdict) => verdict === true)) passing.push(group);
  }
  const found = page(passing, input.NextToken, input.MaxRecords ?? 50);
  if (isRefusal(found)) return found;
  const AutoScalingGroups = found.items.map((group) => describeGroup(group, input.IncludeInstances ?? true));
  return { ...unchanged(world), result: { AutoScalingGroups, NextToken: found.nextToken } };
};

const describeAutoScalingInstances: Perform = (world, { form }) => {
  const input = read(form, {
    InstanceIds: texts,
    MaxRecords: optional(pageLength(50)),
    NextToken: optional(text(10_000)),
  });
  if (isRefusal(input)) return input;
  const asked = describeInstances(world).filter(
    ({ InstanceId = '' }) => input.InstanceIds.length === 0 || input.InstanceIds.includes(InstanceId),
  );
  const found = page(asked, input.NextToken, input.MaxRecords ?? 50);
  if (isRefusal(found)) return found;
  return { ...unchanged(world), result: { AutoScalingInstances: [...found.items], NextToken: found.nextToken } };
};

const describeLifecycleHooks: Perform = (world, { form }) => {
  const input = read(form, { AutoScalingGroupName: text(), LifecycleHookNames: texts });
  if (isRefusal(input)) return input;
  const group = groupOf(world, input.AutoScalingGroupName);
  if (isRefusal(group)) return group;
  const LifecycleHooks = describeHooks(group).filter(
    ({ LifecycleHookName = '' }) =>
      input.LifecycleHookNames.length === 0 || input.LifecycleHookNames.includes(LifecycleHookName),
  );
  return { ...unchanged(world), result: { LifecycleHooks } };
};

const describeScalingActivities: Perform = (world, { form }) => {
  const input = read(form, {
    ActivityIds: texts,
    AutoScalingGroupName: optional(text()),
    // Nothing is ever deleted here.
    IncludeDeletedGroups: optional(flag),
    MaxRecords: optional(pageLength(100)),
    NextToken: optional(text(10_000)),
  });
  if (isRefusal(input)) return input;
  const { AutoScalingGroupName: name, ActivityIds: ids } = input;
  if (name !== undefined && !groupNamed(world, name)) return refusals.groupNotFound(name);
  const asked = inOrder(
    world.activities
      .filter(({ group }) => name === undefined || group === name)
      .filter(({ id }) => ids.length === 0 || ids.includes(id)),
  );
  const found = page(asked, input.NextToken, input.MaxRecords ?? 100);
  if (isRefusal(found)) return found;
  const Activities = found.items.map((activity) => describeActivity(activity, groupNamed(world, activity.group)?.arn));
  return { ...unchanged(world), result: { Activities, NextToken: found.nextToken } };
};

/** The activity that a caller who honours the cooldown has to wait for. */
function coolingDown(world: World, group: Group, at: number): string | undefined {
  const recent = world.activities.filter(
    (activity) =>
      activity.group === group.name &&
      (!isOver(activity) || (activity.endedAt ?? 0) + seconds(group.defaultCooldown) > at),
  );
  return recent.at(-1)?.id;
}

const setDesiredCapacity: Perform = (world, request) => {
  const input = read(request.form, {
    AutoScalingGroupName: text(),
    DesiredCapacity: integer,
    HonorCooldown: optional(flag),
  });
  if (isRefusal(input)) return input;
  const group = groupOf(world, input.AutoScalingGroupName);
  if (isRefusal(group)) return group;
  const wanted = input.DesiredCapacity;
  if (wanted > group.maxSize) return refusals.aboveMax(wanted, group.maxSize);
  if (wanted < group.minSize) return refusals.belowMin(wanted, group.minSize);
  const blocker = input.HonorCooldown === true ? coolingDown(world, group, request.at) : undefined;
  if (blocker !== undefined) return refusals.coolingDown(blocker);
  return setDesired(world, group, wanted, request, causes.setDesired(request.at, group.desiredCapacity, wanted));
};

const updateAutoScalingGroup: Perform = (world, request) => {
  const input = read(request.form, {
    AutoScalingGroupName: text(),
    MinSize: optional(integer),
    MaxSize: optional(integer),
    DesiredCapacity: optional(integer),
    DefaultCooldown: optional(integer),
  });
  if (isRefusal(input)) return input;
  const group = groupOf(world, input.AutoScalingGroupName);
  if (isRefusal(group)) return group;
  const min = input.MinSize ?? group.minSize;
  const max = input.MaxSize ?? group.maxSize;
  if (min > max) return refusals.boundsCrossed(min, max);
  // Bounds given without a desired capacity pull it with them; a desired capacity that was given must fit.
  const desired = input.DesiredCapacity ?? Math.min(max, Math.max(min, group.desiredCapacity));
  if (desired < min || desired > max) return refusals.outsideBounds(desired, min, max);
  const resized = withGroup(world, group.name, {
    minSize: min,
    maxSize: max,
    defaultCooldown: input.DefaultCooldown ?? group.defaultCooldown,
  });
  return setDesired(
    resized,
    group,
    desired,
    request,
    causes.update(request.at, { min, max, desired }, group.desiredCapacity),
  );
};

/** The activity for which a termination has to wait. */
function busyWith(world: World, instance: Instance): string | undefined {
  if (instance.state === 'InService') return undefined;
  if (counts(instance) && world.settings.assumptions.terminateWhilePending === 'accepted') return undefined;
  return instance.activity;
}

const terminateInstanceInAutoScalingGroup: Perform = (world, request) => {
  const input = read(request.form, { InstanceId: text(19), ShouldDecrementDesiredCapacity: flag });
  if (isRefusal(input)) return input;
  const found = instanceWithId(world, input.InstanceId);
  if (!found) return refusals.unmanagedInstance(input.InstanceId);
  const { group, instance } = found;
  const busy = busyWith(world, instance);
  if (busy !== undefined) return refusals.instanceBusy(busy);
  const decrement = input.ShouldDecrementDesiredCapacity;
  if (decrement && group.desiredCapacity <= group.minSize) return refusals.atMinSize(group.minSize);

  const from = group.desiredCapacity;
  const cause = causes.terminatedByRequest(request.at, instance.id, decrement ? { from, to: from - 1 } : undefined);
  // Both at once: a reconciliation in between would retire a second instance, or launch one.
  const lowered: Step = decrement
    ? {
        world: withGroup(world, group.name, { desiredCapacity: from - 1 }),
        changes: [
          { kind: 'desired capacity', at: request.at, group: group.name, from, to: from - 1, by: request.caller },
        ],
      }
    : unchanged(world);
  const left = followedBy(lowered, (now) => terminate(now, instance.id, { cause }, request.at));
  const activity = left.world.activities.findLast(({ group: of }) => of === group.name);
  const step = followedBy(left, (now) => reconcile(now, group.name, request.at));
  if (!activity) throw new Error(`the model lost the termination of ${instance.id}`);
  // The answer tells the activity as it began, whether or not a hook holds the instance already.
  return { ...step, result: { Activity: describeActivity({ ...activity, status: 'InProgress' }, group.arn) } };
};

interface Held {
  readonly instance: Instance;
  readonly action: LifecycleAction;
}

/** The wait that a caller means, by token or by instance. */
function heldBy(
  world: World,
  input: {
    readonly LifecycleHookName: string;
    readonly AutoScalingGroupName: string;
    readonly LifecycleActionToken: string | undefined;
    readonly InstanceId: string | undefined;
  },
): Held | Refusal {
  const group = groupOf(world, input.AutoScalingGroupName);
  if (isRefusal(group)) return group;
  const { LifecycleHookName: hook, LifecycleActionToken: token, InstanceId: id } = input;
  if (token === undefined && id === undefined) return refusals.actionUnnamed;
  if (!group.hooks.some(({ name }) => name === hook)) return refusals.hookNotFound(hook, group.name);
  for (const instance of group.instances) {
    const action = instance.actions.find((each) => each.hook === hook && (token ?? each.token) === each.token);
    if (action && (id ?? instance.id) === instance.id) return { instance, action };
  }
  return token === undefined ? refusals.noActionForInstance(id ?? '') : refusals.noActionForToken(token);
}

const lifecycleActionParameters = {
  LifecycleHookName: text(),
  AutoScalingGroupName: text(1600),
  LifecycleActionToken: optional(text(36)),
  InstanceId: optional(text(19)),
} as const;

const completeLifecycleAction: Perform = (world, request) => {
  const input = read(request.form, {
    ...lifecycleActionParameters,
    LifecycleActionResult: oneOf('CONTINUE', 'ABANDON'),
  });
  if (isRefusal(input)) return input;
  const held = heldBy(world, input);
  if (isRefusal(held)) return held;
  const released = release(world, held.instance.id, held.action, input.LifecycleActionResult, 'completed', request.at);
  return { ...followedBy(released, (now) => reconcile(now, input.AutoScalingGroupName, request.at)), result: {} };
};

const recordLifecycleActionHeartbeat: Perform = (world, request) => {
  const input = read(request.form, lifecycleActionParameters);
  if (isRefusal(input)) return input;
  const held = heldBy(world, input);
  if (isRefusal(held)) return held;
  const { instance, action } = held;
  const heartbeat = groupNamed(world, input.AutoScalingGroupName)?.hooks.find(({ name }) => name === action.hook);
  const deadline = request.at + seconds(heartbeat?.heartbeatTimeout ?? 0);
  const actions = instance.actions.map((each) => (each === action ? { ...action, deadline } : each));
  return { ...unchanged(withInstance(world, instance.id, { actions })), result: {} };
};

const setInstanceProtection: Perform = (world, { form }) => {
  const input = read(form, {
    InstanceIds: someTexts,
    AutoScalingGroupName: text(),
    ProtectedFromScaleIn: flag,
  });
  if (isRefusal(input)) return input;
  const group = groupOf(world, input.AutoScalingGroupName);
  if (isRefusal(group)) return group;
  const { InstanceIds: ids, ProtectedFromScaleIn: protectedFromScaleIn } = input;
  if (ids.length > 50) return refusals.tooManyInstances(ids.length);
  for (const id of ids) {
    const instance = group.instances.find((each) => each.id === id);
    if (!instance) return refusals.notPartOfGroup(id, group.name);
    if (instance.state !== 'InService') return refusals.notInService(id);
  }
  const next = ids.reduce((now, id) => withInstance(now, id, { protectedFromScaleIn }), world);
  return { ...unchanged(next), result: {} };
};

/** SuspendProcesses and ResumeProcesses; no list means all of them. */
const changeProcesses =
  (
    change: (suspended: readonly Suspension[], named: readonly string[], at: number) => readonly Suspension[],
  ): Perform =>
  (world, { form, at }) => {
    const input = read(form, { AutoScalingGroupName: text(), ScalingProcesses: texts });
    if (isRefusal(input)) return input;
    const group = groupOf(world, input.AutoScalingGroupName);
    if (isRefusal(group)) return group;
    const unknown = input.ScalingProcesses.find((name) => !scalingProcesses.includes(name));
    if (unknown !== undefined) return refusals.unknownProcess(unknown, scalingProcesses);
    const named = input.ScalingProcesses.length > 0 ? input.ScalingProcesses : scalingProcesses;
    return reconcile(
      withGroup(world, group.name, { suspensions: change(group.suspensions, named, at) }),
      group.name,
      at,
    );
  };

const suspendProcesses = changeProcesses((suspended, named, at) => [
  ...suspended,
  ...named
    .filter((name) => !suspended.some(({ process }) => process === name))
    .map((process) => ({ process, since: at })),
]);
const resumeProcesses = changeProcesses((suspended, named) =>
  suspended.filter(({ process }) => !named.includes(process)),
);

const operations = {
  DescribeAutoScalingGroups: describeAutoScalingGroups,
  DescribeAutoScalingInstances: describeAutoScalingInstances,
  DescribeLifecycleHooks: describeLifecycleHooks,
  DescribeScalingActivities: describeScalingActivities,
  SetDesiredCapacity: setDesiredCapacity,
  UpdateAutoScalingGroup: updateAutoScalingGroup,
  TerminateInstanceInAutoScalingGroup: terminateInstanceInAutoScalingGroup,
  CompleteLifecycleAction: completeLifecycleAction,
  RecordLifecycleActionHeartbeat: recordLifecycleActionHeartbeat,
  SetInstanceProtection: setInstanceProtection,
  SuspendProcesses: suspendProcesses,
  ResumeProcesses: resumeProcesses,
} as const satisfies Record<string, Perform>;

/** The operations that the double knows. */
export type Operation = keyof typeof operations;
export const isOperation = (action: string): action is Operation => Object.hasOwn(operations, action);

/**
 * One request against the world as it is at `at`: what fell due before happens first, then the operation, then whatever takes
 * no time. A refused request still lets the due things happen.
 */
export function perform(
  from: World,
  operation: Operation,
  form: Form,
  accessKeyId: string,
  at: number,
): { readonly before: Step; readonly outcome: Done | Refusal } {
  const before = tick(from, at);
  const outcome = operations[operation](before.world, { form, at, caller: { operation, accessKeyId } });
  if (isRefusal(outcome)) return { before, outcome };
  return { before, outcome: { ...outcome, ...followedBy(outcome, (world) => tick(world, at)) } };
}
