import { AutoScalingClient, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { DeleteItemCommand, DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createHash } from 'node:crypto';
import { lockItem } from '../../ami/contract.ts';
import { render } from '../../asl/definition.ts';
import type { Machine } from '../../asl/machine.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import type { Faults } from '../../rehearsal/auto-scaling/faults.ts';
import type { Change } from '../../rehearsal/auto-scaling/server.ts';
import { startAutoScaling } from '../../rehearsal/auto-scaling/server.ts';
import { startDynamoDb } from '../../rehearsal/dynamodb.ts';
import type { Execution } from '../../rehearsal/step-functions/server.ts';
import { startStepFunctions } from '../../rehearsal/step-functions/server.ts';
import type { Answer, Meddle } from './intercepting-proxy.ts';
import { startInterceptingProxy } from './intercepting-proxy.ts';

const region = 'eu-north-1';
const table = 'glab-runner-test-lock';
const group = 'glab-runner-test';
const arn = `arn:aws:states:${region}:123456789012:stateMachine:glab-runner-test`;
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
export const secret = 'a secret of more than 16 characters';

/** What the stack gives to the machine of either strategy. */
export const deployed = {
  secretTokenHash: createHash('sha256').update(secret).digest('hex'),
  lockTable: table,
  group,
} as const;

export const machine = scaleOut({ ...deployed, buildStatuses: ['created', 'pending'] });

export interface Event {
  readonly status?: string;
  readonly token?: string;
  readonly job?: string;
  readonly runner?: string;
}

export interface World {
  /** Sends one event; resolves when its execution has started. */
  send(event?: Event): Promise<void>;
  settled(): Promise<void>;
  executions(): readonly Execution[];
  item(): Promise<Record<string, AttributeValue> | undefined>;
  /** Holds the lock as somebody else; undefined frees it, as an agent does. */
  hold(holder: string | undefined): Promise<void>;
  /** Lets the lock go as a workflow does after its work. */
  letGo(): Promise<void>;
  deleteItem(): Promise<void>;
  /** Any other write of the item, as an agent or an operator makes it. */
  update(write: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<void>;
  /** What goes wrong at the Auto Scaling double. */
  readonly faults: Faults;
  desired(): number | undefined;
  /** Every change of the desired capacity, in order. */
  capacities(): readonly number[];
  setDesired(capacity: number): Promise<void>;
  close(): Promise<void>;
}

/** For each state, what happens to its requests, first come, first met. */
export type Meddling = Readonly<Record<string, readonly Meddle[]>>;

export interface WorldOptions {
  /** The one that wakes from zero by default. */
  readonly machine?: Machine | undefined;
  /** Absent for a world without the group. */
  readonly group?: { readonly desired: number; readonly max: number } | undefined;
  readonly waitScale: number;
  /** 10 by default: five seconds are fifty. */
  readonly timeoutScale?: number | undefined;
  /** Works only while one execution runs: a request belongs to the state that it is in. */
  readonly meddling?: ((world: World) => Meddling) | undefined;
}

/** The machine on all of its services. */
export async function startScaleOutWorld(options: WorldOptions): Promise<World> {
  const dynamodb = await startDynamoDb({ table: { name: table, hashKey: lockItem.key, attributeType: 'S' }, region });
  let capacities: readonly number[] = [];
  const onChange = (change: Change): void => {
    if (change.kind === 'desired capacity') capacities = [...capacities, change.to];
  };
  const autoScaling = await startAutoScaling({
    region,
    onChange,
    groups:
      options.group === undefined
        ? []
        : [
            {
              name: group,
              minSize: 0,
              maxSize: options.group.max,
              desiredCapacity: options.group.desired,
              availabilityZones: [`${region}a`],
            },
          ],
  });

  let left: Record<string, readonly Meddle[]> = {};
  const nextMeddle = (): Meddle | undefined => {
    const state = world.executions().at(-1)?.states.at(-1) ?? '';
    const [first, ...rest] = left[state] ?? [];
    left = { ...left, [state]: rest };
    return first;
  };
  const proxies = {
    dynamodb: await startInterceptingProxy(dynamodb.url, nextMeddle),
    autoscaling: await startInterceptingProxy(autoScaling.url, nextMeddle),
  };
  const stepFunctions = await startStepFunctions({
    region,
    stateMachines: [{ arn, name: 'glab-runner-test', definition: render(options.machine ?? machine) }],
    endpoints: { dynamodb: proxies.dynamodb.url, autoscaling: proxies.autoscaling.url },
    waitScale: options.waitScale,
    // A busy machine must not look like a service that hangs.
    timeoutScale: options.timeoutScale ?? 10,
  });

  const items = new DynamoDBClient({ endpoint: dynamodb.url, region, credentials });
  const groups = new AutoScalingClient({ endpoint: autoScaling.url, region, credentials });
  const theItem = { TableName: table, Key: { [lockItem.key]: { S: lockItem.id } } };
  const update: World['update'] = async (write) => {
    await items.send(new UpdateItemCommand({ ...theItem, ...write }));
  };
  const world: World = {
    send: async ({ status = 'pending', token = secret, job = '1', runner = '' } = {}) => {
      const input = JSON.stringify({ status, token, job, project: '2', runner });
      const answer = await fetch(stepFunctions.url, {
        method: 'POST',
        headers: { 'x-amz-target': 'AWSStepFunctions.StartExecution' },
        body: JSON.stringify({ stateMachineArn: arn, input }),
      });
      if (answer.status !== 200) throw new Error(await answer.text());
    },
    settled: () => stepFunctions.settled(),
    executions: () => stepFunctions.executions(),
    item: () => dynamodb.item(),
    hold: (holder) =>
      update(
        holder === undefined
          ? { UpdateExpression: `REMOVE ${lockItem.holder}` }
          : {
              UpdateExpression: `SET ${lockItem.holder} = :holder`,
              ExpressionAttributeValues: { ':holder': { S: holder } },
            },
      ),
    letGo: () =>
      update({
        UpdateExpression: `REMOVE ${lockItem.holder} ADD ${lockItem.releases} :one`,
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }),
    update,
    faults: autoScaling.faults,
    deleteItem: async () => {
      await items.send(new DeleteItemCommand(theItem));
    },
    desired: () => autoScaling.snapshot().groups[0]?.desiredCapacity,
    capacities: () => capacities,
    setDesired: async (capacity) => {
      const call = { AutoScalingGroupName: group, DesiredCapacity: capacity };
      await groups.send(new SetDesiredCapacityCommand(call));
    },
    close: async () => {
      items.destroy();
      groups.destroy();
      await stepFunctions.close();
      await Promise.all([proxies.dynamodb.close(), proxies.autoscaling.close()]);
      await Promise.all([dynamodb.close(), autoScaling.close()]);
    },
  };
  left = { ...options.meddling?.(world) };
  return world;
}

/** Several times the same. */
export const times = (count: number, meddle: Meddle): readonly Meddle[] => Array.from({ length: count }, () => meddle);

const dynamodbError =
  (status: number, type: string): Meddle =>
  () =>
    Promise.resolve({
      status,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'made by the test' }),
    });

const autoScalingError =
  (status: number, code: string): Meddle =>
  () =>
    Promise.resolve({
      status,
      headers: { 'content-type': 'text/xml' },
      body: `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>made by the test</Message></Error><RequestId>0</RequestId></ErrorResponse>`,
    });

/** What can go wrong with a request. */
export const goesWrong = {
  throttled: dynamodbError(400, 'ThrottlingException'),
  /** Not in the model of the API. */
  denied: dynamodbError(400, 'AccessDeniedException'),
  broken: dynamodbError(500, 'InternalServerError'),
  groupThrottled: autoScalingError(400, 'Throttling'),
  groupBusy: autoScalingError(400, 'ScalingActivityInProgress'),
  groupContended: autoScalingError(500, 'ResourceContention'),
  /** The request takes effect, and nobody hears of it. */
  answerLost: async (forward): Promise<'cut'> => {
    await forward();
    return 'cut';
  },
  /** Answered, but long after the caller has given up. */
  hangs: (forward): Promise<Answer> => new Promise((late) => setTimeout(() => late(forward()), 1000)),
  /** It never arrives, and is never answered. */
  vanishes: (): Promise<Answer> => new Promise(() => undefined),
} as const satisfies Record<string, Meddle>;

/** Something else happens first. */
export const after =
  (happening: () => Promise<void>): Meddle =>
  async (forward) => {
    await happening();
    return forward();
  };
