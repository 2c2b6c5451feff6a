import { createHash } from 'node:crypto';
import type { LaunchTemplateSpecification, MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html, without standby, detach and warm pools. */
export type LifecycleState =
  | 'Pending'
  | 'Pending:Wait'
  | 'Pending:Proceed'
  | 'InService'
  | 'Terminating'
  | 'Terminating:Wait'
  | 'Terminating:Proceed'
  | 'Terminated';

export type Transition = 'autoscaling:EC2_INSTANCE_LAUNCHING' | 'autoscaling:EC2_INSTANCE_TERMINATING';
export type HookResult = 'CONTINUE' | 'ABANDON';

export interface Hook {
  readonly name: string;
  readonly transition: Transition;
  /** Seconds. */
  readonly heartbeatTimeout: number;
  /** What happens when nobody completes the action in time. */
  readonly defaultResult: HookResult;
}

/** An instance waiting in one hook. All times of the model are milliseconds since 1970. */
export interface LifecycleAction {
  readonly hook: string;
  readonly token: string;
  /** Moved by each heartbeat. */
  readonly deadline: number;
  /** Moved by nobody. */
  readonly globalDeadline: number;
}

export interface Instance {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly launchedAt: number;
  readonly state: LifecycleState;
  /** When a state that ends by itself (booting, proceeding) ends. */
  readonly stateEnds?: number | undefined;
  readonly protectedFromScaleIn: boolean;
  /** Hooks that still hold the instance; empty outside the two Wait states. */
  readonly actions: readonly LifecycleAction[];
  /** The activity under way for this instance. */
  readonly activity?: string | undefined;
  /** When Spot takes the machine; known two minutes before. */
  readonly reclaimAt?: number | undefined;
}

export type ActivityStatus =
  'PreInService' | 'InProgress' | 'MidLifecycleAction' | 'Successful' | 'Failed' | 'Cancelled';

export interface Activity {
  readonly id: string;
  readonly group: string;
  readonly description: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  readonly status: ActivityStatus;
  readonly statusMessage?: string | undefined;
  readonly zone: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

export interface Suspension {
  /** `Launch`, `Terminate`, `AZRebalance`, … */
  readonly process: string;
  readonly since: number;
}

export interface Group {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredCapacity: number;
  /** Seconds; only SetDesiredCapacity with HonorCooldown asks. */
  readonly defaultCooldown: number;
  readonly availabilityZones: readonly string[];
  readonly suspensions: readonly Suspension[];
  readonly hooks: readonly Hook[];
  readonly tags: readonly Tag[];
  /** Echoed by DescribeAutoScalingGroups; the first override names the type of new instances. */
  readonly mixedInstancesPolicy?: MixedInstancesPolicy | undefined;
  readonly launchTemplate?: LaunchTemplateSpecification | undefined;
  readonly vpcZoneIdentifier?: string | undefined;
  /** Those that are not yet terminated, oldest first. */
  readonly instances: readonly Instance[];
  /** Why no instance can be launched now, as EC2 says it (no Spot capacity, say). */
  readonly launchFailure?: string | undefined;
  readonly launchRetryAt?: number | undefined;
}

/**
 * Two things that AWS's documents leave open, and on which an agent must not depend. The defaults are the likelier answers;
 * a test of an agent turns each both ways.
 */
export interface Assumptions {
  /**
   * TerminateInstanceInAutoScalingGroup for an instance that is still launching. `refused` is what kops meets with a machine
   * just launched: "ScalingActivityInProgress: Activity … is in progress." (kubernetes/kops#6900, jenkins-x/jx#1496).
   */
  readonly terminateWhilePending: 'refused' | 'accepted';
  /** May a scale-in take an instance that is still launching? If not, it takes one as soon as there is one in service. */
  readonly scaleInTakesPending: boolean;
}

export interface Settings {
  readonly region: string;
  readonly accountId: string;
  /** From the launch until the hook holds the instance, or until it is in service. */
  readonly bootSeconds: number;
  /** The stay in a `:Proceed` state, and in Terminating when no hook holds the instance. */
  readonly proceedSeconds: number;
  readonly assumptions: Assumptions;
  /** Ids are made from it, so the same requests at the same times give the same ids. */
  readonly seed: string;
}

/** Everything the double knows. A value: every change makes a new one. */
export interface World {
  readonly settings: Settings;
  readonly groups: readonly Group[];
  /** In the order in which they began. */
  readonly activities: readonly Activity[];
  /** How many ids have been made. */
  readonly idsDrawn: number;
}

/** Who asked: the operation and the access key it was signed with. */
export interface Caller {
  readonly operation: string;
  readonly accessKeyId: string;
}

/** What an observer is told. */
export type Change =
  | {
      readonly kind: 'desired capacity';
      readonly at: number;
      readonly group: string;
      readonly from: number;
      readonly to: number;
      readonly by: Caller;
    }
  | {
      readonly kind: 'instance';
      readonly at: number;
      readonly group: string;
      readonly instanceId: string;
      readonly state: LifecycleState;
    }
  | {
      readonly kind: 'spot notice';
      readonly at: number;
      readonly group: string;
      readonly instanceId: string;
      /** When the machine goes. */
      readonly reclaimAt: number;
    };

/** A new world and what was different about it. */
export interface Step {
  readonly world: World;
  readonly changes: readonly Change[];
}

export const unchanged = (world: World): Step => ({ world, changes: [] });

/** The second step taken from where the first one led. */
export function followedBy(first: Step, next: (world: World) => Step): Step {
  const second = next(first.world);
  return { world: second.world, changes: [...first.changes, ...second.changes] };
}

const drawHex = (world: World): { readonly hex: string; readonly world: World } => ({
  hex: createHash('sha256').update(`${world.settings.seed} ${world.idsDrawn}`).digest('hex'),
  world: { ...world, idsDrawn: world.idsDrawn + 1 },
});

/** `i-0` and 16 hexadecimal digits. */
export function drawInstanceId(from: World): { readonly id: string; readonly world: World } {
  const { hex, world } = drawHex(from);
  return { id: `i-0${hex.slice(0, 16)}`, world };
}

/** For activities and for lifecycle action tokens. */
export function drawUuid(from: World): { readonly id: string; readonly world: World } {
  const { hex, world } = drawHex(from);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(12, 15)}`,
    `8${hex.slice(15, 18)}`,
    hex.slice(18, 30),
  ];
  return { id: parts.join('-'), world };
}

export const groupNamed = (world: World, name: string): Group | undefined =>
  world.groups.find((group) => group.name === name);

/** The instance with its group, wherever it is. */
export function instanceWithId(
  world: World,
  id: string,
): { readonly group: Group; readonly instance: Instance } | undefined {
  for (const group of world.groups) {
    const instance = group.instances.find((each) => each.id === id);
    if (instance) return { group, instance };
  }
  return undefined;
}

export const withGroup = (world: World, name: string, change: Partial<Group>): World => ({
  ...world,
  groups: world.groups.map((group) => (group.name === name ? { ...group, ...change } : group)),
});

export const withInstance = (world: World, id: string, change: Partial<Instance>): World => ({
  ...world,
  groups: world.groups.map((group) =>
    group.instances.some((instance) => instance.id === id)
      ? {
          ...group,
          instances: group.instances.map((instance) => (instance.id === id ? { ...instance, ...change } : instance)),
        }
      : group,
  ),
});

/** Launching or in service: what the group holds against its desired capacity. Who terminates no longer counts. */
export const counts = ({ state }: Instance): boolean => !state.startsWith('Terminat');

export const isSuspended = ({ suspensions }: Group, process: string): boolean =>
  suspensions.some((each) => each.process === process);

export const seconds = (value: number): number => value * 1000;
