import type { Machine } from '../../asl/machine.ts';
import { patience, pauses } from '../../asl/patience.ts';

/** Calls that every machine makes while it holds the lock: after one that fails for good the lock is let go. */
const underTheLock: readonly string[] = ['AcquireLock', 'ConfirmCapacity', 'Fence', 'ScaleUp'];

/** One way in which a round comes to nothing: the calls it makes, and the pause after it. */
export interface Round {
  readonly calls: readonly string[];
  readonly pause: keyof typeof pauses;
  /** Fails however small the share of other failures is. */
  readonly hopeless?: string;
  /** Seconds that pass after the calls, when the share of them fails, each after `hang` seconds. */
  readonly besides?: (share: number, hang: number) => number;
}

const average = ({ first, end }: { readonly first: number; readonly end: number }): number => (first + end) / 2;

/** How long executions of a machine last before they give up, on average. */
export function reckonedPatience(machine: Machine) {
  /** How often a call is retried, and the seconds before each retry. FULL jitter draws each evenly between nothing and its length. */
  const delays = (name: string): readonly number[] => {
    const state = machine.States[name];
    const retrier = state?.Type === 'Task' ? state.Retry?.at(-1) : undefined;
    if (retrier === undefined) throw new Error(`${name} is not retried`);
    const { IntervalSeconds = 1, BackoffRate = 2, MaxAttempts = 3, MaxDelaySeconds = Infinity } = retrier;
    return Array.from(
      { length: MaxAttempts },
      (_, attempt) =>
        Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds) *
        (retrier.JitterStrategy === 'FULL' ? 1 / 2 : 1),
    );
  };

  /** What a call comes to when a share of the attempts fails, each after `hang` seconds: how likely it fails for good, and how long it takes. */
  const called = (name: string, share: number, hang: number) => {
    const before = delays(name);
    const seconds = [...before, 0].reduce((sum, delay, attempt) => sum + share ** (attempt + 1) * (hang + delay), 0);
    // No delay follows the last attempt.
    return { fails: share ** (before.length + 1), seconds };
  };

  /** The seconds of one round on average, what the machine reckons it at, and how likely it came to its pause. */
  const lasting = ({ calls, pause, hopeless, besides }: Round, share: number, hang: number, most: number) => {
    const long = average(pauses.long);
    let [chance, real, reckoned] = [1, 0, 0];
    for (const name of calls) {
      const { fails, seconds } = called(name, name === hopeless ? 1 : share, hang);
      const failed = chance * fails;
      const beforeTheLock = !underTheLock.includes(name);
      // LetGo is retried once, too.
      const lettingGo = beforeTheLock ? 0 : called('Fence', share, hang).seconds;
      real += chance * seconds + failed * (lettingGo + long);
      reckoned += failed * ((beforeTheLock ? patience.outageSeconds : patience.roundSeconds) + long);
      chance -= failed;
    }
    const paused = average(pause === 'short' ? { ...pauses.short, end: most } : pauses[pause]);
    return {
      real: real + chance * ((besides?.(share, hang) ?? 0) + paused),
      reckoned: reckoned + chance * (patience.roundSeconds + paused),
      chance,
    };
  };

  /** The seconds on average until it gives up, when all rounds are alike. */
  const lasts = (round: Round, share: number, hang: number): number => {
    let [spent, total, most]: [number, number, number] = [0, 0, pauses.short.end];
    while (spent < patience.seconds) {
      const { real, reckoned, chance } = lasting(round, share, hang, most);
      spent += reckoned;
      total += real;
      most += chance * pauses.short.more;
    }
    return total;
  };

  /** The most that it lasts on average, whatever share of the calls fails, and whether they are refused or hang for a second or until they are cut off. */
  const lastsAtMost = (round: Round): number =>
    Math.max(
      ...Array.from({ length: 101 }, (_, percent) => percent / 100).flatMap((share) =>
        [0, 1, 5].map((hang) => lasts(round, share, hang)),
      ),
    );

  return { delays, lasts, lastsAtMost };
}
