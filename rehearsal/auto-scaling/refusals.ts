/** An error answer of the Query API. `Sender` is the caller's fault, `Receiver` the service's. */
export interface Refusal {
  readonly status: number;
  readonly type: 'Sender' | 'Receiver';
  readonly code: string;
  readonly message: string;
}

/** Tells a refusal from a success. */
export const isRefusal = (value: object): value is Refusal =>
  'status' in value && 'code' in value && 'message' in value;

const sender = (code: string, message: string, status = 400): Refusal => ({ status, type: 'Sender', code, message });
const invalid = (message: string): Refusal => sender('ValidationError', message);

/**
 * The errors of the operations, worded as AWS words them where the words were seen in the open (the source follows each);
 * the rest is marked as ours. Codes and statuses are the API model's.
 */
export const refusals = {
  // https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html
  missingToken: sender('MissingAuthenticationToken', 'Request is missing Authentication Token', 403),
  incompleteSignature: sender(
    'IncompleteSignature',
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.",
  ),
  missingAction: sender('MissingAction', 'The request must contain the parameter Action.'),
  unknownAction: (action: string, version: string) =>
    sender('InvalidAction', `Could not find operation ${action} for version ${version}`),
  invalid,

  // aws_autoscaling_group and others wait for this text; with quotes in Delete…, DescribeLifecycleHooks and elsewhere
  groupNotFound: (name: string) => invalid(`AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`),
  // kubernetes/autoscaler#943
  aboveMax: (desired: number, max: number) =>
    invalid(`New SetDesiredCapacity value ${desired} is above max value ${max} for the AutoScalingGroup.`),
  belowMin: (desired: number, min: number) =>
    invalid(`New SetDesiredCapacity value ${desired} is below min value ${min} for the AutoScalingGroup.`),
  // banzaicloud/pipeline#3017
  outsideBounds: (desired: number, min: number, max: number) =>
    invalid(`Desired capacity:${desired} must be between the specified min size:${min} and max size:${max}`),
  // seen from UpdateAutoScalingGroup
  boundsCrossed: (min: number, max: number) =>
    invalid(`Max bound, ${max}, must be greater than or equal to min bound, ${min}`),
  // yaybu/touchdown#51
  unmanagedInstance: (id: string) =>
    invalid(`Instance Id not found - No managed instance found for instance ID: ${id}`),
  // buildkite/elastic-ci-stack-for-aws#1261, hashicorp/nomad-autoscaler#1290
  atMinSize: (min: number) =>
    invalid(
      `Currently, desiredSize equals minSize (${min}). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.`,
    ),
  // kubernetes/kops#6900
  instanceBusy: (activity: string) => sender('ScalingActivityInProgress', `Activity ${activity} is in progress.`),
  // TwiN/aws-eks-asg-rolling-update-handler#16
  coolingDown: (activity: string) =>
    sender('ScalingActivityInProgress', `Scaling activity ${activity} is in progress and blocks this action`),
  // convox/rack#2432
  noActionForInstance: (id: string) => invalid(`No active Lifecycle Action found with instance ID ${id}`),
  // spacelift-io/terraform-aws-spacelift-workerpool-on-ec2#197
  noActionForToken: (token: string) => invalid(`No active Lifecycle Action found with token ${token}`),
  // guardian/riff-raff#510
  notInService: (id: string) => invalid(`The instance ${id} is not in InService or EnteringStandby or Standby.`),
  // hashicorp/terraform-provider-aws#35071
  notPartOfGroup: (id: string, group: string) =>
    invalid(`The instance ${id} is not part of Auto Scaling group ${group}.`),

  // Our words from here on.
  badNextToken: (token: string) =>
    sender('InvalidNextToken', `The token '${token}' is not one that this service gave.`),
  hookNotFound: (hook: string, group: string) =>
    invalid(`Lifecycle hook not found - group '${group}' has no lifecycle hook '${hook}'`),
  actionUnnamed: invalid('Either InstanceId or LifecycleActionToken must be given.'),
  tooManyInstances: (given: number) =>
    sender('LimitExceeded', `At most 50 instance IDs may be given, and ${given} were.`),
  unknownProcess: (name: string, known: readonly string[]) =>
    invalid(`'${name}' is not a scaling process; the processes are ${known.join(', ')}.`),
  notRehearsed: (parameter: string, taken: readonly string[]) =>
    invalid(`The rehearsal cannot take ${parameter} here; it takes ${taken.join(', ')}.`),
} as const;
