import { patienceSeconds } from '../../ami/agent/decisions/timing.ts';
import type { Outcome, Story } from './fleet.ts';
import type { JobPlan } from './gitlab.ts';
import type { Stage } from './schedules.ts';
import { openStage } from './schedules.ts';

const idleSeconds = 180;
/** Until the last request has run out (50 s), the lock is ours and the instance has looked: what a way out takes at most. */
const wayOutSeconds = 300;
const hours = 1;
const bootSeconds = 60;

const ours: JobPlan = { at: 0, tickAfter: 2, webhookAfter: 1, runs: 60, isForeign: false };

/** So many events a minute, for an hour, for runners that are not ours. */
const foreign = (eventsAMinute: number, eventsOfAJob: number): readonly JobPlan[] => {
  const everySeconds = (60 / eventsAMinute) * eventsOfAJob;
  return Array.from({ length: (hours * 3600) / everySeconds }, (_, index) => ({
    at: Math.round(index * everySeconds),
    tickAfter: 2,
    webhookAfter: 1,
    runs: 30,
    isForeign: true,
  }));
};

const story = (strategy: Story['strategy'], jobs: readonly JobPlan[]): Story => ({
  seed: 11,
  strategy,
  jobsPerInstance: 6,
  maxSize: 3,
  idleSeconds,
  longPollSeconds: 50,
  jobs,
  repeats: [],
  fates: [],
  terminateLate: [],
  losses: [],
  staleSeconds: 5,
});

/** Seconds from the start to the first time at zero. */
const firstZero = ({ desired }: Outcome): number => desired.find(({ to }) => to === 0)?.at ?? Infinity;
/** Shares of the hour at which the capacity was zero. */
const shareAtZero = ({ desired }: Outcome): number => {
  const end = hours * 3600;
  const changes = [{ at: 0, to: 0 }, ...desired.filter(({ at }) => at < end), { at: end, to: 0 }];
  return (
    changes
      .slice(1)
      .reduce((sum, { at }, index) => sum + (changes[index]?.to === 0 ? at - (changes[index]?.at ?? 0) : 0), 0) / end
  );
};

describe('four events a minute for other runners, and one job of ours, on a GitLab that holds requests for 50 s', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());

  const cases = [
    {
      strategy: 'first-instance',
      eventsOfAJob: 1,
      title: 'is at zero again when the patience of its last instance is over',
      bound: ours.runs + patienceSeconds + wayOutSeconds,
    },
    {
      strategy: 'demand',
      eventsOfAJob: 3,
      title: 'is at zero again as soon as it is idle, since the jobs of others are closed when they run',
      bound: ours.runs + bootSeconds + idleSeconds + wayOutSeconds,
    },
  ] as const;

  it.each(cases)(
    '$strategy: the group $title, and for good when the events end',
    async ({ strategy, eventsOfAJob, bound }) => {
      const outcome = await stage.tell(story(strategy, [ours, ...foreign(4, eventsOfAJob)]));
      expect(outcome.violations).toEqual([]);
      const zero = firstZero(outcome);
      console.log(
        `${strategy}: first at zero after ${Math.round(zero)} s (bound ${bound} s), then woken by the next event: ${outcome.machines} machines in the hour, ${Math.round(100 * shareAtZero(outcome))} % of it at zero`,
      );
      expect(zero).toBeLessThan(bound);
      expect(outcome.backAtZero).toBeLessThan(hours * 3600 + patienceSeconds + wayOutSeconds);
    },
    120_000,
  );
});
