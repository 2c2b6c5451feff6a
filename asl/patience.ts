import { States } from './intrinsic.ts';
import type { Path } from './path.ts';
import { document } from './path.ts';
import type { ScalingDocument } from './scaling-document.ts';
import type { ErrorOutput } from './states.ts';

const $ = document<ScalingDocument>();

/**
 * After `seconds` the execution gives up and says why: well before `limitSeconds`, the time limit of the whole, which cannot say it.
 * Only the pauses are known to the second, since no intrinsic function subtracts times. So a round is reckoned, on top of its pause, at
 * `outageSeconds` where a call before the lock failed for good, which is what its retries take on average, and else at `roundSeconds`:
 * calls that succeed at last may have been retried too. Those are chosen so that it gives up in time whatever share of the calls
 * fails or hangs; in rounds that are quick they cost some of the patience.
 */
export const patience = { seconds: 1800, outageSeconds: 150, roundSeconds: 30, limitSeconds: 3600 } as const;

/** Seconds from `first` up to `end`, drawn anew for each pause. */
export const pauses = {
  /**
   * Somebody who holds the lock needs about a second. `end` grows by `more` with each: under an outage many get the lock in turn for nothing,
   * and then short pauses would cost the others their patience within minutes.
   */
  short: { first: 2, end: 8, more: 6 },
  /** Who was seen before needs longer, or is dead and keeps everybody waiting for a lease: in few looks, and soon after its end. */
  watching: { first: 14, end: 20 },
  /** A service that fails needs longer still. */
  long: { first: 20, end: 60 },
} as const;

/** What an execution begins with. */
export const firstTurn = { holder: '', held: 0, spent: 0, pause: 0, most: pauses.short.end } as const;

export const lockNeverFree = {
  Error: 'LockNeverFree',
  Cause: 'Others held the scaling lock, one after the other, until patience ended.',
} as const;

/** A Wait takes whole numbers alone, and MathAdd is documented to round, MathRandom is not. */
const drawn = (first: number, end: number | typeof $.turn.most) => States.MathAdd(States.MathRandom(first, end), 0);

/** Counts the pause that has just passed and what else the round took, draws the next pause, and keeps why the round came to nothing. */
export const turn = (
  pause: keyof typeof pauses,
  why: Path<ErrorOutput> | typeof lockNeverFree,
  more: number = patience.roundSeconds,
) => ({
  holder: $.turn.holder,
  held: States.MathAdd($.turn.held, $.turn.pause),
  spent: States.MathAdd(States.MathAdd($.turn.spent, $.turn.pause), more),
  pause: drawn(pauses[pause].first, pause === 'short' ? $.turn.most : pauses[pause].end),
  most: pause === 'short' ? States.MathAdd($.turn.most, pauses.short.more) : $.turn.most,
  why,
});

/** The ends of a round that came to nothing. */
export const countingRounds = {
  CountFailure: { Type: 'Pass', Parameters: turn('long', $.error), ResultPath: $.turn, Next: 'IsPatienceLeft' },
  CountOutage: {
    Type: 'Pass',
    Parameters: turn('long', $.error, patience.outageSeconds),
    ResultPath: $.turn,
    Next: 'IsPatienceLeft',
  },
  StandAside: {
    Type: 'Pass',
    Parameters: turn('short', lockNeverFree),
    ResultPath: $.turn,
    Next: 'IsPatienceLeft',
  },
} as const;

/** The way from a round that came to nothing to the next one. */
export const waiting = {
  IsPatienceLeft: {
    Type: 'Choice',
    Choices: [{ Variable: $.turn.spent, NumericGreaterThanEquals: patience.seconds, Next: 'SayWhy' }],
    Default: 'WaitForTurn',
  },
  WaitForTurn: { Type: 'Wait', SecondsPath: $.turn.pause, Next: 'IsWakeRecorded' },
} as const;

/** The end of the patience. */
export const givingUp = {
  // An error name that begins with `States.` is refused in a Fail, and `States.Timeout` has no Cause: hence all of it, as text.
  SayWhy: { Type: 'Pass', Parameters: { cause: States.JsonToString($.turn.why) }, Next: 'ScalingFailed' },
  ScalingFailed: { Type: 'Fail', Error: 'ScalingFailed', CausePath: $.cause },
} as const;
