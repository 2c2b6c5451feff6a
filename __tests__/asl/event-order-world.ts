import { AutoScalingClient, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { createHash } from 'node:crypto';
import { lockItem } from '../../ami/contract.ts';
import { demand, type DemandInput } from '../../asl/demand.ts';
import { render } from '../../asl/definition.ts';
import { startAutoScaling } from '../../rehearsal/auto-scaling/server.ts';
import { startDynamoDb } from '../../rehearsal/dynamodb.ts';
import { startStepFunctions } from '../../rehearsal/step-functions/server.ts';

const region = 'eu-north-1';
const arn = `arn:aws:states:${region}:123456789012:stateMachine:glab-runner-test`;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const secret = 'a secret of more than 16 characters';
const group = 'glab-runner-test';
export const lockTable = 'glab-runner-test-lock';

/** What an event says of a job. */
export type Event = Pick<DemandInput, 'status' | 'job' | 'runner'>;

/** What the next event finds: everything that the machine reads. */
export interface Situation {
  readonly item: Readonly<Record<string, AttributeValue>> | undefined;
  readonly desired: number;
}

/** The demand machine on all of its services, one event at a time. */
export interface OrderWorld {
  /** Makes the situation and sends the event; what is there when its execution has succeeded. A failed execution throws. */
  send(situation: Situation, event: Event): Promise<Situation>;
  /** Makes the situation. */
  put(situation: Situation): Promise<void>;
  /** For an agent's own accesses to the item. */
  readonly items: DynamoDBClient;
  now(): Promise<Situation>;
  close(): Promise<void>;
}

export async function startOrderWorld({
  capacity,
  max,
}: {
  readonly capacity: number;
  readonly max: number;
}): Promise<OrderWorld> {
  const dynamodb = await startDynamoDb({
    table: { name: lockTable, hashKey: lockItem.key, attributeType: 'S' },
    region,
  });
  const autoScaling = await startAutoScaling({
    region,
    groups: [{ name: group, minSize: 0, maxSize: max, desiredCapacity: 0, availabilityZones: [`${region}a`] }],
  });
  const secretTokenHash = createHash('sha256').update(secret).digest('hex');
  const machine = demand({ secretTokenHash, lockTable, group, capacity, openLimit: capacity * max });
  const stepFunctions = await startStepFunctions({
    region,
    stateMachines: [{ arn, name: group, definition: render(machine) }],
    endpoints: { dynamodb: dynamodb.url, autoscaling: autoScaling.url },
    // Nobody is met, so nobody has to be waited for.
    waitScale: 0.001,
    timeoutScale: 10,
  });
  const items = new DynamoDBClient({ endpoint: dynamodb.url, region, credentials });
  const groups = new AutoScalingClient({ endpoint: autoScaling.url, region, credentials });
  const Key = { [lockItem.key]: { S: lockItem.id } };
  const desired = (): number => autoScaling.snapshot().groups[0]?.desiredCapacity ?? Number.NaN;
  const now = async (): Promise<Situation> => ({ item: await dynamodb.item(), desired: desired() });

  const put = async (situation: Situation): Promise<void> => {
    const { item } = situation;
    await (item === undefined
      ? items.send(new DeleteItemCommand({ TableName: lockTable, Key }))
      : items.send(new PutItemCommand({ TableName: lockTable, Item: item })));
    if (desired() !== situation.desired)
      await groups.send(
        new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity: situation.desired }),
      );
  };

  const ask = async <T>(operation: string, body: object): Promise<T> => {
    const headers = { 'x-amz-target': `AWSStepFunctions.${operation}` };
    const answer = await fetch(stepFunctions.url, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`${operation}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  /** What the last event has left, so that it need not be made again. */
  let last: Situation | undefined;

  return {
    items,
    now,
    put: async (situation) => {
      last = undefined;
      await put(situation);
    },
    send: async (situation, event) => {
      if (situation !== last) await put(situation);
      const input = JSON.stringify({ ...event, token: secret, project: '1' } satisfies DemandInput);
      const { executionArn } = await ask<{ executionArn: string }>('StartExecution', { stateMachineArn: arn, input });
      await stepFunctions.settled();
      const ended = await ask<{ status: string; error?: string; cause?: string }>('DescribeExecution', {
        executionArn,
      });
      if (ended.status !== 'SUCCEEDED')
        throw new Error(`${JSON.stringify(event)} ended as ${ended.status}: ${ended.error} ${ended.cause}`);
      last = await now();
      return last;
    },
    close: async () => {
      items.destroy();
      groups.destroy();
      await stepFunctions.close();
      await Promise.all([dynamodb.close(), autoScaling.close()]);
    },
  };
}

/** The jobs that the item has as open, in order. */
export const openIn = ({ item }: Situation): readonly string[] => (item?.[lockItem.open]?.NS ?? []).toSorted();
