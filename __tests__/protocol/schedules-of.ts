import type { Strategy } from '../../ami/contract.ts';
import type { Stage } from './schedules.ts';
import { explore, openStage } from './schedules.ts';

/** How many stories a run tells; `SCHEDULES=50000 SEED=7` for more of them, or for the same ones again. */
const numberFrom = (name: string): number | undefined => {
  const given = process.env[name];
  if (given === undefined) return undefined;
  if (!/^\d+$/.test(given)) throw new Error(`${name} is ${JSON.stringify(given)}, but must be a whole number.`);
  return Number(given);
};

/** The suite of one strategy; each runs in a process of its own. */
export function schedulesOf(strategy: Strategy, runs: number): void {
  describe(`the fleet with the strategy ${strategy}, whatever happens`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage();
    });
    afterAll(() => stage.close());

    it('has one writer, lowers its capacity only when an agent leaves, kills no job, serves every job, and returns to zero without a lock', async () => {
      const seed = numberFrom('SEED');
      const count = numberFrom('SCHEDULES') ?? runs;
      const { stories, effects, excused, longest } = await explore(stage, strategy, {
        runs: count,
        ...(seed === undefined ? {} : { seed }),
      });
      expect(stories).toBe(count);
      const deaths = Object.entries(excused).map(([kind, times]) => `${kind}: ${times}`);
      console.log(
        `${strategy}: ${stories} schedules, ${effects} effects, the longest took ${Math.round(longest)} s of virtual time; ${deaths.join(', ')}`,
      );
    }, 3_600_000);
  });
}
