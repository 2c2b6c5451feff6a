import { holderPrefix, lockItem } from '../ami/contract.ts';
import { States } from './intrinsic.ts';
import type { LateBound } from './late-bound.ts';
import { isLateBound } from './late-bound.ts';
import type { Machine } from './machine.ts';
import { machine } from './machine.ts';
import { document } from './path.ts';
import type { Fixed } from './payload.ts';
import type { LockItem } from './scaling-lock.ts';
import { acquire, fence, lease, recordWake, release, takeOver, theItem } from './scaling-lock.ts';
import { autoscaling, dynamodb } from './services.ts';
import type { ErrorOutput } from './states.ts';
import { worstCaseSeconds } from './worst-case.ts';

/** What the machine of one fleet is made for. */
export interface ScaleOutProps {
  /** SHA-256 of the webhook's secret token, in lower-case hexadecimal digits. */
  readonly secretTokenHash: Fixed<string>;
  /** The job statuses that wake the fleet; as a late-bound text `'created','pending'`. */
  readonly buildStatuses: readonly string[] | LateBound<readonly string[], 'text'>;
  /** Name of the lock table. */
  readonly lockTable: Fixed<string>;
  /** Name of the Auto Scaling group. */
  readonly group: Fixed<string>;
}

/** What the gateway starts an execution with. */
export interface ScaleOutInput {
  readonly status: string;
  /** The caller's; no state after the first one sees it. */
  readonly token: string;
  /** For the reader of the execution. */
  readonly job: string;
  /** For the reader of the execution. */
  readonly project: string;
}

interface Group {
  readonly DesiredCapacity: number;
  readonly MaxSize: number;
}

interface ScaleOut extends ScaleOutInput {
  readonly tokenHash: string;
  readonly accepted: boolean;
  /** The lock's item as it was last read. */
  readonly lock?: { readonly Item?: LockItem };
  readonly asg: { readonly groups: readonly Group[] };
  /** This acquisition's name. */
  readonly acquisition: { readonly name: string };
  readonly turn: {
    /** The holder that is being watched, and the seconds since it was first seen. */
    readonly holder: string;
    readonly held: number;
    /** Seconds spent on waiting and on failed rounds. */
    readonly spent: number;
    /** Seconds to wait next. They are counted afterwards. */
    readonly pause: number;
    /** The end of the next short pause. */
    readonly most: number;
    /** Why the execution would fail if it gave up now. Each round says it anew, so that an old outage is not blamed. */
    readonly why: ErrorOutput;
  };
  /** What the last call that failed for good failed with. */
  readonly error?: ErrorOutput;
  /** Set when a conditional write found somebody else: an expected outcome. */
  readonly lost?: ErrorOutput;
  readonly cause: string;
}

const $ = document<ScaleOut>();
const holder = $.lock.Item[lockItem.holder].S;
const releasesSeen = $.lock.Item[lockItem.releases].N;
const group0 = $.asg.groups[0];

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

/** A Wait takes whole numbers alone, and MathAdd is documented to round, MathRandom is not. */
const drawn = (first: number, end: number | typeof $.turn.most) => States.MathAdd(States.MathRandom(first, end), 0);

const lockNeverFree = {
  Error: 'LockNeverFree',
  Cause: 'Others held the scaling lock, one after the other, until patience ended.',
} as const;

/** Counts the pause that has just passed and what else the round took, draws the next pause, and keeps why the round came to nothing. */
const turn = (
  pause: keyof typeof pauses,
  why: typeof $.error | typeof lockNeverFree,
  more: number = patience.roundSeconds,
) => ({
  holder: $.turn.holder,
  held: States.MathAdd($.turn.held, $.turn.pause),
  spent: States.MathAdd(States.MathAdd($.turn.spent, $.turn.pause), more),
  pause: drawn(pauses[pause].first, pause === 'short' ? $.turn.most : pauses[pause].end),
  most: pause === 'short' ? States.MathAdd($.turn.most, pauses.short.more) : $.turn.most,
  why,
});

const conditionFailed = ['DynamoDb.ConditionalCheckFailedException'] as const;
const anything = ['States.ALL'] as const;

/** A failed condition is an answer, and the same question would get it again. */
const never = { ErrorEquals: conditionFailed, MaxAttempts: 0 } as const;

/** Nobody waits for this one, and GitLab will not call again: ten retries over about two and a half minutes. */
const patient = {
  TimeoutSeconds: 5,
  Retry: [
    {
      ErrorEquals: anything,
      IntervalSeconds: 1,
      MaxAttempts: 10,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: 'FULL',
    },
  ],
  Catch: [{ ErrorEquals: anything, ResultPath: $.error, Next: 'CountOutage' }],
} as const;

const once = { ErrorEquals: anything, IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 } as const;

/** Under the lock every second counts against the lease: a call fails fast, and then the lock is let go. */
const swift = {
  TimeoutSeconds: 5,
  Retry: [once],
  Catch: [{ ErrorEquals: anything, ResultPath: $.error, Next: 'LetGo' }],
} as const;

/** The same for a conditional write of the lock: whoever finds somebody else there stands aside. */
const swiftUnlessLost = {
  TimeoutSeconds: 5,
  ResultPath: null,
  Retry: [never, once],
  Catch: [
    { ErrorEquals: conditionFailed, ResultPath: $.lost, Next: 'StandAside' },
    { ErrorEquals: anything, ResultPath: $.error, Next: 'LetGo' },
  ],
} as const;

/** A machine is there or on its way, or the group may not have one. */
const enough = [
  { Variable: group0.DesiredCapacity, NumericGreaterThanEquals: 1 },
  { Variable: group0.MaxSize, NumericLessThan: 1 },
] as const;

/** Only agents lower the capacity, so while one holds the lock nothing is settled. */
const agentHolds = [
  { Variable: holder, IsPresent: true },
  { Variable: holder, StringMatches: `${holderPrefix.agent}*` },
] as const;

/** The seconds from asking for the lock to the end of the call that changes capacity, at worst. Must be less than a lease. */
export const criticalSectionSeconds = (scaleOutMachine: Machine): number =>
  worstCaseSeconds(scaleOutMachine, ['AcquireLock', 'TakeOver'], 'ScaleUp');

/**
 * Wakes the group from zero: counts the event, looks at the group, and if nobody is there to take the job sets the desired capacity to
 * one. Only that last part needs the lock, and an event that finds a machine, which is the usual one, enters seven states.
 */
export const scaleOut = ({ secretTokenHash, buildStatuses, lockTable, group }: ScaleOutProps) => {
  const item = theItem(lockTable);
  const describe = { AutoScalingGroupNames: [group] };
  const wanted = isLateBound(buildStatuses) ? States.Array<string>(buildStatuses) : States.Array(...buildStatuses);

  return machine({
    Comment: 'Wakes the Auto Scaling group when GitLab has a job and no machine is there to take it.',
    StartAt: 'ParseWebhook',
    TimeoutSeconds: patience.limitSeconds,
    States: {
      // Without a ResultPath the token is gone from here on.
      ParseWebhook: {
        Type: 'Pass',
        Parameters: {
          tokenHash: States.Hash($.token, 'SHA-256'),
          accepted: States.ArrayContains(wanted, $.status),
          turn: { holder: '', held: 0, spent: 0, pause: 0, most: pauses.short.end },
        },
        Next: 'ValidateSecretToken',
      },
      ValidateSecretToken: {
        Type: 'Choice',
        Choices: [{ Variable: $.tokenHash, StringEquals: secretTokenHash, Next: 'CheckBuildStatus' }],
        Default: 'InvalidToken',
      },
      InvalidToken: {
        Type: 'Fail',
        Error: 'InvalidTokenError',
        Cause: 'The secret token of this webhook is not the one that the stack was deployed with.',
      },
      CheckBuildStatus: {
        Type: 'Choice',
        Choices: [{ Variable: $.accepted, BooleanEquals: true, Next: 'RecordWake' }],
        Default: 'ExitStateMachine',
      },
      ExitStateMachine: { Type: 'Pass', Result: { outcome: 'this status wakes nobody' }, End: true },

      // Counted before the group is looked at: an agent that is about to leave then sees that it was.
      RecordWake: dynamodb(
        'updateItem',
        { ...item, ...recordWake },
        {
          ...patient,
          ResultSelector: (answer) => ({ Item: answer.Attributes }),
          ResultPath: $.lock,
          Next: 'GetCurrentCapacity',
        },
      ),
      GetCurrentCapacity: autoscaling('describeAutoScalingGroups', describe, {
        ...patient,
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.asg,
        Next: 'CheckDesiredCapacity',
      }),
      CheckDesiredCapacity: {
        Type: 'Choice',
        Choices: [
          { Not: { Variable: group0, IsPresent: true }, Next: 'AutoScalingGroupNotFound' },
          // Somebody has deleted the item, and this execution's wake-up with it.
          { Not: { Variable: releasesSeen, IsPresent: true }, Next: 'RecordWake' },
          { And: [{ Or: enough }, { Not: { And: agentHolds } }], Next: 'CapacityIsThere' },
          { Variable: holder, IsPresent: true, Next: 'IsHolderKnown' },
        ],
        Default: 'NameAcquisition',
      },
      AutoScalingGroupNotFound: {
        Type: 'Fail',
        Error: 'AutoScalingGroupNotFound',
        Cause:
          'There is no Auto Scaling group of the name that this state machine was deployed with: apply the stack again, then send the event again.',
      },
      // A few words and no more: the group's description holds dates, with which some interpreters cannot end.
      CapacityIsThere: { Type: 'Pass', Result: { outcome: 'the group has the capacity it needs' }, End: true },

      // Named in a state of its own, because parameters are evaluated again at each retry.
      NameAcquisition: {
        Type: 'Pass',
        Parameters: { name: States.Format(`${holderPrefix.workflow}{}`, States.UUID()) },
        ResultPath: $.acquisition,
        Next: 'AcquireLock',
      },
      AcquireLock: dynamodb(
        'updateItem',
        { ...item, ...acquire($.acquisition.name, releasesSeen) },
        {
          ...swiftUnlessLost,
          Next: 'ConfirmCapacity',
        },
      ),
      ConfirmCapacity: autoscaling('describeAutoScalingGroups', describe, {
        ...swift,
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.asg,
        Next: 'IsCapacityMissing',
      }),
      IsCapacityMissing: {
        Type: 'Choice',
        Choices: [
          { Not: { Variable: group0, IsPresent: true }, Next: 'GroupIsGone' },
          { Or: enough, Next: 'ReleaseLock' },
        ],
        Default: 'Fence',
      },
      // The next look reports it; first the lock. Here no call has failed, and CountFailure wants to know why.
      GroupIsGone: {
        Type: 'Pass',
        Result: { Error: 'AutoScalingGroupNotFound', Cause: 'The group went while the lock was held.' },
        ResultPath: $.error,
        Next: 'LetGo',
      },
      // The last moment at which a takeover is noticed: what follows is one call.
      Fence: dynamodb('updateItem', { ...item, ...fence($.acquisition.name) }, { ...swiftUnlessLost, Next: 'ScaleUp' }),
      ScaleUp: autoscaling(
        'setDesiredCapacity',
        { AutoScalingGroupName: group, DesiredCapacity: 1, HonorCooldown: false },
        {
          ...swift,
          ResultPath: null,
          Next: 'ReleaseLock',
        },
      ),
      ReleaseLock: dynamodb(
        'updateItem',
        { ...item, ...release($.acquisition.name) },
        {
          TimeoutSeconds: 5,
          ResultPath: null,
          Retry: [never, { ...once, MaxAttempts: 5 }],
          // The capacity is set. A lock that stays lapses with its lease.
          Catch: [{ ErrorEquals: anything, ResultPath: $.lost, Next: 'CapacityIsThere' }],
          Next: 'CapacityIsThere',
        },
      ),

      LetGo: dynamodb(
        'updateItem',
        { ...item, ...release($.acquisition.name) },
        {
          TimeoutSeconds: 5,
          ResultPath: null,
          Retry: [never, once],
          Catch: [{ ErrorEquals: anything, ResultPath: $.lost, Next: 'CountFailure' }],
          Next: 'CountFailure',
        },
      ),
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

      IsHolderKnown: {
        Type: 'Choice',
        Choices: [{ Variable: holder, StringEqualsPath: $.turn.holder, Next: 'KeepWatching' }],
        Default: 'StartWatching',
      },
      StartWatching: {
        Type: 'Pass',
        Parameters: { ...turn('short', lockNeverFree), holder, held: 0 },
        ResultPath: $.turn,
        Next: 'IsPatienceLeft',
      },
      KeepWatching: {
        Type: 'Pass',
        Parameters: turn('watching', lockNeverFree),
        ResultPath: $.turn,
        Next: 'IsLeaseOver',
      },
      IsLeaseOver: {
        Type: 'Choice',
        Choices: [{ Variable: $.turn.held, NumericGreaterThanEquals: lease, Next: 'NameTakeOver' }],
        Default: 'IsPatienceLeft',
      },
      NameTakeOver: {
        Type: 'Pass',
        Parameters: { name: States.Format(`${holderPrefix.workflow}{}`, States.UUID()) },
        ResultPath: $.acquisition,
        Next: 'TakeOver',
      },
      TakeOver: dynamodb(
        'updateItem',
        { ...item, ...takeOver($.acquisition.name, releasesSeen, $.turn.holder) },
        {
          ...swiftUnlessLost,
          Next: 'ConfirmCapacity',
        },
      ),

      IsPatienceLeft: {
        Type: 'Choice',
        Choices: [{ Variable: $.turn.spent, NumericGreaterThanEquals: patience.seconds, Next: 'SayWhy' }],
        Default: 'WaitForTurn',
      },
      WaitForTurn: { Type: 'Wait', SecondsPath: $.turn.pause, Next: 'IsWakeRecorded' },
      IsWakeRecorded: {
        Type: 'Choice',
        Choices: [{ Variable: $.lock, IsPresent: true, Next: 'ReadLock' }],
        Default: 'RecordWake',
      },
      ReadLock: dynamodb(
        'getItem',
        { ...item, ConsistentRead: true, ProjectionExpression: `${lockItem.holder}, ${lockItem.releases}` },
        { ...patient, ResultPath: $.lock, Next: 'DoesAgentHold' },
      ),
      // Then the group's description settles nothing, and is not asked for: many may be waiting. An item that was deleted, and made anew
      // by an agent, has no `Releases`: it goes the way on which that is noticed.
      DoesAgentHold: {
        Type: 'Choice',
        Choices: [{ And: [...agentHolds, { Variable: releasesSeen, IsPresent: true }], Next: 'IsHolderKnown' }],
        Default: 'GetCurrentCapacity',
      },

      // An error name that begins with `States.` is refused in a Fail, and `States.Timeout` has no Cause: hence all of it, as text.
      SayWhy: { Type: 'Pass', Parameters: { cause: States.JsonToString($.turn.why) }, Next: 'ScalingFailed' },
      ScalingFailed: { Type: 'Fail', Error: 'ScalingFailed', CausePath: $.cause },
    },
  });
};
