import { decide } from '../../ami/agent/decisions/agent.ts';
import type { Seen } from '../../ami/agent/decisions/step.ts';
import type { Definition } from '../../rehearsal/step-functions/runnable.ts';
import type { Decide, Story } from './fleet.ts';
import { definitionOf } from './machines.ts';
import type { Stage } from './schedules.ts';
import { explore, openStage } from './schedules.ts';

const twoJobs: Story = {
  seed: 1,
  strategy: 'first-instance',
  jobsPerInstance: 1,
  maxSize: 2,
  idleSeconds: 60,
  longPollSeconds: 50,
  jobs: [0, 1].map((at) => ({ at, tickAfter: 2, webhookAfter: 1, runs: 30, isForeign: false })),
  repeats: [],
  fates: [],
  terminateLate: [],
  losses: [],
  staleSeconds: 0,
};

/** A state of the definition, changed. */
const withState = (
  definition: Definition,
  name: string,
  change: (state: Readonly<Record<string, unknown>>) => object,
): Definition => {
  const state = definition.States[name];
  if (state === undefined) throw new Error(`the definition has no state ${name}`);
  return { ...definition, States: { ...definition.States, [name]: { ...state, ...change(state) } } };
};

describe('the schedule explorer', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  it('delays effects, not answers: another seed gives another order, the same seed the same', async () => {
    const orders = [];
    for (const seed of [1, 2, 1]) {
      const { effects, violations } = await stage.tell({ ...twoJobs, seed });
      expect(violations).toEqual([]);
      orders.push(effects.slice(0, 12).map(({ by, what }) => `${by.replace(/ \(.*/, '')} ${what}`));
    }
    const [first, second, again] = orders;
    console.log(`seed 1: ${first?.join(' → ')}\nseed 2: ${second?.join(' → ')}`);
    expect(second).not.toEqual(first);
    expect(again).toEqual(first);
  });

  it.each(['first-instance', 'demand'] as const)(
    'finds nothing in a hundred stories of %s',
    async (strategy) => {
      const { stories } = await explore(stage, strategy, { runs: 100 });
      expect(stories).toBe(100);
    },
    120_000,
  );

  /** What the agent sees, falsified before it decides. */
  const seeing =
    (change: (seen: Seen, state: Parameters<Decide>[0]) => Seen): Decide =>
    (state, seen, settings) =>
      decide(state, change(seen, state), settings);

  const mutants: readonly {
    readonly title: string;
    readonly strategy: Story['strategy'];
    readonly finds: RegExp;
    /** Finds it early, so that the time is the same each time. */
    readonly seed: number;
    readonly decide?: Decide;
    readonly definitionOf?: (story: Story) => Definition;
  }[] = [
    {
      title: 'an agent that does not look a second time',
      strategy: 'first-instance',
      seed: 7,
      finds: /wait, desired 0/,
      decide: seeing((seen, state) =>
        state.phase === 'leaving' && seen.answer.kind === 'item'
          ? { ...seen, answer: { kind: 'item', item: { ...seen.answer.item, wakeCount: state.settled ?? -1 } } }
          : seen,
      ),
    },
    {
      title: 'an agent to which a change of WakeCount means nothing',
      strategy: 'first-instance',
      seed: 6,
      finds: /wait, desired 0/,
      decide: seeing((seen) =>
        'item' in seen.answer
          ? { ...seen, answer: { ...seen.answer, item: { ...seen.answer.item, wakeCount: 1 } } }
          : seen,
      ),
    },
    {
      title: 'a machine that lowers the capacity as it likes',
      strategy: 'demand',
      seed: 1,
      finds: /lowered the capacity|failed: ScalingFailed/,
      definitionOf: (story) =>
        withState(
          withState(definitionOf(story), 'CheckDesiredCapacity', () => ({ Choices: [], Default: 'NameAcquisition' })),
          'IsCapacityMissing',
          () => ({ Choices: [], Default: 'Fence' }),
        ),
    },
  ];
  it.each(mutants)(
    'finds $title',
    async ({ strategy, finds, title: _, ...options }) => {
      await expect(explore(stage, strategy, { runs: 3000, isShrunk: false, ...options })).rejects.toThrow(finds);
    },
    300_000,
  );
});
