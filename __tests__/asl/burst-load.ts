import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { Agent, request } from 'node:http';
import { lockItem } from '../../ami/contract.ts';
import type { Definition } from '../../asl/definition.ts';
import type { GroupOptions } from '../../rehearsal/auto-scaling/server.ts';
import { startAutoScaling } from '../../rehearsal/auto-scaling/server.ts';
import { startDynamoDb } from '../../rehearsal/dynamodb.ts';
import type { Execution } from '../../rehearsal/step-functions/server.ts';
import { startStepFunctions } from '../../rehearsal/step-functions/server.ts';
import type { Meddle } from './intercepting-proxy.ts';
import { startInterceptingProxy } from './intercepting-proxy.ts';

const region = 'eu-north-1';
const arn = `arn:aws:states:${region}:123456789012:stateMachine:glab-runner-test`;

export const lockTable = 'glab-runner-test-lock';
export const group = 'glab-runner-test';

/** Executions that are started at once, and the world that they find. */
export interface Load {
  readonly definition: Definition;
  /** One for each execution. */
  readonly inputs: readonly object[];
  readonly max: number;
  /** 0 by default; 'missing' for a world without the group. */
  readonly desired?: number | 'missing';
  /** The lock's item as the first of them finds it; none by default. */
  readonly item?: Readonly<Record<string, AttributeValue>> | undefined;
  /** How much of a second of a Wait passes. Calls take as long as they take, so a lease must not shrink to the length of a few. */
  readonly waitScale: number;
  readonly lockStates: LockStates;
  /** What happens to the requests to DynamoDB on their way; by default they only need a moment. */
  readonly toDynamoDb?: Meddle;
}

/** The states of a definition in which a lock is taken and given back. */
export interface LockStates {
  readonly takes: readonly string[];
  readonly frees: readonly string[];
}

export const ourLock: LockStates = { takes: ['AcquireLock', 'TakeOver'], frees: ['ReleaseLock', 'LetGo'] };

/** What came of a load. */
export interface Outcome {
  readonly events: number;
  readonly failed: number;
  /** Error names of those that failed, each once. */
  readonly errors: readonly string[];
  /** Undefined without a group. */
  readonly desired: number | undefined;
  /** What desired capacity was set to, in order. */
  readonly changes: readonly number[];
  readonly acquisitions: number;
  /** The most executions that were between taking the lock and giving it back at one moment. */
  readonly holdersAtOnce: number;
  /** States entered and retries: what Standard workflows are billed by (https://aws.amazon.com/step-functions/pricing/). */
  readonly transitions: number;
  /** Bytes of JSON, of the largest input or output of any state. */
  readonly largestState: number;
  readonly item: Readonly<Record<string, AttributeValue>> | undefined;
  /** From the first start to the last end, in real time. */
  readonly seconds: number;
}

/** With a launch template and a policy as the stack has them: each instance's description names the template again. */
const groupOfTheStack: Omit<GroupOptions, 'maxSize'> = {
  name: group,
  minSize: 0,
  availabilityZones: ['a', 'b', 'c'].map((zone) => `${region}${zone}`),
  mixedInstancesPolicy: {
    LaunchTemplate: {
      LaunchTemplateSpecification: {
        LaunchTemplateId: 'lt-0123456789abcdef0',
        LaunchTemplateName: group,
        Version: '$Latest',
      },
      Overrides: ['m5a.large', 'm5.large', 'm6i.large', 'm6a.large', 'm7i.large'].map((InstanceType) => ({
        InstanceType,
      })),
    },
    InstancesDistribution: {
      OnDemandPercentageAboveBaseCapacity: 0,
      SpotAllocationStrategy: 'price-capacity-optimized',
    },
  },
  tags: [{ key: 'Name', value: group, propagateAtLaunch: true }],
};

/**
 * What a call needs on its way there, and on its way back: 0 to 5 milliseconds, drawn anew. Calls that all take equally long would keep
 * all executions in step, and a lock that does not exclude anybody would look as if it did.
 */
const wayMilliseconds = 5;
const way = (): Promise<void> => new Promise((arrive) => setTimeout(arrive, Math.random() * wayMilliseconds));
const underway: Meddle = async (forward) => {
  await way();
  const answer = await forward();
  await way();
  return answer;
};

const ofTask = /^Task(Succeeded|Failed|TimedOut)$/;

/** A retry has no event of its own: it is an attempt more than tasks that were entered. */
const transitionsOf = ({ states, history }: Execution): number =>
  states.length +
  history.filter(({ type }) => ofTask.test(type)).length -
  history.filter(({ type }) => type === 'TaskStateEntered').length;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** From the answer to the taking up to the beginning of the freeing: at least then the execution counts on the lock. */
function spansOf({ history, stoppedAt = Infinity }: Execution, { takes, frees }: LockStates): readonly Span[] {
  return history.flatMap(({ type, state = '', at }, index) => {
    if (type !== 'TaskSucceeded' || !takes.includes(state)) return [];
    const freed = history.slice(index).find((later) => frees.includes(later.state ?? ''));
    return [{ from: at, to: freed?.at ?? stoppedAt }];
  });
}

/** Spans that only touch do not overlap. */
function mostAtOnce(spans: readonly Span[]): number {
  const steps = spans
    .flatMap(({ from, to }) => [{ at: from, by: 1 }, ...(to > from ? [{ at: to, by: -1 }] : [{ at: from, by: -1 }])])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let now = 0;
  return steps.reduce((most, { by }) => Math.max(most, (now += by)), 0);
}

const bytes = (text: string | undefined): number => (text === undefined ? 0 : Buffer.byteLength(text));

/** Puts the load on a world of its own and waits until every execution has ended. */
export async function burst(load: Load): Promise<Outcome> {
  const changes: number[] = [];
  const { desired = 0 } = load;
  const dynamodb = await startDynamoDb({
    table: { name: lockTable, hashKey: lockItem.key, attributeType: 'S' },
    region,
  });
  const autoScaling = await startAutoScaling({
    region,
    groups: desired === 'missing' ? [] : [{ ...groupOfTheStack, maxSize: load.max, desiredCapacity: desired }],
    onChange: (change) => {
      if (change.kind === 'desired capacity') changes.push(change.to);
    },
  });
  const proxies = {
    dynamodb: await startInterceptingProxy(dynamodb.url, () => load.toDynamoDb ?? underway),
    autoscaling: await startInterceptingProxy(autoScaling.url, () => underway),
  };
  const stepFunctions = await startStepFunctions({
    region,
    stateMachines: [{ arn, name: group, definition: load.definition }],
    endpoints: { dynamodb: proxies.dynamodb.url, autoscaling: proxies.autoscaling.url },
    waitScale: load.waitScale,
    // A thousand executions share one thread here: none of their calls hangs.
    timeoutScale: 100,
  });
  // More at once would be refused before anybody listens to them.
  const connections = new Agent({ keepAlive: true, maxSockets: 200 });
  const start = async (input: object): Promise<void> => {
    const answer = await post(stepFunctions.url, connections, { stateMachineArn: arn, input: JSON.stringify(input) });
    if (answer !== 200) throw new Error(`StartExecution was answered with ${answer}`);
  };

  try {
    if (load.item) await write(dynamodb.url, load.item);
    const began = Date.now();
    await Promise.all(load.inputs.map(start));
    await stepFunctions.settled();
    const seconds = (Date.now() - began) / 1000;

    const executions = stepFunctions.executions();
    const failed = executions.filter(({ status }) => status !== 'SUCCEEDED');
    const spans = executions.flatMap((execution) => spansOf(execution, load.lockStates));
    return {
      events: executions.length,
      failed: failed.length,
      errors: [...new Set(failed.map(({ status, error = status }) => error))],
      desired: autoScaling.snapshot().groups[0]?.desiredCapacity,
      changes,
      acquisitions: spans.length,
      holdersAtOnce: mostAtOnce(spans),
      transitions: executions.reduce((sum, execution) => sum + transitionsOf(execution), 0),
      largestState: executions
        .flatMap(({ history }) => history.flatMap(({ input, output }) => [bytes(input), bytes(output)]))
        .reduce((most, length) => Math.max(most, length), 0),
      item: await dynamodb.item(),
      seconds,
    };
  } finally {
    connections.destroy();
    await stepFunctions.close();
    await Promise.all([proxies.dynamodb.close(), proxies.autoscaling.close()]);
    await Promise.all([dynamodb.close(), autoScaling.close()]);
  }
}

/** Gives the status of the answer. */
const post = (url: string, agent: Agent, body: object): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'x-amz-target': 'AWSStepFunctions.StartExecution' };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(JSON.stringify(body));
  });

async function write(endpoint: string, item: NonNullable<Load['item']>): Promise<void> {
  const client = new DynamoDBClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(new PutItemCommand({ TableName: lockTable, Item: item }));
  client.destroy();
}
