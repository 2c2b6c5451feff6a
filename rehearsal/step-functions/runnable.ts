import { JSONPath } from 'jsonpath-plus';
import type { Pace } from './pace.ts';
import { after, sleep } from './pace.ts';
import type { Services } from './services.ts';
import { maximumBytes } from './start-execution.ts';
import { runtimeError, timedOut, tooMuchData } from './task-error.ts';

/** A state as the definition has it. */
type State = Readonly<Record<string, unknown>> & { readonly Type: string };

export interface Definition {
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

/** What the interpreter calls for a task; `signal` ends with the execution. */
export type Handler = (input: unknown, signal: AbortSignal) => Promise<unknown>;

/** A definition prepared for the interpreter: it walks the states, and everything that takes time happens in the handlers. */
export interface Runnable {
  readonly definition: Definition;
  readonly handlers: Readonly<Record<string, Handler>>;
}

/** So long that the interpreter's own limit on a task, a minute if none is set, never ends one. */
const unlimited = 1_000_000;

interface Retrier {
  readonly IntervalSeconds?: number;
  readonly MaxDelaySeconds?: number;
}

/** The interpreter waits by the numbers of the definition, so they are what is scaled. Defaults of https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html. */
const scaled = (retry: readonly Retrier[], { waits }: Pace): readonly Retrier[] =>
  retry.map((retrier) => ({
    ...retrier,
    IntervalSeconds: (retrier.IntervalSeconds ?? 1) * waits,
    ...(retrier.MaxDelaySeconds === undefined ? {} : { MaxDelaySeconds: retrier.MaxDelaySeconds * waits }),
  }));

const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value ?? null));

/** A task's call with its time limit. A call that is cut off may still take effect, as on AWS. */
const task = (name: string, state: State, services: Services, { timeouts }: Pace): Handler => {
  const call = services.callOf(String(state.Resource));
  const limit = state.TimeoutSeconds as number | undefined;
  return async (input, signal) => {
    const cut = new AbortController();
    const forget = limit === undefined ? () => undefined : after(limit, timeouts, () => cut.abort());
    try {
      const result = await call(input, AbortSignal.any([signal, cut.signal]));
      if (bytes(result) > maximumBytes) throw tooMuchData(name);
      return result;
    } catch (error) {
      throw cut.signal.aborted ? timedOut() : error;
    } finally {
      forget();
    }
  };
};

/** The Wait's length in seconds. A length that is no whole number ends the execution, as recorded on AWS. */
function lengthOf(state: State, input: unknown): number {
  const at = (path: unknown): unknown => JSONPath({ path: String(path), json: input as object, wrap: false });
  const moment = state.Timestamp ?? (state.TimestampPath === undefined ? undefined : at(state.TimestampPath));
  if (moment !== undefined) return Math.max(0, (Date.parse(moment as string) - Date.now()) / 1000);
  const seconds = state.Seconds ?? at(state.SecondsPath);
  if (!Number.isInteger(seconds) || (seconds as number) < 0)
    throw runtimeError(
      `The SecondsPath parameter ${JSON.stringify(state.SecondsPath)} names ${JSON.stringify(seconds) ?? 'nothing'}, but a Wait takes a whole number of at least 0.`,
    );
  return seconds as number;
}

const wait =
  (state: State, { waits, wait: pass = (seconds, signal) => sleep(seconds, waits, signal) }: Pace): Handler =>
  async (input, signal) => {
    await pass(lengthOf(state, input), signal);
    return input;
  };

/** A Wait becomes a task that waits: the interpreter can neither scale one that takes its length from a path nor leave it early. */
const asTask = ({ Seconds: _1, SecondsPath: _2, Timestamp: _3, TimestampPath: _4, ...rest }: State): State => ({
  ...rest,
  Type: 'Task',
  Resource: 'wait',
  TimeoutSeconds: unlimited,
});

/** Prepares a definition; a task that calls something unknown throws. */
export function runnable(definition: Definition, services: Services, pace: Pace): Runnable {
  const { TimeoutSeconds: _, ...rest } = definition;
  const prepared = Object.entries(definition.States).map(([name, state]) => {
    if (state.Type === 'Wait') return { name, state: asTask(state), handler: wait(state, pace) };
    if (state.Type !== 'Task') return { name, state };
    const Retry = state.Retry === undefined ? {} : { Retry: scaled(state.Retry as readonly Retrier[], pace) };
    return {
      name,
      state: { ...state, ...Retry, TimeoutSeconds: unlimited },
      handler: task(name, state, services, pace),
    };
  });
  return {
    definition: { ...rest, States: Object.fromEntries(prepared.map(({ name, state }) => [name, state])) },
    handlers: Object.fromEntries(
      prepared.flatMap(({ name, handler }) => (handler === undefined ? [] : [[name, handler]])),
    ),
  };
}
