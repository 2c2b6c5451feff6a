import { randomUUID } from 'node:crypto';
import type { LaunchTemplateSpecification, MixedInstancesPolicy } from '@aws-sdk/client-auto-scaling';
import { reconcile, tick } from './lifecycle.ts';
import { scalingProcesses } from './operations.ts';
import {
  drawUuid,
  followedBy,
  unchanged,
  type Assumptions,
  type Group,
  type Hook,
  type Step,
  type Tag,
  type World,
} from './world.ts';

/** A group as Terraform would have made it. */
export interface GroupOptions {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  /** `minSize` by default; instances are launched at once. */
  readonly desiredCapacity?: number;
  readonly availabilityZones: readonly string[];
  readonly hooks?: readonly Hook[];
  readonly suspendedProcesses?: readonly string[];
  readonly launchTemplate?: LaunchTemplateSpecification;
  readonly mixedInstancesPolicy?: MixedInstancesPolicy;
  readonly tags?: readonly Tag[];
  /** Subnet ids with commas between them; only echoed. */
  readonly vpcZoneIdentifier?: string;
  /** Seconds, 300 by default. */
  readonly defaultCooldown?: number;
}

export interface WorldOptions {
  readonly groups: readonly GroupOptions[];
  /** From a launch until the hook holds the instance, or until it is in service; 0 by default. */
  readonly bootSeconds?: number;
  /** The stay in `Pending:Proceed` and `Terminating:Proceed`; 0 by default. */
  readonly proceedSeconds?: number;
  readonly assumptions?: Partial<Assumptions>;
  readonly region?: string;
  readonly accountId?: string;
  /** The same seed gives the same ids; a new one each time by default. */
  readonly seed?: string;
}

/** What AWS would have refused when the group was made. */
function problemWith(group: GroupOptions): string | undefined {
  const { name, minSize, maxSize, desiredCapacity = minSize, hooks = [], suspendedProcesses = [] } = group;
  const sizes = [minSize, desiredCapacity, maxSize];
  if (!sizes.every(Number.isInteger) || minSize < 0 || desiredCapacity < minSize || desiredCapacity > maxSize) {
    return `group ${name}: sizes must be whole numbers with 0 ≤ min ≤ desired ≤ max, and are ${sizes.join(', ')}`;
  }
  if (group.availabilityZones.length === 0) return `group ${name}: needs at least one availability zone`;
  const hook = hooks.find(({ heartbeatTimeout }) => heartbeatTimeout < 30 || heartbeatTimeout > 7200);
  if (hook) return `hook ${hook.name}: heartbeatTimeout must be 30 to 7200 seconds, and is ${hook.heartbeatTimeout}`;
  const process = suspendedProcesses.find((each) => !scalingProcesses.includes(each));
  if (process !== undefined) return `group ${name}: there is no process ${process} to suspend`;
  return undefined;
}

/** The world at `at` with its groups and their first instances; throws for a group that AWS would not make. */
export function firstWorld(options: WorldOptions, at: number): Step {
  const region = options.region ?? 'eu-north-1';
  const accountId = options.accountId ?? '123456789012';
  let world: World = {
    settings: {
      region,
      accountId,
      bootSeconds: options.bootSeconds ?? 0,
      proceedSeconds: options.proceedSeconds ?? 0,
      assumptions: { terminateWhilePending: 'refused', scaleInTakesPending: false, ...options.assumptions },
      seed: options.seed ?? randomUUID(),
    },
    groups: [],
    activities: [],
    idsDrawn: 0,
  };
  for (const given of options.groups) {
    const { suspendedProcesses = [], ...described } = given;
    const problem = problemWith(given);
    if (problem !== undefined) throw new Error(problem);
    const drawn = drawUuid(world);
    const group: Group = {
      ...described,
      arn: `arn:aws:autoscaling:${region}:${accountId}:autoScalingGroup:${drawn.id}:autoScalingGroupName/${given.name}`,
      createdAt: at,
      desiredCapacity: given.desiredCapacity ?? given.minSize,
      defaultCooldown: given.defaultCooldown ?? 300,
      hooks: given.hooks ?? [],
      tags: given.tags ?? [],
      suspensions: suspendedProcesses.map((process) => ({ process, since: at })),
      instances: [],
    };
    world = { ...drawn.world, groups: [...world.groups, group] };
  }
  const peopled = options.groups.reduce(
    (step, { name }) => followedBy(step, (now) => reconcile(now, name, at)),
    unchanged(world),
  );
  return followedBy(peopled, (now) => tick(now, at));
}
