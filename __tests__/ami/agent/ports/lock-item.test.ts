import type { AttributeValue, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { LockItem } from '../../../../ami/agent/ports/lock-item.ts';
import { connectLockItem, itemOf } from '../../../../ami/agent/ports/lock-item.ts';
import { fenced, lockItem } from '../../../../ami/contract.ts';
import * as workflow from '../../../../asl/scaling-lock.ts';
import { closeForeignJob, closeJob, openJob } from '../../../../asl/open-jobs.ts';
import type { Path } from '../../../../asl/path.ts';
import type { DynamoDb } from '../../../../rehearsal/dynamodb.ts';
import { startDynamoDb } from '../../../../rehearsal/dynamodb.ts';

const table = 'glab-runner-test-lock';
const region = 'eu-north-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const key = { [lockItem.key]: { S: lockItem.id } };

let dynamodb: DynamoDb;
let client: DynamoDBClient;
let lock: LockItem;

beforeAll(async () => {
  dynamodb = await startDynamoDb({ table: { name: table, hashKey: lockItem.key, attributeType: 'S' }, region });
  client = new DynamoDBClient({ endpoint: dynamodb.url, region, credentials, maxAttempts: 1 });
  lock = connectLockItem(client, table);
});
afterAll(async () => {
  client.destroy();
  await dynamodb.close();
});

type Attributes = Readonly<Record<string, AttributeValue>>;

/** The item as it is from now on; none at all when nothing is given. */
async function given(attributes?: Attributes): Promise<void> {
  await (attributes === undefined
    ? client.send(new DeleteItemCommand({ TableName: table, Key: key }))
    : client.send(new PutItemCommand({ TableName: table, Item: { ...key, ...attributes } })));
}

/** The item as it now is, without its key. */
async function found(): Promise<Attributes | undefined> {
  const item = await dynamodb.item();
  return item && Object.fromEntries(Object.entries(item).filter(([name]) => name !== lockItem.key));
}

const me = 'agent/i-me/1';
const other = 'workflow/1';
const counted = { WakeCount: { N: '5' }, Releases: { N: '2' } };
const heldBy = (holder: string): Attributes => ({ ...counted, Holder: { S: holder } });
const done = { kind: 'done' };
const lost = { kind: 'lost' };
const acquired = { kind: 'acquired', item: { wakeCount: 5, open: 0, holder: me } };

describe('a write', () => {
  it.each<{
    readonly what: string;
    readonly given: Attributes | undefined;
    readonly write: () => Promise<unknown>;
    readonly answer: object;
    /** What was given when absent: nothing has changed. */
    readonly found?: Attributes;
  }>([
    {
      what: 'acquires a free lock',
      given: counted,
      write: () => lock.acquire(me),
      answer: acquired,
      found: heldBy(me),
    },
    {
      what: 'acquires the lock of an item that is not there',
      given: undefined,
      write: () => lock.acquire(me),
      answer: { kind: 'acquired', item: { wakeCount: 0, open: 0, holder: me } },
      found: { Holder: { S: me } },
    },
    { what: 'does not acquire what another holds', given: heldBy(other), write: () => lock.acquire(me), answer: lost },
    {
      what: 'acquires again what it has acquired: nobody may have heard of it',
      given: heldBy(me),
      write: () => lock.acquire(me),
      answer: acquired,
    },
    {
      what: 'does not acquire what this instance holds under another name',
      given: heldBy('agent/i-me/0'),
      write: () => lock.acquire(me),
      answer: lost,
    },
    {
      what: 'takes over from the holder that was seen',
      given: heldBy(other),
      write: () => lock.takeOver(me, other),
      answer: acquired,
      found: heldBy(me),
    },
    {
      what: 'does not take over from another holder than was seen',
      given: heldBy('workflow/2'),
      write: () => lock.takeOver(me, other),
      answer: lost,
    },
    {
      what: 'takes over what was let go of meanwhile',
      given: counted,
      write: () => lock.takeOver(me, other),
      answer: acquired,
      found: heldBy(me),
    },
    {
      what: 'takes over again what it has taken over',
      given: heldBy(me),
      write: () => lock.takeOver(me, other),
      answer: acquired,
    },
    {
      what: 'takes over from an item that is not there any more',
      given: undefined,
      write: () => lock.takeOver(me, other),
      answer: { kind: 'acquired', item: { wakeCount: 0, open: 0, holder: me } },
      found: { Holder: { S: me } },
    },
    {
      what: 'fences what it holds, under another name',
      given: heldBy(me),
      write: () => lock.fence(me),
      answer: done,
      found: heldBy(fenced(me)),
    },
    {
      what: 'fences again what it has fenced: nobody may have heard of it',
      given: heldBy(fenced(me)),
      write: () => lock.fence(me),
      answer: done,
    },
    {
      what: 'does not fence what another has fenced',
      given: heldBy(fenced(other)),
      write: () => lock.fence(me),
      answer: lost,
    },
    {
      what: 'does not acquire what it has fenced: a request that comes late must not undo the renewal',
      given: heldBy(fenced(me)),
      write: () => lock.acquire(me),
      answer: lost,
    },
    {
      what: 'does not take over a holder that has fenced since it was seen',
      given: heldBy(fenced('agent/i-other/1')),
      write: () => lock.takeOver(me, 'agent/i-other/1'),
      answer: lost,
    },
    {
      what: 'lets go of what it has fenced',
      given: heldBy(fenced(me)),
      write: () => lock.release(me, { asked: 5 }),
      answer: done,
      found: { ...counted, Asked: { N: '5' } },
    },
    {
      what: 'forgets the open jobs with the release of what it has fenced',
      given: { ...heldBy(fenced(me)), Open: { NS: ['1'] } },
      write: () => lock.release(me, { clearOpen: { wakeCount: 5 } }),
      answer: done,
      found: counted,
    },
    {
      what: 'neither forgets nor lets go of what it has fenced when an event was counted meanwhile',
      given: { ...heldBy(fenced(me)), WakeCount: { N: '6' }, Open: { NS: ['1'] } },
      write: () => lock.release(me, { clearOpen: { wakeCount: 5 } }),
      answer: lost,
    },
    { what: 'does not fence what another holds', given: heldBy(other), write: () => lock.fence(me), answer: lost },
    { what: 'does not fence what is free', given: counted, write: () => lock.fence(me), answer: lost },
    { what: 'makes no item by fencing', given: undefined, write: () => lock.fence(me), answer: lost },
    {
      what: 'lets go of what it holds, and leaves the count of releases to the workflows',
      given: heldBy(me),
      write: () => lock.release(me, {}),
      answer: done,
      found: counted,
    },
    { what: 'does not let go for another', given: heldBy(other), write: () => lock.release(me, {}), answer: lost },
    { what: 'does not let go twice', given: counted, write: () => lock.release(me, {}), answer: lost },
    {
      what: 'makes no item by letting go',
      given: undefined,
      write: () => lock.release(me, { asked: 5 }),
      answer: lost,
    },
    {
      what: 'says with the release what it has answered',
      given: heldBy(me),
      write: () => lock.release(me, { asked: 5 }),
      answer: done,
      found: { ...counted, Asked: { N: '5' } },
    },
    {
      what: 'says so again, later',
      given: { ...heldBy(me), Asked: { N: '5' } },
      write: () => lock.release(me, { asked: 9 }),
      answer: done,
      found: { ...counted, Asked: { N: '9' } },
    },
    {
      what: 'says nothing for a lock that is lost',
      given: { ...heldBy(other), Asked: { N: '4' } },
      write: () => lock.release(me, { asked: 5 }),
      answer: lost,
    },
    {
      what: 'forgets the open jobs with the release',
      given: { ...heldBy(me), Open: { NS: ['1', '2'] } },
      write: () => lock.release(me, { clearOpen: { wakeCount: 5 } }),
      answer: done,
      found: counted,
    },
    {
      what: 'lets go also when there is none to forget',
      given: heldBy(me),
      write: () => lock.release(me, { clearOpen: { wakeCount: 5 } }),
      answer: done,
      found: counted,
    },
    {
      what: 'neither forgets nor lets go when an event was counted meanwhile',
      given: { ...heldBy(me), WakeCount: { N: '6' }, Open: { NS: ['1', '2'] } },
      write: () => lock.release(me, { clearOpen: { wakeCount: 5 } }),
      answer: lost,
    },
    {
      what: 'forgets nothing when the lock is lost',
      given: { ...heldBy(other), Open: { NS: ['1'] } },
      write: () => lock.release(me, { clearOpen: { wakeCount: 5 } }),
      answer: lost,
    },
    {
      what: 'forgets and says what it has answered in one',
      given: { ...heldBy(me), Open: { NS: ['1'] }, Asked: { N: '1' } },
      write: () => lock.release(me, { asked: 5, clearOpen: { wakeCount: 5 } }),
      answer: done,
      found: { ...counted, Asked: { N: '5' } },
    },
  ])('$what', async ({ given: before, write, answer, found: after }) => {
    await given(before);
    expect(await write()).toEqual(answer);
    expect(await found()).toEqual(after ?? before);
  });

  it('keeps everything that is not its own', async () => {
    const rest = {
      ...counted,
      BootFailures: { N: '1' },
      Runners: { NS: ['7'] },
      Open: { NS: ['1'] },
      Asked: { N: '3' },
    };
    await given(rest);
    await lock.acquire(me);
    await lock.takeOver('agent/i-me/2', me);
    await lock.fence('agent/i-me/2');
    await lock.release('agent/i-me/2', {});
    expect(await found()).toEqual(rest);
  });
});

describe('an instance that boots', () => {
  it('is counted when it could not register, and told how many in a row that makes', async () => {
    await given(counted);
    expect(await lock.countBootFailure()).toEqual({ kind: 'counted', failures: 1 });
    expect(await lock.countBootFailure()).toEqual({ kind: 'counted', failures: 2 });
    expect(await found()).toEqual({ ...counted, BootFailures: { N: '2' } });
  });

  it('ends the row when it could, and names its runners to those who close jobs of other fleets', async () => {
    await given({ ...counted, BootFailures: { N: '2' }, Runners: { NS: ['7'] } });
    expect(await lock.noteRegistration([7, 8])).toEqual(done);
    expect(await found()).toEqual({ ...counted, Runners: { NS: ['7', '8'] } });
  });

  it('names none when the strategy asks for none, in an item that need not be there yet', async () => {
    await given();
    expect(await lock.noteRegistration([])).toEqual(done);
    expect(await found()).toEqual({});
  });

  it('takes an answer without a count for the first', async () => {
    const answering = connectLockItem({ send: () => Promise.resolve({}) } as never, table);
    expect(await answering.countBootFailure()).toEqual({ kind: 'counted', failures: 1 });
  });
});

describe('reading', () => {
  it('tells what is there', async () => {
    await given({ ...heldBy(other), Asked: { N: '4' }, Open: { NS: ['1', '2', '3'] } });
    expect(await lock.read()).toEqual({ kind: 'item', item: { wakeCount: 5, holder: other, asked: 4, open: 3 } });
  });

  it('tells of an item that is not there that it has counted nothing', async () => {
    await given();
    expect(await lock.read()).toEqual({ kind: 'item', item: { wakeCount: 0, open: 0 } });
  });

  it.each<{ readonly what: string; readonly attributes: Record<string, AttributeValue>; readonly item: object }>([
    {
      what: 'counts zero as zero',
      attributes: { WakeCount: { N: '0' }, Asked: { N: '0' } },
      item: { wakeCount: 0, asked: 0, open: 0 },
    },
    {
      what: 'takes a count of another type for none',
      attributes: { WakeCount: { S: '5' }, Asked: { S: '5' } },
      item: { wakeCount: 0, open: 0 },
    },
    {
      what: 'takes a holder of another type for nobody',
      attributes: { Holder: { N: '5' } },
      item: { wakeCount: 0, open: 0 },
    },
    { what: 'takes a set of texts for no jobs', attributes: { Open: { SS: ['1'] } }, item: { wakeCount: 0, open: 0 } },
    {
      what: 'does not mind what it does not know',
      attributes: { Other: { BOOL: true } },
      item: { wakeCount: 0, open: 0 },
    },
  ])('$what', ({ attributes, item }) => {
    expect(itemOf(attributes)).toEqual(item);
  });

  it('reads what was written last, not a copy of before', async () => {
    const inputs: unknown[] = [];
    const watched = connectLockItem(
      { send: ((command: { input: unknown }) => (inputs.push(command.input), client.send(command as never))) as never },
      table,
    );
    await watched.read();
    expect(inputs).toEqual([expect.objectContaining({ ConsistentRead: true })]);
  });
});

describe('a service that fails', () => {
  it('refuses for a table that is not there, and nobody takes that for a lost lock', async () => {
    const nowhere = connectLockItem(client, 'no-such-table');
    const refused = { kind: 'refused', why: expect.stringContaining('ResourceNotFoundException') as string };
    expect(await nowhere.read()).toEqual(refused);
    expect(await nowhere.acquire(me)).toEqual(refused);
  });

  it('leaves open what happened when nobody answers', async () => {
    const silent = new DynamoDBClient({ endpoint: 'http://127.0.0.1:9', region, credentials, maxAttempts: 1 });
    const unheard = connectLockItem(silent, table);
    expect(await unheard.read()).toMatchObject({ kind: 'unknown' });
    expect(await unheard.release(me, {})).toMatchObject({ kind: 'unknown' });
    silent.destroy();
  });
});

describe('several at once', () => {
  const names = Array.from({ length: 8 }, (_, index) => `agent/i-${index}/1`);
  const winners = async (write: (name: string) => Promise<unknown>): Promise<readonly string[]> => {
    const answers = await Promise.all(names.map(async (name) => ({ name, answer: await write(name) })));
    return answers.flatMap(({ name, answer }) =>
      (answer as { kind: string }).kind === 'acquired' ? [name] : (expect(answer).toEqual(lost) ?? []),
    );
  };

  it.each([
    ['acquire a free lock', counted, (name: string) => lock.acquire(name)],
    ['acquire the lock of an item that is not there', undefined, (name: string) => lock.acquire(name)],
    ['take over a dead holder', heldBy(other), (name: string) => lock.takeOver(name, other)],
  ])('%s: exactly one of them gets it', async (_, before, write) => {
    await given(before);
    const got = await winners(write);
    expect(got).toHaveLength(1);
    expect((await found())?.Holder).toEqual({ S: got[0] });
  });
});

describe('together with the state machine', () => {
  type Expression = Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression'> & {
    readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
    readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
  };
  /** A value where the machine has a path to one. */
  const at = <T>(value: T): Path<T> => value as Path<T>;

  /** Runs an expression of the machine; whether its condition held. */
  async function runs(expression: Expression): Promise<boolean> {
    try {
      await client.send(new UpdateItemCommand({ TableName: table, Key: key, ...(expression as object) }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
  const machine = {
    acquire: (releases: string) => runs(workflow.acquire(at('workflow/1'), at(releases))),
    takeOver: (from: string) => runs(workflow.takeOver(at('workflow/1'), at('2'), at(from))),
    fence: () => runs(workflow.fence(at('workflow/1'))),
    release: () => runs(workflow.release(at('workflow/1'))),
  };

  it('keeps a workflow out while an agent holds the lock, and lets it in afterwards', async () => {
    await given(counted);
    await lock.acquire(me);
    expect([await machine.acquire('2'), await machine.fence(), await machine.release()]).toEqual([false, false, false]);
    expect(await lock.fence(me)).toEqual(done);
    await lock.release(me, {});
    expect(await machine.acquire('2')).toBe(true);
  });

  it('is kept out while a workflow holds the lock, and let in afterwards', async () => {
    await given(counted);
    expect(await machine.acquire('2')).toBe(true);
    expect([await lock.acquire(me), await lock.fence(me), await lock.release(me, {})]).toEqual([lost, lost, lost]);
    expect(await machine.fence()).toBe(true);
    expect(await machine.release()).toBe(true);
    expect(await lock.acquire(me)).toEqual(acquired);
  });

  it('loses to a workflow that takes a dead agent over, and notices it at the fence', async () => {
    await given(heldBy(me));
    expect(await machine.takeOver(me)).toBe(true);
    expect([await lock.fence(me), await lock.release(me, { asked: 5 })]).toEqual([lost, lost]);
  });

  it('renews its lease with the fence: a workflow that has watched the first name is too late', async () => {
    await given(heldBy(me));
    expect(await lock.fence(me)).toEqual(done);
    expect(await machine.takeOver(me)).toBe(false);
    expect(await lock.release(me, {})).toEqual(done);
  });

  it('can be taken over under the name of the fence as well', async () => {
    await given(heldBy(me));
    await lock.fence(me);
    expect(await machine.takeOver(fenced(me))).toBe(true);
    expect(await lock.fence(me)).toEqual(lost);
  });

  it('takes a dead workflow over, which then can neither set the capacity nor let go', async () => {
    await given(heldBy('workflow/1'));
    expect(await lock.takeOver(me, 'workflow/1')).toEqual(acquired);
    expect([await machine.fence(), await machine.release()]).toEqual([false, false]);
    expect(await found()).toEqual(heldBy(me));
  });

  it('sees every event that the machine counts, also in an item that it has made itself', async () => {
    await given();
    await lock.acquire(me);
    await runs(workflow.recordWake);
    await runs(workflow.recordWake);
    expect(await lock.read()).toEqual({ kind: 'item', item: { wakeCount: 2, open: 0, holder: me } });
    await lock.release(me, {});
    expect(await machine.acquire('0')).toBe(true);
  });

  it('counts the jobs that the machine opens and closes', async () => {
    const open = async () => {
      const answer = await lock.read();
      return answer.kind === 'item' ? [answer.item.open, answer.item.wakeCount] : answer;
    };
    const opens = (job: string) => {
      const expression = openJob(at(job), 12);
      const values = { ...expression.ExpressionAttributeValues, ':job': { NS: [job] }, ':limit': { N: '12' } };
      return runs({ ...expression, ExpressionAttributeValues: values });
    };
    const closes = (expression: Expression, job: string) =>
      runs({
        ...expression,
        ExpressionAttributeValues: { ...expression.ExpressionAttributeValues, ':job': { NS: [job] } },
      });
    await given();
    await opens('11');
    await opens('12');
    await opens('12');
    expect(await open()).toEqual([2, 3]);
    await closes(closeJob(at('11')), '11');
    await closes(closeForeignJob(at('12'), at('7')), '12');
    expect(await open()).toEqual([0, 3]);
  });

  it('does not forget the job of an event that came while it held the lock', async () => {
    await given({ ...counted, Open: { NS: ['1'] } });
    await lock.acquire(me);
    await runs(workflow.recordWake);
    expect(await lock.release(me, { clearOpen: { wakeCount: 5 } })).toEqual(lost);
    expect(await lock.release(me, {})).toEqual(done);
    expect((await found())?.Open).toEqual({ NS: ['1'] });
  });
});
