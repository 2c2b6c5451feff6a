import { randomInt } from 'node:crypto';
import type { Strategy } from '../../ami/contract.ts';
import type { Stage, Tally } from './schedules.ts';
import { explore, openStage } from './schedules.ts';

/** How many stories a run tells; `SCHEDULES=50000 SEED=7` for more of them, or for the same ones again. */
const numberFrom = (name: string): number | undefined => {
  const given = process.env[name];
  if (given === undefined) return undefined;
  if (!/^\d+$/.test(given)) throw new Error(`${name} is ${JSON.stringify(given)}, but must be a whole number.`);
  return Number(given);
};

/** Told in one go, and then reported: a long run shows how far it is, and what it has found so far is not lost. */
const atOnce = 1000;
/** Many times what they take on a machine that is busy with other things. */
const secondsAtOnce = 600;

const sum = (one: Tally, other: Tally): Tally => ({
  stories: one.stories + other.stories,
  effects: one.effects + other.effects,
  longest: Math.max(one.longest, other.longest),
  excused: Object.fromEntries(
    [...new Set([...Object.keys(one.excused), ...Object.keys(other.excused)])].map((kind) => [
      kind,
      (one.excused[kind] ?? 0) + (other.excused[kind] ?? 0),
    ]),
  ),
});

const inWords = ({ stories, effects, excused, longest }: Tally): string =>
  `${stories} schedules, ${effects} effects, the longest took ${Math.round(longest)} s of virtual time; ${Object.entries(
    excused,
  )
    .map(([kind, times]) => `${kind}: ${times}`)
    .join(', ')}`;

/** The suite of one strategy; each runs in a process of its own. */
export function schedulesOf(strategy: Strategy, runs: number): void {
  const count = numberFrom('SCHEDULES') ?? runs;
  describe(`the fleet with the strategy ${strategy}, whatever happens`, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await openStage();
    });
    afterAll(() => stage.close());

    it(
      'has one writer, lowers its capacity only when an agent leaves, kills no job, serves every job, and returns to zero without a lock',
      async () => {
        const first = numberFrom('SEED') ?? randomInt(2 ** 30);
        let all: Tally = { stories: 0, effects: 0, longest: 0, excused: {} };
        for (let seed = first; all.stories < count; seed += 1) {
          const told = await explore(stage, strategy, { runs: Math.min(atOnce, count - all.stories), seed });
          all = sum(all, told);
          process.stderr.write(`${strategy}, SEED=${seed}: ${inWords(told)}\n`);
        }
        expect(all.stories).toBe(count);
        console.log(`${strategy}, from SEED=${first}: ${inWords(all)}`);
      },
      Math.ceil(count / atOnce) * secondsAtOnce * 1000,
    );
  });
}
