import { AutoScalingClient, SetDesiredCapacityCommand } from '@aws-sdk/client-auto-scaling';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import {
  DeleteItemCommand,
  DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { createHash } from 'node:crypto';
import { lockItem } from '../../ami/contract.ts';
import type { Definition } from '../../asl/definition.ts';
import { startAutoScaling } from '../../rehearsal/auto-scaling/server.ts';
import { startDynamoDb } from '../../rehearsal/dynamodb.ts';
import type { Execution, StepFunctions } from '../../rehearsal/step-functions/server.ts';
import { startStepFunctions } from '../../rehearsal/step-functions/server.ts';
import type { Meddle } from './intercepting-proxy.ts';
import { startInterceptingProxy } from './intercepting-proxy.ts';

const region = 'eu-north-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const arn = `arn:aws:states:${region}:123456789012:stateMachine:glab-runner-test`;
const secret = 'a secret of more than 16 characters';

/** What a machine of the table is made for. */
export const names = {
  table: 'glab-runner-test-lock',
  group: 'glab-runner-test',
  secretTokenHash: createHash('sha256').update(secret).digest('hex'),
} as const;

const theItem = { TableName: names.table, Key: { [lockItem.key]: { S: lockItem.id } } };

export type Item = Readonly<Record<string, AttributeValue>>;

/** How much of a second passes here. */
interface Pace {
  readonly waitScale: number;
  readonly timeoutScale: number;
}

export interface Run {
  readonly definition: Definition;
  /** Without the token. */
  readonly event: Readonly<Record<string, string>>;
  readonly pace: Pace;
  /** What happens to the next request of a state; undefined lets it pass. Who has hung up already is in another state now. */
  readonly meddle?: ((state: string, isCallerGone: boolean) => Meddle | undefined) | undefined;
}

type Update = Pick<
  UpdateItemCommandInput,
  'UpdateExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** The lock's table and the group, and one execution after the other. */
export interface FaultWorld {
  /** Resolves when the execution has ended. */
  run(run: Run): Promise<Execution>;
  /** Stops the execution that runs, as StopExecution does; what it has asked for is not taken back. */
  kill(): Promise<void>;
  /** As it was when it was started: no item, and the group as at first. */
  reset(): Promise<void>;
  item(): Promise<Item | undefined>;
  write(update: Update): Promise<void>;
  deleteItem(): Promise<void>;
  desired(): number;
  setDesired(capacity: number): Promise<void>;
  close(): Promise<void>;
}

/** Takes the lock from whoever holds it. */
export const hold = (world: FaultWorld, holder: string): Promise<void> =>
  world.write({
    UpdateExpression: `SET ${lockItem.holder} = :holder`,
    ExpressionAttributeValues: { ':holder': { S: holder } },
  });

/** Lets the lock go, as a workflow does. */
export const letGo = (world: FaultWorld): Promise<void> =>
  world.write({
    UpdateExpression: `REMOVE ${lockItem.holder} ADD ${lockItem.releases} :one`,
    ExpressionAttributeValues: { ':one': { N: '1' } },
  });

export async function startFaultWorld(capacity: {
  readonly desired: number;
  readonly max: number;
}): Promise<FaultWorld> {
  const dynamodb = await startDynamoDb({
    table: { name: names.table, hashKey: lockItem.key, attributeType: 'S' },
    region,
  });
  const autoScaling = await startAutoScaling({
    region,
    groups: [
      {
        name: names.group,
        minSize: 0,
        maxSize: capacity.max,
        desiredCapacity: capacity.desired,
        availabilityZones: [`${region}a`],
      },
    ],
  });

  let now: { readonly meddle?: Run['meddle']; state: string; readonly stepFunctions?: StepFunctions } = { state: '' };
  const nextMeddle = (isCallerGone: boolean): Meddle | undefined => now.meddle?.(now.state, isCallerGone);
  const [toDynamodb, toAutoScaling] = await Promise.all([
    startInterceptingProxy(dynamodb.url, nextMeddle),
    startInterceptingProxy(autoScaling.url, nextMeddle),
  ]);
  const items = new DynamoDBClient({ endpoint: dynamodb.url, region, credentials });
  const groups = new AutoScalingClient({ endpoint: autoScaling.url, region, credentials });

  // Each validates its definition, which takes long: so it is kept. Closing one is what kills.
  let deployed: readonly (Pick<Run, 'definition' | 'pace'> & { readonly stepFunctions: StepFunctions })[] = [];
  const deploy = async ({ definition, pace }: Run): Promise<StepFunctions> => {
    const kept = deployed.find((each) => each.definition === definition && each.pace === pace);
    if (kept !== undefined) return kept.stepFunctions;
    const stepFunctions = await startStepFunctions({
      region,
      stateMachines: [{ arn, name: 'glab-runner-test', definition }],
      endpoints: { dynamodb: toDynamodb.url, autoscaling: toAutoScaling.url },
      ...pace,
      onEvent: (_, { type, state }) => {
        if (type.endsWith('StateEntered') && state !== undefined) now.state = state;
      },
    });
    deployed = [...deployed, { definition, pace, stepFunctions }];
    return stepFunctions;
  };
  const retire = async (retired: StepFunctions): Promise<void> => {
    deployed = deployed.filter(({ stepFunctions }) => stepFunctions !== retired);
    await retired.close();
  };
  const setDesired = async (wanted: number): Promise<void> => {
    const call = { AutoScalingGroupName: names.group, DesiredCapacity: wanted };
    await groups.send(new SetDesiredCapacityCommand(call));
  };
  const deleteItem = async (): Promise<void> => {
    await items.send(new DeleteItemCommand(theItem));
  };

  return {
    run: async (run) => {
      const stepFunctions = await deploy(run);
      now = { meddle: run.meddle, state: '', stepFunctions };
      const answer = await fetch(stepFunctions.url, {
        method: 'POST',
        headers: { 'x-amz-target': 'AWSStepFunctions.StartExecution' },
        body: JSON.stringify({ stateMachineArn: arn, input: JSON.stringify({ ...run.event, token: secret }) }),
      });
      if (answer.status !== 200) throw new Error(await answer.text());
      await stepFunctions.settled();
      const execution = stepFunctions.executions().at(-1);
      if (execution === undefined) throw new Error('Nothing was executed.');
      return execution;
    },
    kill: async () => {
      if (now.stepFunctions !== undefined) await retire(now.stepFunctions);
    },
    reset: async () => {
      now = { state: '' };
      await deleteItem();
      await setDesired(capacity.desired);
    },
    item: () => dynamodb.item(),
    write: async (update) => {
      await items.send(new UpdateItemCommand({ ...theItem, ...update }));
    },
    deleteItem,
    desired: () => autoScaling.snapshot().groups[0]?.desiredCapacity ?? Number.NaN,
    setDesired,
    close: async () => {
      items.destroy();
      groups.destroy();
      await Promise.all(deployed.map(({ stepFunctions }) => stepFunctions.close()));
      await Promise.all([toDynamodb.close(), toAutoScaling.close()]);
      await Promise.all([dynamodb.close(), autoScaling.close()]);
    },
  };
}
