import type {
  Activity as ActivityAnswer,
  AutoScalingGroup,
  AutoScalingInstanceDetails,
  Instance as InstanceAnswer,
  LaunchTemplateSpecification,
  LifecycleHook,
} from '@aws-sdk/client-auto-scaling';
import { isOver } from './activities.ts';
import { globalTimeout } from './lifecycle.ts';
import { refusals, type Refusal } from './refusals.ts';
import type { Filter } from './parameters.ts';
import type { Activity, Group, Instance, World } from './world.ts';

const template = (group: Group): LaunchTemplateSpecification | undefined =>
  group.launchTemplate ?? group.mixedInstancesPolicy?.LaunchTemplate?.LaunchTemplateSpecification;

const describeInstance = (group: Group, instance: Instance): InstanceAnswer => ({
  InstanceId: instance.id,
  InstanceType: instance.type,
  AvailabilityZone: instance.zone,
  LifecycleState: instance.state,
  HealthStatus: 'Healthy',
  LaunchTemplate: template(group),
  ProtectedFromScaleIn: instance.protectedFromScaleIn,
});

export const describeGroup = (group: Group, withInstances: boolean): AutoScalingGroup => ({
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  LaunchTemplate: group.launchTemplate,
  MixedInstancesPolicy: group.mixedInstancesPolicy,
  MinSize: group.minSize,
  MaxSize: group.maxSize,
  DesiredCapacity: group.desiredCapacity,
  DefaultCooldown: group.defaultCooldown,
  AvailabilityZones: [...group.availabilityZones],
  LoadBalancerNames: [],
  TargetGroupARNs: [],
  HealthCheckType: 'EC2',
  HealthCheckGracePeriod: 0,
  Instances: withInstances ? group.instances.map((instance) => describeInstance(group, instance)) : [],
  CreatedTime: new Date(group.createdAt),
  SuspendedProcesses: group.suspensions.map(({ process, since }) => ({
    ProcessName: process,
    SuspensionReason: `User suspended at ${new Date(since).toISOString()}`,
  })),
  VPCZoneIdentifier: group.vpcZoneIdentifier ?? '',
  EnabledMetrics: [],
  Tags: group.tags.map((tag) => ({
    ResourceId: group.name,
    ResourceType: 'auto-scaling-group',
    Key: tag.key,
    Value: tag.value,
    PropagateAtLaunch: tag.propagateAtLaunch,
  })),
  TerminationPolicies: ['Default'],
  NewInstancesProtectedFromScaleIn: false,
  CapacityRebalance: false,
});

/** Every instance of every group, as DescribeAutoScalingInstances tells it: there the health is in capitals. */
export const describeInstances = ({ groups }: World): readonly AutoScalingInstanceDetails[] =>
  groups.flatMap((group) =>
    group.instances.map((instance) => ({
      ...describeInstance(group, instance),
      AutoScalingGroupName: group.name,
      HealthStatus: 'HEALTHY',
    })),
  );

export const describeHooks = (group: Group): readonly LifecycleHook[] =>
  group.hooks.map((hook) => ({
    LifecycleHookName: hook.name,
    AutoScalingGroupName: group.name,
    LifecycleTransition: hook.transition,
    HeartbeatTimeout: hook.heartbeatTimeout,
    GlobalTimeout: globalTimeout(hook),
    DefaultResult: hook.defaultResult,
  }));

const progress = (activity: Activity): number => {
  if (isOver(activity)) return 100;
  return activity.status === 'MidLifecycleAction' ? 60 : 30;
};

export const describeActivity = (activity: Activity, arn: string | undefined): ActivityAnswer => ({
  ActivityId: activity.id,
  AutoScalingGroupName: activity.group,
  Description: activity.description,
  Cause: activity.cause,
  StartTime: new Date(activity.startedAt),
  EndTime: activity.endedAt === undefined ? undefined : new Date(activity.endedAt),
  StatusCode: activity.status,
  StatusMessage: activity.statusMessage,
  Progress: progress(activity),
  Details: JSON.stringify({ 'Availability Zone': activity.zone }),
  AutoScalingGroupARN: arn,
});

/** Those still in progress first, then the newest (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html). */
export const inOrder = (activities: readonly Activity[]): readonly Activity[] => {
  const newestFirst = activities.toReversed();
  return [...newestFirst.filter((activity) => !isOver(activity)), ...newestFirst.filter(isOver)];
};

const tagFilters: Readonly<Record<string, (group: Group, values: readonly string[]) => boolean>> = {
  'tag-key': ({ tags }, values) => tags.some(({ key }) => values.includes(key)),
  'tag-value': ({ tags }, values) => tags.some(({ value }) => values.includes(value)),
};

export function groupPasses(group: Group, { name, values }: Filter): boolean | Refusal {
  if (name.startsWith('tag:')) {
    return group.tags.some(({ key, value }) => key === name.slice(4) && values.includes(value));
  }
  const passes = tagFilters[name];
  return passes
    ? passes(group, values)
    : refusals.invalid(`Filter type ${name} is not correct. Allowed Filter types are: tag-key tag-value tag:`);
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken: string | undefined;
}

const tokenFor = (start: number): string => Buffer.from(`from ${start}`).toString('base64');

/** The part of a list that a token asks for. */
export function page<T>(all: readonly T[], token: string | undefined, length: number): Page<T> | Refusal {
  const start = token === undefined ? 0 : Number(/^from (\d+)$/.exec(Buffer.from(token, 'base64').toString())?.[1]);
  if (token !== undefined && tokenFor(start) !== token) return refusals.badNextToken(token);
  const end = start + length;
  return { items: all.slice(start, end), nextToken: end < all.length ? tokenFor(end) : undefined };
}
