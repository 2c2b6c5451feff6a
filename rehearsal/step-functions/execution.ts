import './promise-with-resolvers.ts';
import { ExecutionAbortedError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { HistoryEvent, NewEvent } from './history.ts';
import type { Pace } from './pace.ts';
import { after } from './pace.ts';
import type { Definition, Runnable } from './runnable.ts';
import type { Start } from './start-execution.ts';

export type Status = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** An execution as it stands; text fields are as the API answers them. */
export interface Execution {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: Status;
  readonly input: string;
  /** JSON text; only of one that SUCCEEDED. */
  readonly output?: string | undefined;
  /** Only of one that FAILED. */
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly stoppedAt?: number | undefined;
  /** The states it entered, in order; retries do not enter a state again. */
  readonly states: readonly string[];
  readonly history: readonly HistoryEvent[];
}

/** A state machine that can be executed. */
export interface Deployed {
  readonly arn: string;
  readonly name: string;
  /** As it was given. */
  readonly definition: Definition;
  readonly runnable: Runnable;
}

export interface Running {
  current(): Execution;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
  abort(): void;
}

/** The part of the interpreter's events that is used. */
interface Step {
  readonly type: string;
  readonly timestamp: number;
  readonly state?: { readonly name: string; readonly input: unknown; readonly output?: unknown };
  readonly Error?: string;
  readonly Cause?: unknown;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What an event of the interpreter is in Step Functions' history, where retries and catches have no event of their own. */
function eventsOf(step: Step, before: Step | undefined, definition: Definition): readonly NewEvent[] {
  const { state, timestamp: at } = step;
  if (state === undefined) return [];
  const { Type: type, Resource } = definition.States[state.name] ?? { Type: 'Unknown' };
  const task = {
    at,
    state: state.name,
    resource: typeof Resource === 'string' ? Resource.replace('arn:aws:states:::', '') : undefined,
  };
  if (step.type === 'StateEntered')
    return [{ type: `${type}StateEntered`, at, state: state.name, input: JSON.stringify(state.input) }];
  if (step.type === 'StateExited') {
    const output = JSON.stringify(state.output);
    const succeeded = type === 'Task' && before?.type !== 'StateCaught';
    return [
      ...(succeeded ? [{ type: 'TaskSucceeded', ...task }] : []),
      { type: `${type}StateExited`, at, state: state.name, output },
    ];
  }
  if (step.type === 'StateFailed' && type === 'Task') {
    const failed = step.Error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed';
    return [{ type: failed, ...task, error: step.Error, cause: text(step.Cause) }];
  }
  return [];
}

type End = Pick<Execution, 'status' | 'output' | 'error' | 'cause'>;

const endTypes: Readonly<Record<Exclude<Status, 'RUNNING'>, string>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** Starts an execution in the interpreter. `tell` hears each event when it happened. */
export function execute(
  { definition, runnable, ...deployed }: Deployed,
  start: Start,
  pace: Pace,
  tell: (execution: Execution, event: HistoryEvent) => void,
): Running {
  const startedAt = Date.now();
  const stop = new AbortController();
  let end: (End & { readonly stoppedAt: number }) | undefined;
  // Only ever added to: what was read of it once stays true.
  const history: HistoryEvent[] = [];
  const states: string[] = [];

  const current = (): Execution => ({
    executionArn: start.executionArn,
    stateMachineArn: start.stateMachineArn,
    name: start.name,
    status: 'RUNNING',
    input: start.input,
    startedAt,
    ...end,
    states: states.slice(),
    history: history.slice(),
  });
  const record = (event: NewEvent): void => {
    const last = { ...event, id: history.length + 1, previousEventId: history.length };
    history.push(last);
    if (event.type.endsWith('StateEntered') && event.state !== undefined) states.push(event.state);
    tell(current(), last);
  };

  record({ type: 'ExecutionStarted', at: startedAt, input: start.input });
  const handlers = Object.entries(runnable.handlers).map(
    ([name, handle]) => [name, (input: unknown) => handle(input, stop.signal)] as const,
  );
  const { result, eventLogs, abort } = new StateMachine(runnable.definition as unknown as StateMachineDefinition, {
    validationOptions: { noValidate: true },
  }).run(JSON.parse(start.input) as never, {
    // The cast: the interpreter's type for JSON is stricter than what JSON.parse can promise.
    overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) as never },
    context: {
      Execution: {
        Id: start.executionArn,
        Name: start.name,
        RoleArn: `arn:aws:iam::${start.executionArn.split(':')[4] ?? ''}:role/rehearsal`,
        RedriveCount: 0,
      },
      StateMachine: { Id: deployed.arn, Name: deployed.name },
    },
  });

  let halted: 'TIMED_OUT' | 'ABORTED' | undefined;
  const halt = (why: 'TIMED_OUT' | 'ABORTED'): void => {
    halted ??= why;
    stop.abort(new Error(why));
    abort();
  };
  const forget =
    definition.TimeoutSeconds === undefined
      ? () => undefined
      : after(definition.TimeoutSeconds, pace.timeouts, () => halt('TIMED_OUT'));

  const heard = (async () => {
    let before: Step | undefined;
    for await (const step of eventLogs as AsyncIterable<Step>) {
      for (const event of eventsOf(step, before, definition)) record(event);
      before = step;
    }
  })();

  const finished = async (): Promise<End> => {
    try {
      return { status: 'SUCCEEDED', output: JSON.stringify(await result) };
    } catch (error) {
      if (halted !== undefined || error instanceof ExecutionAbortedError) return { status: halted ?? 'ABORTED' };
      const { name, message } = (error as Error).cause as Error;
      return { status: 'FAILED', error: name, cause: text(message) };
    }
  };

  const ended = (async () => {
    const how = await finished();
    forget();
    await heard;
    end = { ...how, stoppedAt: Date.now() };
    if (how.status === 'RUNNING') return;
    const { status, ...details } = how;
    record({ type: endTypes[status], at: end.stoppedAt, ...details });
  })();

  return { current, ended, abort: () => halt('ABORTED') };
}
