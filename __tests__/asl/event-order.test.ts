import { lockItem } from '../../ami/contract.ts';
import { leave } from '../../ami/agent/decisions/change.ts';
import { connectLockItem, itemOf } from '../../ami/agent/ports/lock-item.ts';
import type { Event, OrderWorld, Situation } from './event-order-world.ts';
import { lockTable, openIn, startOrderWorld } from './event-order-world.ts';
import type { Explored } from './event-orders.ts';
import { explore, inOrder, permutations } from './event-orders.ts';

/** The runner of this fleet, as its agents have written it, and another. */
const [ours, foreign] = ['7', '8'];

/** The fleet has been there before: nothing is open, and nobody is there. */
const asleep: Situation = {
  item: {
    [lockItem.key]: { S: lockItem.id },
    [lockItem.wakeCount]: { N: '41' },
    [lockItem.releases]: { N: '5' },
    [lockItem.runners]: { NS: [ours] },
  },
  desired: 0,
};
/** No event and no agent was there before. */
const untouched: Situation = { item: undefined, desired: 0 };

/** What GitLab says of one job in its life; who runs it is known from `running` on. */
const eventsOf = (job: string, runner: string): readonly Event[] => [
  { status: 'created', job, runner: '' },
  { status: 'pending', job, runner: '' },
  { status: 'running', job, runner },
  { status: 'success', job, runner },
];

/** Closing events: the end of the job, and that somebody else runs it. */
const closes = ({ status, runner }: Event): boolean =>
  status === 'success' || (status === 'running' && runner === foreign);

/** Of each job the last event that opens or closes it decides; the other events do nothing. */
function rule(open: ReadonlySet<string>, event: Event): ReadonlySet<string> {
  if (event.status === 'pending') return new Set([...open, event.job]);
  return closes(event) ? new Set([...open].filter((job) => job !== event.job)) : open;
}

/** In how many orders events come, each of them once or twice: n of them doubled make (kinds + n)! / 2ⁿ. */
function ordersOf(kinds: number): bigint {
  const factorial = (n: number): bigint => (n === 0 ? 1n : BigInt(n) * factorial(n - 1));
  const choose = (n: number, k: number): bigint => factorial(n) / factorial(k) / factorial(n - k);
  return Array.from(
    { length: kinds + 1 },
    (_, n) => (choose(kinds, n) * factorial(kinds + n)) / 2n ** BigInt(n),
  ).reduce((sum, orders) => sum + orders);
}

/**
 * One execution after the other: what a job's events do to the set is one atomic write each, so that executions at the same time are, for the
 * set, in some order too.
 */
describe('events of jobs, in any order', () => {
  let world: OrderWorld;
  beforeAll(async () => (world = await startOrderWorld({ capacity: 1, max: 3 })));
  afterAll(() => world.close());

  /** The orders of one job's four events after which it is open though it is over. */
  const phantoms = async (runner: string): Promise<readonly string[]> => {
    const orders = permutations(eventsOf('1', runner));
    const left: string[] = [];
    for (const order of orders) {
      const { desired, ...after } = await inOrder(world, asleep, order);
      if (openIn({ desired, ...after }).length > 0) left.push(order.map(({ status }) => status).join(' '));
    }
    return left.sort();
  };

  it('leave a job of ours open when it is over in twelve orders of 24: pending comes after success', async () => {
    expect(await phantoms(ours)).toEqual([
      'created running success pending',
      'created success pending running',
      'created success running pending',
      'running created success pending',
      'running success created pending',
      'running success pending created',
      'success created pending running',
      'success created running pending',
      'success pending created running',
      'success pending running created',
      'success running created pending',
      'success running pending created',
    ]);
  });

  it('leave a job of another runner open in eight: pending comes after both success and running', async () => {
    expect(await phantoms(foreign)).toEqual([
      'created running success pending',
      'created success running pending',
      'running created success pending',
      'running success created pending',
      'running success pending created',
      'success created running pending',
      'success running created pending',
      'success running pending created',
    ]);
  });

  describe.each([
    ['both run by us', ours, ours],
    ['one run by us and one by another runner', ours, foreign],
    ['both run by another runner', foreign, foreign],
  ])('two jobs, %s', (_, runnerOfFirst, runnerOfSecond) => {
    const events = [...eventsOf('1', runnerOfFirst), ...eventsOf('2', runnerOfSecond)];
    let explored: Explored;
    // Throws where the item says otherwise than the rule, after any event of any order.
    beforeAll(async () => (explored = await explore(world, asleep, events, 2, rule)), 60_000);

    it('leave open exactly what was last opened and not closed, whatever the order and whatever comes twice', () => {
      expect(explored.orders).toBe(ordersOf(events.length));
      expect([...explored.ends.keys()].sort()).toEqual(['', '1', '1+2', '2']);
    });

    it('leave a job of ours open in half of the orders, another runner’s in a third: each closing event is one more that may be late', () => {
      const { orders, ends } = explored;
      const partsOf = (runner: string): bigint => (runner === ours ? 2n : 3n);
      const [first, second] = [partsOf(runnerOfFirst), partsOf(runnerOfSecond)];
      expect(ends.get('1+2')).toBe(orders / (first * second));
      expect(ends.get('1')).toBe((orders * (second - 1n)) / (first * second));
      expect(ends.get('2')).toBe((orders * (first - 1n)) / (first * second));
    });

    it('never lower the capacity, raise it to the need at each pending, and leave it alone otherwise', () => {
      for (const { before, event, after } of explored.steps) {
        const wanted = event.status === 'pending' ? openIn(after).length : 0;
        expect({ event, desired: after.desired }).toEqual({ event, desired: Math.max(before.desired, wanted) });
      }
    });

    it('count each pending, and nothing else, as a wake-up', () => {
      const count = ({ item }: Situation): number => Number(item?.[lockItem.wakeCount]?.N ?? 0);
      for (const { before, event, after } of explored.steps)
        expect({ event, counted: count(after) - count(before) }).toEqual({
          event,
          counted: event.status === 'pending' ? 1 : 0,
        });
    });
  });

  it('make no item when nothing was ever opened', async () => {
    for (const { status, runner } of [...eventsOf('1', ours), ...eventsOf('1', foreign)]) {
      if (status !== 'pending') expect(await world.send(untouched, { status, job: '1', runner })).toEqual(untouched);
    }
  });

  it('take a runner for a foreign one as long as no agent has written ours', async () => {
    const [, pending, running] = eventsOf('1', ours);
    const opened = await inOrder(world, untouched, [pending!]);
    expect(openIn(opened)).toEqual(['1']);
    expect(openIn(await world.send(opened, running!))).toEqual([]);
  });

  it.each(['success', 'failed', 'canceled'])('close a job with %s', async (status) => {
    const opened = await world.send(asleep, { status: 'pending', job: '1', runner: '' });
    expect(openIn(await world.send(opened, { status, job: '1', runner: ours }))).toEqual([]);
  });

  it('leave a job open when running names no runner', async () => {
    const opened = await world.send(asleep, { status: 'pending', job: '1', runner: '' });
    expect(openIn(await world.send(opened, { status: 'running', job: '1', runner: '' }))).toEqual(['1']);
  });
});

describe('a job that is open though it is over', () => {
  const capacity = 6;
  let world: OrderWorld;
  beforeAll(async () => (world = await startOrderWorld({ capacity, max: 3 })));
  afterAll(() => world.close());

  const pending = (job: string): Event => ({ status: 'pending', job, runner: '' });
  const success = (job: string): Event => ({ status: 'success', job, runner: ours });
  /** The end of job 1 was heard before its beginning. */
  const haunted = (): Promise<Situation> => inOrder(world, asleep, [success('1'), pending('1')]);
  const settings = {
    instanceId: 'i-1',
    strategy: 'demand',
    jobsPerInstance: capacity,
    idleSeconds: 180,
    hookSeconds: 200,
  } as const;
  const oneInService = {
    desired: 1,
    min: 0,
    max: 3,
    instances: [{ id: 'i-1', lifecycleState: 'InService' }],
  };

  it('costs a boot when nobody is there', async () => {
    expect((await haunted()).desired).toBe(1);
  });

  it('costs a machine more when the jobs beside it fill the others exactly', async () => {
    const full = ['2', '3', '4', '5', '6', '7'].map(pending);
    expect((await inOrder(world, asleep, full)).desired).toBe(1);
    expect((await inOrder(world, await haunted(), full.slice(1))).desired).toBe(1);
    expect((await inOrder(world, await haunted(), full)).desired).toBe(2);
  });

  it('keeps the last instance until GitLab’s queue was found empty after the last event, or its patience is over', async () => {
    const item = itemOf((await haunted()).item);
    const clean = itemOf((await inOrder(world, asleep, [pending('1'), success('1')])).item);
    const before = { covered: item.wakeCount - 1, isPatienceOver: false };
    expect(leave(clean, oneInService, settings, before)).toMatchObject({ kind: 'leave' });
    expect(leave(item, oneInService, settings, before)).toEqual({ kind: 'none', why: 'a job may be waiting' });
    const gone = { kind: 'leave', decrement: true };
    expect(leave(item, oneInService, settings, { ...before, covered: item.wakeCount })).toMatchObject({
      ...gone,
      clearsOpen: true,
    });
    expect(leave(item, oneInService, settings, { ...before, isPatienceOver: true })).toMatchObject(gone);
  });

  it('goes with the next closing event of the same job', async () => {
    const after = await world.send(await haunted(), success('1'));
    expect(openIn(after)).toEqual([]);
  });

  it('goes with the last instance, in the write with which that gives the lock back', async () => {
    await haunted();
    const agent = connectLockItem(world.items, lockTable);
    const acquired = await agent.acquire('agent/i-1/1');
    if (acquired.kind !== 'acquired') throw new Error(`the lock is not free: ${acquired.kind}`);
    expect(acquired.item.open).toBe(1);
    expect(await agent.release('agent/i-1/1', { clearOpen: { wakeCount: acquired.item.wakeCount } })).toEqual({
      kind: 'done',
    });
    expect(openIn(await world.now())).toEqual([]);
    expect((await world.now()).item).not.toHaveProperty(lockItem.holder);
  });

  it('stays when a job was opened meanwhile, which must not be forgotten with it', async () => {
    await haunted();
    const agent = connectLockItem(world.items, lockTable);
    const acquired = await agent.acquire('agent/i-1/1');
    if (acquired.kind !== 'acquired') throw new Error(`the lock is not free: ${acquired.kind}`);
    // The agent's decrement has not happened yet, so that the event finds a machine; but nothing is settled while an agent holds the lock.
    const held = await world.now();
    const { item = {} } = held;
    const meanwhile = {
      ...item,
      [lockItem.wakeCount]: { N: String(acquired.item.wakeCount + 1) },
      [lockItem.open]: { NS: ['1', '2'] },
    };
    await world.put({ ...held, item: meanwhile });
    expect(await agent.release('agent/i-1/1', { clearOpen: { wakeCount: acquired.item.wakeCount } })).toEqual({
      kind: 'lost',
    });
    expect(openIn(await world.now())).toEqual(['1', '2']);
  });
});
