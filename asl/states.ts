import type { Choice } from './choice.ts';
import type { Document, Path, ReferencePath } from './path.ts';
import type { Fixed, Json, Template } from './payload.ts';

/** Where a state goes: to one of the names `N`, or out. */
export type Goto<N extends string> =
  { readonly Next: N; readonly End?: never } | { readonly End: true; readonly Next?: never };

/** The state's input and output, cut to what a path names. */
interface Cut {
  readonly Comment?: string;
  readonly InputPath?: Path<unknown> | null;
  readonly OutputPath?: Path<unknown> | null;
}

interface WithResult {
  /** Where the result goes in the state's document; null drops it, absent replaces the whole document. */
  readonly ResultPath?: ReferencePath<unknown> | null;
}

/** Makes a value: from paths (`Parameters`) or as it is written (`Result`). */
export type Pass<N extends string> = { readonly Type: 'Pass' } & Cut &
  WithResult &
  Goto<N> &
  (
    | { readonly Parameters: Template; readonly Result?: never }
    | { readonly Result: Json; readonly Parameters?: never }
    | { readonly Parameters?: never; readonly Result?: never }
  );

type Moment =
  | {
      readonly Seconds: number;
      readonly SecondsPath?: never;
      readonly Timestamp?: never;
      readonly TimestampPath?: never;
    }
  | {
      /** Seconds, a whole number of at least 0; anything else is `States.Runtime`, which nothing catches. */
      readonly SecondsPath: Path<number>;
      readonly Seconds?: never;
      readonly Timestamp?: never;
      readonly TimestampPath?: never;
    }
  | {
      readonly Timestamp: string;
      readonly Seconds?: never;
      readonly SecondsPath?: never;
      readonly TimestampPath?: never;
    }
  | {
      readonly TimestampPath: Path<string>;
      readonly Seconds?: never;
      readonly SecondsPath?: never;
      readonly Timestamp?: never;
    };

export type Wait<N extends string> = { readonly Type: 'Wait' } & Cut & Goto<N> & Moment;

export type Succeed = { readonly Type: 'Succeed' } & Cut;

/** Ends the execution as failed. Step Functions refuses an error name of its own, hence the type of `Error`. */
export type Fail = { readonly Type: 'Fail'; readonly Comment?: string } & (
  | { readonly Error: Fixed<string>; readonly ErrorPath?: never }
  | { readonly ErrorPath: Path<string>; readonly Error?: never }
) &
  (
    | { readonly Cause: Fixed<string>; readonly CausePath?: never }
    | { readonly CausePath: Path<string>; readonly Cause?: never }
  );

/** Errors of Step Functions itself that a task can retry or catch; `States.Runtime` and `States.DataLimitExceeded` cannot be caught. */
export type StatesError =
  | 'States.HeartbeatTimeout'
  | 'States.IntrinsicFailure'
  | 'States.ParameterPathFailure'
  | 'States.Permissions'
  | 'States.ResultPathMatchFailure'
  | 'States.TaskFailed'
  | 'States.Timeout';

/** One retrier or catcher names errors, or everything; everything stands alone. */
type Named<E extends string> = readonly [E, ...E[]];
type Everything = readonly ['States.ALL'];

/** How often and when (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html). */
interface Attempts {
  readonly Comment?: string;
  /** Before the first retry; 1 when absent. */
  readonly IntervalSeconds?: number;
  /** Retries, not counting the first attempt; 3 when absent, 0 for never. */
  readonly MaxAttempts?: number;
  /** Each wait is the last one times this, at least 1; 2 when absent. */
  readonly BackoffRate?: number;
  /** No wait is longer; without it they grow for ever. */
  readonly MaxDelaySeconds?: number;
  /** FULL draws each wait between nothing and its length. */
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Retrier<E extends string> extends Attempts {
  readonly ErrorEquals: Named<E> | Everything;
}
interface NamedRetrier<E extends string> extends Attempts {
  readonly ErrorEquals: Named<E>;
}

/** What a catcher writes to its `ResultPath`. */
export interface ErrorOutput {
  readonly Error: string;
  /** Missing for `States.Timeout`. */
  readonly Cause?: string;
}

interface Caught<N extends string> {
  readonly Comment?: string;
  readonly ResultPath?: ReferencePath<ErrorOutput | undefined>;
  readonly Next: N;
}
export interface Catcher<N extends string, E extends string> extends Caught<N> {
  readonly ErrorEquals: Named<E> | Everything;
}
interface NamedCatcher<N extends string, E extends string> extends Caught<N> {
  readonly ErrorEquals: Named<E>;
}

/** The first that matches is taken, so `States.ALL` can only be last. */
export type Retriers<E extends string> = readonly [...NamedRetrier<E>[], Retrier<E>];
export type Catchers<N extends string, E extends string> = readonly [...NamedCatcher<N, E>[], Catcher<N, E>];

/** Everything about a task but the call itself: `N` names one may go to, `E` errors it may raise, `O` the service's answer. */
export type Flow<N extends string, E extends string, O> = Goto<N> &
  Cut &
  WithResult & {
    /** Each attempt; without it a hung call holds the execution for ever. Then the error is `States.Timeout`, and the call may still take effect. */
    readonly TimeoutSeconds?: number;
    /** Made from the service's answer, before `ResultPath`. A path that the answer lacks is `States.Runtime`, which nothing catches. */
    readonly ResultSelector?: (answer: Document<O>) => Template;
    readonly Retry?: Retriers<E>;
    readonly Catch?: Catchers<N, E>;
  };

export const call = Symbol('call');

/** What a task asks of IAM. */
export interface Call {
  /** The service's prefix in IAM, which for a few services is not its name in Step Functions. */
  readonly service: string;
  /** Such as `dynamodb:UpdateItem`. */
  readonly action: string;
}

/** A call of a service. Only the factories make one: they know the operation's parameters, answer and errors. */
export type Task<N extends string> = {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly [call]: Call;
  readonly Parameters: object;
  readonly ResultSelector?: Template;
} & Omit<Flow<N, string, never>, 'ResultSelector' | 'Next' | 'End' | 'Retry' | 'Catch'> &
  Goto<N> & {
    readonly Retry?: readonly Retrier<string>[];
    readonly Catch?: readonly Catcher<N, string>[];
  };

export type State<N extends string> = Pass<N> | Wait<N> | Succeed | Fail | Choice<N> | Task<N>;
