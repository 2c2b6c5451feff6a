import { lockItem } from '../../ami/contract.ts';
import type { Event, OrderWorld, Situation } from './event-order-world.ts';
import { openIn, startOrderWorld } from './event-order-world.ts';
import { inOrder, permutationsWithRepeats } from './event-orders.ts';

/**
 * The orders of event-order.test.ts share the executions that begin alike. Here each order is sent from its first event to its last, so that
 * nothing rests on what "alike" means.
 */
describe('events of jobs, each order from the beginning', () => {
  const [ours, foreign] = ['7', '8'];
  const asleep: Situation = {
    item: {
      [lockItem.key]: { S: lockItem.id },
      [lockItem.wakeCount]: { N: '41' },
      [lockItem.releases]: { N: '5' },
      [lockItem.runners]: { NS: [ours] },
    },
    desired: 0,
  };
  let world: OrderWorld;
  beforeAll(async () => (world = await startOrderWorld({ capacity: 1, max: 3 })));
  afterAll(() => world.close());

  const eventsOf = (job: string, runner: string): readonly Event[] => [
    { status: 'pending', job, runner: '' },
    { status: 'running', job, runner },
    { status: 'success', job, runner },
  ];
  const isClosing = ({ status, runner }: Event): boolean =>
    status === 'success' || (status === 'running' && runner === foreign);

  /** The last pending comes after the last closing event. */
  const isLeftOpen = (order: readonly Event[], job: string): boolean => {
    const own = order.filter((event) => event.job === job);
    return own.findLastIndex(({ status }) => status === 'pending') > own.findLastIndex(isClosing);
  };

  it.each([
    ['ours', ours],
    ['another runner’s', foreign],
  ])(
    'leave a job of %s open exactly where the last pending comes after the last closing event',
    async (_, runner) => {
      // Without created, which starts nothing: event-order.test.ts sees to that.
      const orders = permutationsWithRepeats(eventsOf('1', runner));
      expect(orders).toHaveLength(222);
      for (const order of orders) {
        const statuses = order.map(({ status }) => status).join(' ');
        const open = openIn(await inOrder(world, asleep, order));
        expect([statuses, open]).toEqual([statuses, isLeftOpen(order, '1') ? ['1'] : []]);
      }
    },
    300_000,
  );

  it('leave two jobs open by the same rule, each for itself', async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const draw = drawing(seed);
    for (let times = 0; times < 60; times += 1) {
      const runners = [draw(2) === 0 ? ours : foreign, draw(2) === 0 ? ours : foreign];
      const once = runners.flatMap((runner, job) => eventsOf(String(job + 1), runner));
      const order = shuffled([...once, ...once.filter(() => draw(2) === 0)], draw);
      const said = `seed ${seed}: ${order.map(({ status, job, runner }) => `${status} ${job} ${runner}`).join(', ')}`;
      const open = openIn(await inOrder(world, asleep, order));
      expect([said, open]).toEqual([said, ['1', '2'].filter((job) => isLeftOpen(order, job))]);
    }
  }, 300_000);
});

/** Whole numbers below a bound, the same for the same seed (a linear congruential generator with the constants of Numerical Recipes). */
function drawing(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const shuffled = <T>(elements: readonly T[], draw: (bound: number) => number): readonly T[] =>
  elements.reduce<readonly T[]>((done, element, index) => done.toSpliced(draw(index + 1), 0, element), []);
