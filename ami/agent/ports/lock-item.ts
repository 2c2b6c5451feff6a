import type { AttributeValue, DynamoDBClient, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { ConditionalCheckFailedException, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { fenced, lockItem } from '../../contract.ts';
import type { Item } from '../decisions/item.ts';
import type { Answer, ClearOpen } from '../decisions/step.ts';
import { failed } from './failure.ts';

/** The one item of the lock table. Every access is one request: a consistent read, or a write that is atomic and conditional. */
export interface LockItem {
  read(): Promise<Answer>;
  acquire(holder: string): Promise<Answer>;
  takeOver(holder: string, from: string): Promise<Answer>;
  fence(holder: string): Promise<Answer>;
  release(holder: string, writes: { readonly asked?: number; readonly clearOpen?: ClearOpen }): Promise<Answer>;
  /** An instance could register: with the ids of its runners, should the fleet have to know its own. */
  noteRegistration(runners: readonly number[]): Promise<Answer>;
  /** One more instance in a row could not. */
  countBootFailure(): Promise<Answer>;
}

type Attributes = Readonly<Record<string, AttributeValue>>;

const {
  holder: HOLDER,
  wakeCount: WAKE_COUNT,
  asked: ASKED,
  open: OPEN,
  runners: RUNNERS,
  bootFailures: BOOT_FAILURES,
} = lockItem;

const numberOf = (value: AttributeValue | undefined): number | undefined =>
  value?.N === undefined ? undefined : Number(value.N);

/** The item as the decisions need it; an item that is not there yet has counted nothing. */
export function itemOf(attributes: Attributes = {}): Item {
  const holder = attributes[HOLDER]?.S;
  const asked = numberOf(attributes[ASKED]);
  return {
    wakeCount: numberOf(attributes[WAKE_COUNT]) ?? 0,
    open: attributes[OPEN]?.NS?.length ?? 0,
    ...(holder !== undefined && { holder }),
    ...(asked !== undefined && { asked }),
  };
}

/** Held under the name of the acquisition, or under the one that the fence has written. */
const heldBy = `(${HOLDER} = :me OR ${HOLDER} = :fenced)`;

const names = (holder: string) => ({ ':me': { S: holder }, ':fenced': { S: fenced(holder) } });

/** The values of an expression; those that it does not use must not be given. */
const values = (given: Readonly<Record<string, AttributeValue | undefined>>): Record<string, AttributeValue> =>
  Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );

/** The item in `table`. The client decides about time limits and retries; a retry of any of these requests does no harm. */
export function connectLockItem(client: Pick<DynamoDBClient, 'send'>, table: string): LockItem {
  const item = { TableName: table, Key: { [lockItem.key]: { S: lockItem.id } } };

  const write = async (
    input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
    answer: (attributes: Attributes | undefined) => Answer,
  ): Promise<Answer> => {
    try {
      return answer((await client.send(new UpdateItemCommand({ ...item, ...input }))).Attributes);
    } catch (error) {
      return error instanceof ConditionalCheckFailedException ? { kind: 'lost' } : failed(error);
    }
  };
  const hold = (holder: string, condition: string, others: Readonly<Record<string, AttributeValue>> = {}) =>
    write(
      {
        UpdateExpression: `SET ${HOLDER} = :me`,
        ConditionExpression: condition,
        ExpressionAttributeValues: { ':me': { S: holder }, ...others },
        ReturnValues: 'ALL_NEW',
      },
      (attributes) => ({ kind: 'acquired', item: itemOf(attributes) }),
    );

  return {
    read: async () => {
      try {
        const { Item: attributes } = await client.send(new GetItemCommand({ ...item, ConsistentRead: true }));
        return { kind: 'item', item: itemOf(attributes) };
      } catch (error) {
        return failed(error);
      }
    },
    // `OR = :me`: a request that is repeated because its answer was lost must not wait for itself.
    acquire: (holder) => hold(holder, `attribute_not_exists(${HOLDER}) OR ${HOLDER} = :me`),
    takeOver: (holder, from) =>
      hold(holder, `attribute_not_exists(${HOLDER}) OR ${HOLDER} = :me OR ${HOLDER} = :from`, { ':from': { S: from } }),
    fence: (holder) =>
      write(
        {
          UpdateExpression: `SET ${HOLDER} = :fenced`,
          ConditionExpression: heldBy,
          ExpressionAttributeValues: names(holder),
        },
        () => ({ kind: 'done' }),
      ),
    release: (holder, { asked, clearOpen }) =>
      write(
        {
          UpdateExpression: [
            `REMOVE ${[HOLDER, ...(clearOpen === undefined ? [] : ['#open'])].join(', ')}`,
            ...(asked === undefined ? [] : [`SET ${ASKED} = :asked`]),
          ].join(' '),
          ConditionExpression: [heldBy, ...(clearOpen === undefined ? [] : [`${WAKE_COUNT} = :wakeCount`])].join(
            ' AND ',
          ),
          // `Open` is a reserved word of DynamoDB's expressions.
          ...(clearOpen === undefined ? {} : { ExpressionAttributeNames: { '#open': OPEN } }),
          ExpressionAttributeValues: values({
            ...names(holder),
            ':asked': asked === undefined ? undefined : { N: String(asked) },
            ':wakeCount': clearOpen === undefined ? undefined : { N: String(clearOpen.wakeCount) },
          }),
        },
        () => ({ kind: 'done' }),
      ),
    noteRegistration: (runners) =>
      write(
        {
          UpdateExpression: [
            `REMOVE ${BOOT_FAILURES}`,
            ...(runners.length === 0 ? [] : [`ADD ${RUNNERS} :runners`]),
          ].join(' '),
          ...(runners.length > 0 && { ExpressionAttributeValues: { ':runners': { NS: runners.map(String) } } }),
        },
        () => ({ kind: 'done' }),
      ),
    countBootFailure: () =>
      write(
        {
          UpdateExpression: `ADD ${BOOT_FAILURES} :one`,
          ExpressionAttributeValues: { ':one': { N: '1' } },
          ReturnValues: 'UPDATED_NEW',
        },
        (attributes) => ({ kind: 'counted', failures: numberOf(attributes?.[BOOT_FAILURES]) ?? 1 }),
      ),
  };
}
