import type { Machine } from './machine.ts';
import type { Retrier, State } from './states.ts';
import { successors } from './transitions.ts';

/** Defaults of Step Functions (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html). */
const defaults = { interval: 1, attempts: 3, rate: 2 };

const retries = (retrier: Retrier<string>): number => retrier.MaxAttempts ?? defaults.attempts;

/** All of a retrier's waits, in seconds. Jitter only shortens them. */
const delays = ({ IntervalSeconds, BackoffRate, MaxDelaySeconds, ...rest }: Retrier<string>): number =>
  Array.from({ length: retries(rest) }, (_, attempt) =>
    Math.min(
      (IntervalSeconds ?? defaults.interval) * (BackoffRate ?? defaults.rate) ** attempt,
      MaxDelaySeconds ?? Infinity,
    ),
  ).reduce((sum, delay) => sum + delay, 0);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** The longest that a state can take, in seconds; infinite where nothing in the definition bounds it. */
export function worstSeconds(state: State<string>): number {
  if (state.Type === 'Wait') return state.Seconds ?? Infinity;
  if (state.Type !== 'Task') return 0;
  // Each retrier counts for itself, so in the worst case all of them are used up.
  const all = state.Retry ?? [];
  return (1 + sum(all.map(retries))) * (state.TimeoutSeconds ?? Infinity) + sum(all.map(delays));
}

/**
 * The longest time from the start of one of the states `from` to the end of `to`, in seconds, over every way through the machine
 * that does not come by one of `from` again: from there the clock starts anew. A way that can go round and round is infinite.
 */
export function worstCaseSeconds(machine: Machine, from: readonly string[], to: string): number {
  const at = (name: string): State<string> => {
    const state = machine.States[name];
    if (state === undefined)
      throw new Error(`There is no state ${name}; there are ${Object.keys(machine.States).join(', ')}.`);
    return state;
  };

  const reaches = (name: string, seen: ReadonlySet<string>): boolean =>
    name === to ||
    successors(machine, name).some(
      (each) => !from.includes(each) && !seen.has(each) && reaches(each, new Set([...seen, each])),
    );

  const longest = (name: string, passed: readonly string[]): number => {
    const here = worstSeconds(at(name));
    if (name === to) return here;
    const ways = successors(machine, name)
      .filter((each) => !from.includes(each) && reaches(each, new Set([each])))
      .map((each) => (passed.includes(each) ? Infinity : longest(each, [...passed, each])));
    return here + Math.max(-Infinity, ...ways);
  };

  const found = Math.max(...from.map((name) => longest(name, [name])));
  if (found === -Infinity) throw new Error(`No way leads from ${from.join(' or ')} to ${to}.`);
  return found;
}
