import fc from 'fast-check';
import type { Strategy } from '../../ami/contract.ts';
import type { Story } from './fleet.ts';
import type { Fate } from './gate.ts';
import type { JobPlan } from './gitlab.ts';

const seconds = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** Jobs come while the fleet boots, works, thinks of leaving and leaves: a life of one machine takes about so long. */
const lifeSeconds = 420;

const job: fc.Arbitrary<JobPlan> = fc.record({
  at: seconds(lifeSeconds),
  tickAfter: fc.oneof(seconds(3), seconds(29)),
  webhookAfter: fc.oneof(seconds(3), seconds(20)),
  runs: fc.oneof(seconds(20), seconds(200)).map((runs) => runs + 3),
  isForeign: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.constant<Fate>({ kind: 'refused' }),
  fc.constant<Fate>({ kind: 'failed' }),
  fc.constant<Fate>({ kind: 'lost' }),
  fc.record({ kind: fc.constant('late' as const), seconds: fc.oneof(seconds(10), seconds(300)) }),
  fc.record({ kind: fc.constant('dies' as const), when: fc.constantFrom('before' as const, 'after' as const) }),
);

/** Everything that may happen to a fleet of up to three machines, in any order. */
export const stories = (strategy: Strategy): fc.Arbitrary<Story> =>
  fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    strategy: fc.constant(strategy),
    jobsPerInstance: fc.integer({ min: 1, max: 2 }),
    maxSize: fc.integer({ min: 1, max: 3 }),
    idleSeconds: fc.constant(60),
    longPollSeconds: fc.constantFrom(0, 50),
    jobs: fc.oneof(
      { weight: 3, arbitrary: fc.array(job, { minLength: 1, maxLength: 2 }) },
      { weight: 1, arbitrary: fc.array(job, { minLength: 3, maxLength: 4 }) },
    ),
    repeats: fc.array(fc.record({ job: fc.integer({ min: 1, max: 3 }), seconds: seconds(300) }), { maxLength: 1 }),
    fates: fc.oneof(
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 3, arbitrary: fc.array(fc.record({ call: seconds(90), fate }), { minLength: 1, maxLength: 3 }) },
    ),
    terminateLate: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: 20, max: 200 }), { minLength: 1, maxLength: 2 }) },
    ),
    losses: fc.oneof(
      { weight: 5, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.record({ at: seconds(lifeSeconds) }), { minLength: 1, maxLength: 1 }) },
    ),
    staleSeconds: fc.constantFrom(0, 20),
  });
