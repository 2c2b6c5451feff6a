import { lockItem } from '../../ami/contract.ts';
import type { Definition } from '../../asl/definition.ts';
import type { Account } from './account.ts';
import { region } from './account.ts';
import { fleetOf, type Fleet } from './fleet.ts';

/** A fleet that was put together call by call, and what a burst does to it. */
export interface BurstFleet extends Fleet {
  /** Starts one execution for each input, all at once; resolves when all have begun. */
  readonly start: (inputs: readonly object[]) => Promise<void>;
  /** Takes the lock as somebody else. */
  readonly hold: (holder: string) => Promise<void>;
  /** Gives it back as an agent does. */
  readonly letGo: () => Promise<void>;
  /** Names a runner of this fleet, as its agent does. */
  readonly addRunner: (id: string) => Promise<void>;
}

export interface BurstFleetOptions {
  readonly name: string;
  readonly max: number;
  /** Made for the table and the group: their names are `${name}-lock` and `name`. */
  readonly definition: Definition;
}

/** Makes the lock table, a group at zero with its launch template, and the state machine, without Terraform: seconds instead of a minute. */
export async function createBurstFleet(
  { boto, bridge }: Account,
  { name, max, definition }: BurstFleetOptions,
): Promise<BurstFleet> {
  const { call } = boto;
  const TableName = `${name}-lock`;
  await call('dynamodb', 'create_table', {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: lockItem.key, KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: lockItem.key, AttributeType: 'S' }],
  });
  const { Images } = await call<{ Images: readonly { ImageId: string }[] }>('ec2', 'describe_images', {
    Owners: ['self'],
  });
  await call('ec2', 'create_launch_template', {
    LaunchTemplateName: name,
    LaunchTemplateData: { ImageId: Images[0]?.ImageId, InstanceType: 'm5.large' },
  });
  await call('autoscaling', 'create_auto_scaling_group', {
    AutoScalingGroupName: name,
    MinSize: 0,
    MaxSize: max,
    DesiredCapacity: 0,
    AvailabilityZones: [`${region}a`],
    LaunchTemplate: { LaunchTemplateName: name, Version: '$Latest' },
  });
  const { stateMachineArn } = await call<{ stateMachineArn: string }>('stepfunctions', 'create_state_machine', {
    name,
    definition: JSON.stringify(definition),
    roleArn: 'arn:aws:iam::123456789012:role/machine',
  });

  const change = (UpdateExpression: string, values: object = {}): Promise<unknown> =>
    call('dynamodb', 'update_item', {
      TableName,
      Key: { [lockItem.key]: { S: lockItem.id } },
      UpdateExpression,
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    });
  const startOne = async (input: object): Promise<void> => {
    const answer = await fetch(bridge.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSStepFunctions.StartExecution', 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ stateMachineArn, input: JSON.stringify(input) }),
    });
    if (!answer.ok) throw new Error(`StartExecution: ${answer.status} ${await answer.text()}`);
  };
  return {
    ...fleetOf(boto, name, stateMachineArn),
    start: async (inputs) => {
      await Promise.all(inputs.map(startOne));
    },
    hold: async (holder) => {
      await change(`SET ${lockItem.holder} = :holder`, { ':holder': { S: holder } });
    },
    letGo: async () => {
      await change(`REMOVE ${lockItem.holder}`);
    },
    addRunner: async (id) => {
      await change(`ADD ${lockItem.runners} :ids`, { ':ids': { NS: [id] } });
    },
  };
}
