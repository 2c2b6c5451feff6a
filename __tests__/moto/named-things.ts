import type { Boto } from './boto.ts';

/** Each list of the account in which this stack's resources stand, as `service operation field`. */
const lists = [
  ['apigateway', 'get_rest_apis', 'items'],
  ['autoscaling', 'describe_auto_scaling_groups', 'AutoScalingGroups'],
  ['dynamodb', 'list_tables', 'TableNames'],
  [
    'ec2',
    'describe_instances',
    'Reservations',
    { Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }] },
  ],
  ['ec2', 'describe_launch_templates', 'LaunchTemplates'],
  ['ec2', 'describe_security_groups', 'SecurityGroups'],
  ['iam', 'list_instance_profiles', 'InstanceProfiles'],
  ['iam', 'list_policies', 'Policies', { Scope: 'Local' }],
  ['iam', 'list_roles', 'Roles'],
  ['logs', 'describe_log_groups', 'logGroups'],
  ['s3', 'list_buckets', 'Buckets'],
  ['stepfunctions', 'list_state_machines', 'stateMachines'],
] as const;

/** How many things of each kind bear one of the words (a stack's name, an id) anywhere in their description. */
export async function thingsNamed(
  { call }: Boto,
  ...words: readonly string[]
): Promise<Readonly<Record<string, number>>> {
  const counts = lists.map(async ([service, operation, field, parameters = {}]) => {
    const { [field]: things = [] } = await call<Record<string, readonly unknown[]>>(service, operation, parameters);
    const named = things.filter((thing) => words.some((word) => JSON.stringify(thing).includes(word)));
    return [`${service} ${field}`, named.length] as const;
  });
  return Object.fromEntries((await Promise.all(counts)).filter(([, count]) => count > 0));
}
