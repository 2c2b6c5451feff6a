import { passed, queueLagSeconds } from './timing.ts';
import type { Polling, Runner } from './view.ts';

/**
 * Which events are settled for this instance: a `WakeCount` is *covered* when the runner has looked into GitLab's queue after every
 * event up to that count had reached it, and found nothing to do.
 */
export interface Coverage {
  /** Every event up to this count is covered. Absent: none is known to be. */
  readonly covered?: number;
  /** When the item was last read. */
  readonly readAt?: number;
  /** The count that is being covered. */
  readonly candidate?: Candidate;
}

interface Candidate {
  readonly wakeCount: number;
  /** When it was read, on the monotonic clock. */
  readonly readAt: number;
  /** Set when the queue has had its time to hear of the events. */
  readonly goals?: readonly Goal[];
}

/** What the counters of one entry must show. */
interface Goal {
  readonly id: string;
  readonly empty: number;
  readonly others: number;
}

/** Nothing is known yet. */
export const nothingCovered: Coverage = {};

const readEverySeconds = 30;

/** Whether it is time to read the item again. */
export const wantsCount = ({ candidate, readAt }: Coverage, now: number): boolean =>
  candidate === undefined && (readAt === undefined || passed(readEverySeconds, readAt, now));

/** The item was read, and the answer was there at `readAt`: whatever it counts had happened by then. */
export const counted = ({ covered, candidate }: Coverage, wakeCount: number, readAt: number): Coverage => ({
  readAt,
  ...(covered !== undefined && { covered }),
  ...(candidate === undefined && covered !== wakeCount
    ? { candidate: { wakeCount, readAt } }
    : candidate && { candidate }),
});

/**
 * The polls in flight may have begun too early. And each of the next may be answered 204 because something changed, before anybody looked: GitLab's
 * proxy holds requests, and answers them when it *sees* a change (workhorse `internal/builds/register.go`). One more has then looked.
 */
const goalOf = ({ id, inFlight, requestConcurrency, empty, others }: Polling): Goal => ({
  id,
  empty: empty + inFlight + requestConcurrency + 1,
  others,
});

/** The entry of a goal, if since then it has polled on and found nothing. */
const undisturbed = ({ polling }: Runner, goal: Goal): readonly Polling[] =>
  polling.filter((entry) => entry.id === goal.id && entry.others === goal.others && !wasRestarted(entry, goal));

/** What a look at the runner adds. A poll that ended with anything but 204, and a runner that was restarted, begin the count again. */
export function looked(coverage: Coverage, runner: Runner | undefined, now: number): Coverage {
  const { candidate } = coverage;
  if (candidate === undefined || runner === undefined || !passed(queueLagSeconds, candidate.readAt, now))
    return coverage;
  const begun = (): Coverage => ({ ...coverage, candidate: { ...candidate, goals: runner.polling.map(goalOf) } });

  const { goals } = candidate;
  if (runner.polling.length === 0) return { ...coverage, candidate: without(candidate) };
  if (goals?.length !== runner.polling.length) return begun();
  const entries = goals.flatMap((goal) => undisturbed(runner, goal).map((entry) => ({ goal, entry })));
  if (entries.length !== goals.length) return begun();
  const isCovered = entries.every(({ goal, entry }) => entry.empty >= goal.empty);
  return isCovered ? { covered: candidate.wakeCount, readAt: candidate.readAt } : coverage;
}

/** A counter further behind its goal than a goal is ever set ahead begins at zero again. */
const wasRestarted = ({ empty, requestConcurrency }: Polling, goal: Goal): boolean =>
  empty < goal.empty - (2 * requestConcurrency + 1);

const without = ({ wakeCount, readAt }: Candidate): Candidate => ({ wakeCount, readAt });
