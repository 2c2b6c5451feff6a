import type { Path } from './path.ts';
import { document } from './path.ts';
import type { ScalingDocument } from './scaling-document.ts';
import type { ErrorOutput } from './states.ts';

const $ = document<ScalingDocument>();

export const anything = ['States.ALL'] as const;

/** How the two integrations of DynamoDB spell the failure of a condition (https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html). */
export const conditionFailed = {
  awsSdk: 'DynamoDb.ConditionalCheckFailedException',
  optimized: 'DynamoDB.ConditionalCheckFailedException',
} as const;
type ConditionFailed = (typeof conditionFailed)[keyof typeof conditionFailed];

/** A failed condition is an answer, and the same question would get it again. */
export const never = <const E extends ConditionFailed>(failed: E) =>
  ({ ErrorEquals: [failed], MaxAttempts: 0 }) as const;

export const once = { ErrorEquals: anything, IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 } as const;

/** Ten retries over about two and a half minutes. */
const tenTimes = {
  ErrorEquals: anything,
  IntervalSeconds: 1,
  MaxAttempts: 10,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
} as const;

const outage = { ErrorEquals: anything, ResultPath: $.error, Next: 'CountOutage' } as const;

/** Nobody waits for this one, and GitLab will not call again. */
export const patient = { TimeoutSeconds: 5, Retry: [tenTimes], Catch: [outage] } as const;

/** The same for a conditional write before the lock; a failed condition leads to `otherwise`. */
export const patientUnless = <const E extends ConditionFailed, const N extends string>(failed: E, otherwise: N) =>
  ({
    TimeoutSeconds: 5,
    Retry: [never(failed), tenTimes],
    Catch: [{ ErrorEquals: [failed], ResultPath: $.lost, Next: otherwise }, outage],
  }) as const;

/** Under the lock every second counts against the lease: a call fails fast, and then the lock is let go. */
export const swift = {
  TimeoutSeconds: 5,
  Retry: [once],
  Catch: [{ ErrorEquals: anything, ResultPath: $.error, Next: 'LetGo' }],
} as const;

/** The same for a conditional write of the lock: whoever finds somebody else there stands aside. */
export const swiftUnlessLost = <const E extends ConditionFailed>(failed: E) =>
  ({
    TimeoutSeconds: 5,
    ResultPath: null,
    Retry: [never(failed), once],
    Catch: [
      { ErrorEquals: [failed], ResultPath: $.lost, Next: 'StandAside' },
      { ErrorEquals: anything, ResultPath: $.error, Next: 'LetGo' },
    ],
  }) as const;

/** Auto Scaling has refused, so nothing follows. A throttled or denied call arrives as the last of them. */
const refused = [
  'AutoScaling.ScalingActivityInProgressException',
  'AutoScaling.ResourceContentionException',
  'AutoScaling.AutoScalingException',
] as const;

/**
 * The call that changes capacity. It is sent again, and the lock let go, only when it was refused: one that nobody answered may take effect
 * when others have raised the group further, and would lower it. `unanswered` says what then happens to the lock.
 */
export const changing = <const U extends { readonly ResultPath: Path<ErrorOutput>; readonly Next: string }>(
  unanswered: U,
) =>
  ({
    TimeoutSeconds: 5,
    ResultPath: null,
    Retry: [{ ...once, ErrorEquals: refused }],
    Catch: [
      { ErrorEquals: refused, ResultPath: $.error, Next: 'LetGo' },
      { ErrorEquals: anything, ...unanswered },
    ],
  }) as const;
