/** The Auto Scaling group as DescribeAutoScalingGroups tells of it; the answer may be some seconds old. */
export interface Group {
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly instances: readonly GroupInstance[];
}

export interface GroupInstance {
  readonly id: string;
  /** `Pending`, `Pending:Wait`, `InService`, `Terminating:Wait`, … (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html). */
  readonly lifecycleState: string;
}

const inState = (group: Group, first: string): readonly GroupInstance[] =>
  group.instances.filter(({ lifecycleState }) => lifecycleState.startsWith(first));

export const inService = (group: Group): number => inState(group, 'InService').length;

/** Whether an instance is on its way: it boots, or has yet to be launched. */
export const isAnotherComing = (group: Group): boolean =>
  inState(group, 'Pending').length > 0 || inService(group) < group.desired;

/** Whether the group has let go of this instance. */
export const isLeaving = (group: Group, instanceId: string): boolean => {
  const [own] = group.instances.filter(({ id }) => id === instanceId);
  return own === undefined || own.lifecycleState.startsWith('Terminat');
};

/** Whether this instance is still held by the hook of its launch, or not even that far. */
export const isLaunching = (group: Group, instanceId: string): boolean =>
  inState(group, 'Pending').some(({ id }) => id === instanceId);
