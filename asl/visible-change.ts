import { $, enough, group0 } from './demand-document.ts';
import { criticalSectionSeconds } from './holding.ts';
import { States } from './intrinsic.ts';
import type { Machine } from './machine.ts';
import { turn } from './patience.ts';
import { anything, changing } from './retries.ts';
import { worstSeconds } from './worst-case.ts';

/**
 * A change of capacity that may be lowered by the next one. SetDesiredCapacity is absolute and Describe may be stale: a next holder of the
 * lock who wants less would look, see the capacity from before the change, and set one that is lower than what is there. A call that
 * nobody answered may do the same: take effect when others have raised the group further. So the lock is kept until the change is
 * seen; and if nobody answered and nothing is seen, until it lapses, because by then the call has had its effect or never will.
 */

const { pause } = $.acquisition.look;

/** Seconds: each pause is by `longer` longer than the one before, up to `longest`, and a look that takes more than `limit` has seen nothing. */
const sight = { longer: 2, longest: 8, limit: 3 } as const;

const sightPauses = Array.from({ length: sight.longest / sight.longer }, (_, index) => (index + 1) * sight.longer);

/** How often it looks at most, and the seconds from the first look to the last, which are no fewer than Describe is taken to be stale for. */
export const looks = {
  most: sightPauses.length + 1,
  seconds: sightPauses.reduce((sum, seconds) => sum + seconds, 0),
} as const;

/** The change that an acquisition begins with. */
export const noChange = { look: { pause: 0 } } as const;

/** Of the call that changes capacity. */
export const seenLater = {
  ...changing({ ResultPath: $.acquisition.unanswered, Next: 'SeeChange' }),
  Next: 'SeeChange',
} as const;

/** Of `SeeChange`, which describes the group. */
export const seeing = {
  TimeoutSeconds: sight.limit,
  Catch: [{ ErrorEquals: anything, ResultPath: $.lost, Next: 'IsChangeSeen' }],
  Next: 'IsChangeSeen',
} as const;

/** The looks after a change, until the group has enough. */
export const seeingTheChange = {
  IsChangeSeen: {
    Type: 'Choice',
    Choices: [
      { Not: { Variable: group0, IsPresent: true }, Next: 'GroupIsGone' },
      { ...enough, Next: 'ReleaseLock' },
      { Variable: pause, NumericLessThan: sight.longest, Next: 'LookLater' },
      { Variable: $.acquisition.unanswered, IsPresent: true, Next: 'CountUnanswered' },
    ],
    Default: 'ChangeNotSeen',
  },
  LookLater: {
    Type: 'Pass',
    Parameters: { pause: States.MathAdd(pause, sight.longer) },
    ResultPath: $.acquisition.look,
    Next: 'WaitToSee',
  },
  WaitToSee: { Type: 'Wait', SecondsPath: pause, Next: 'SeeChange' },
  // Describe is not stale for so long: somebody has lowered the group since, and the next round looks at it anew.
  ChangeNotSeen: {
    Type: 'Pass',
    Result: {
      Error: 'ChangeNotSeen',
      Cause: 'The desired capacity was set, and then the group was described with a lower one.',
    },
    ResultPath: $.error,
    Next: 'LetGo',
  },
  // The lock stays, and lapses.
  CountUnanswered: {
    Type: 'Pass',
    Parameters: turn('long', $.acquisition.unanswered),
    ResultPath: $.turn,
    Next: 'IsPatienceLeft',
  },
} as const;

/** The seconds from asking for the lock to the last look at what `change` did, at worst. Less than a lease, or somebody takes over before. */
export const holdingSeconds = (scalingMachine: Machine, change: string): number =>
  criticalSectionSeconds(scalingMachine, change) +
  looks.most * worstSeconds(scalingMachine.States.SeeChange ?? { Type: 'Succeed' }) +
  looks.seconds;
