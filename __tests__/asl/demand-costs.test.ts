import { readFileSync } from 'node:fs';
import { lockItem } from '../../ami/contract.ts';
import { jobIds, open, startDemandWorld } from './demand-world.ts';
import { after } from './scale-out-world.ts';
import type { Event, Meddling, World } from './scale-out-world.ts';

const page = readFileSync(new URL('../../docs/demand.md', import.meta.url), 'utf8');

interface Usual {
  readonly event: Event;
  readonly desired?: number;
  readonly before?: (world: World) => Promise<void>;
  readonly meddling?: (world: World) => Meddling;
}

const ours = (world: World): Promise<void> =>
  world.update({
    UpdateExpression: `ADD ${lockItem.runners} :ours`,
    ExpressionAttributeValues: { ':ours': { NS: ['8'] } },
  });

/** The usual events by the words of the page; two jobs per instance, three instances at most. */
const usual: Readonly<Record<string, Usual>> = {
  'wrong secret token': { event: { token: 'guessed' } },
  'a status that says nothing about the demand': { event: { status: 'created' } },
  'a job ends': { event: { status: 'success' }, before: (world) => open(world, ['1']) },
  'a job runs, on a runner of another fleet': { event: { status: 'running', runner: '9' }, before: ours },
  'a job runs, on a runner of this fleet': { event: { status: 'running', runner: '8' }, before: ours },
  'a job waits, and its machine is there': { event: {}, desired: 1 },
  'a job waits, and as many are open as the group may run': {
    event: {},
    desired: 3,
    before: (world) => open(world, jobIds(6)),
  },
  'a job waits, and a machine is missing': { event: {} },
  'a job waits, and another execution is raising the group for it': {
    event: {},
    before: (world) => world.hold('workflow/other'),
    meddling: (world) => ({
      ReadLock: [
        after(async () => {
          await world.setDesired(1);
          await world.letGo();
        }),
      ],
    }),
  },
};

describe('the costs of an event, as docs/demand.md says', () => {
  const rows = [...page.matchAll(/^\| ([^|]+) \| (\d+) \|$/gm)].map(([, event = '', states]) => ({ event, states }));
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it('are said of each usual event', () => {
    expect(rows.map(({ event }) => event)).toEqual(Object.keys(usual));
  });

  it.each(rows)('$event: $states states', async ({ event, states }) => {
    const { desired = 0, before, meddling, ...of } = usual[event]!;
    world = await startDemandWorld({ group: { desired, max: 3 }, waitScale: 0.001, meddling });
    await before?.(world);
    await world.send(of.event);
    await world.settled();
    expect(world.executions()[0]?.states).toHaveLength(Number(states));
  });
});
