import type { Duration, Fault, Task } from './fault-table-faults.ts';
import { errorName } from './fault-table-faults.ts';
import type { Role, Situation } from './fault-table-subjects.ts';

/** Who holds the lock: nobody, the execution that met the fault (which has ended, so its lock lapses), or who held it before. */
export type Lock = 'free' | 'left behind' | 'as before';

/** What the protocol promises for one cell of the table. */
export interface Expected {
  /** `SUCCEEDED`, `ABORTED`, or the error with which it failed, and after it the error that its cause names. One of them, where chance decides. */
  readonly outcomes: readonly string[];
  readonly lock: Lock;
  /** Desired capacity: as it was, or as the event wants it. */
  readonly desired: 'as before' | 'as wanted';
  /** Requests until the task was left for the first time; undefined where a slow test machine may add to them. */
  readonly calls: number | undefined;
  /** The error's name in the machine. */
  readonly error: string | undefined;
}

type End = Pick<Expected, 'outcomes' | 'lock' | 'desired'>;

/** How often a task is called in vain before it is left: for minutes before the lock, twice under it, six times to release it; a look is not repeated, but another follows. */
const most: Readonly<Record<Role, number>> = {
  prepares: 11,
  closes: 11,
  acquires: 2,
  holds: 2,
  changes: 2,
  raises: 2,
  sees: 1,
  releases: 6,
  'lets go': 2,
};

const succeeds: End = { outcomes: ['SUCCEEDED'], lock: 'free', desired: 'as wanted' };
const closed: End = { outcomes: ['SUCCEEDED'], lock: 'as before', desired: 'as before' };

/** When a struck request takes effect: never, at once, or when the execution has ended. */
const effectOf = (fault: Fault): 'never' | 'at once' | 'late' => {
  if (fault === 'timed out, late effect') return 'late';
  return fault === 'response lost' || fault === 'killed' ? 'at once' : 'never';
};

/** The execution ends where it was, with what it had: nobody lets the lock go. */
const killed: Readonly<Record<Role, Omit<End, 'outcomes'>>> = {
  prepares: { lock: 'as before', desired: 'as before' },
  closes: { lock: 'as before', desired: 'as before' },
  acquires: { lock: 'left behind', desired: 'as before' },
  holds: { lock: 'left behind', desired: 'as before' },
  changes: { lock: 'left behind', desired: 'as wanted' },
  raises: { lock: 'left behind', desired: 'as wanted' },
  sees: { lock: 'left behind', desired: 'as wanted' },
  releases: { lock: 'free', desired: 'as wanted' },
  'lets go': { lock: 'free', desired: 'as before' },
};

const lockNeverFree: End = { outcomes: ['ScalingFailed: LockNeverFree'], lock: 'free', desired: 'as before' };

/**
 * A failed condition is an answer: somebody else has the lock, so stand aside and look again. If it is not true, what is held stays behind,
 * and the execution waits a lease for its own former name like everybody else.
 */
function refusedByCondition(role: Role, isTrue: boolean, duration: Duration, isHeldBefore: boolean): End {
  if (role === 'closes') return closed;
  // The set of open jobs is full: the event counts all the same, and wants what is in the set.
  if (role === 'prepares' || role === 'lets go') return succeeds;
  if (role === 'releases') return isTrue ? succeeds : { ...succeeds, lock: 'left behind' };
  if (duration === 'once') return succeeds;
  // Whoever is faster with the takeover lets go after its work; then the lock is free to be acquired.
  if (role === 'acquires' && isHeldBefore) return isTrue ? succeeds : { ...lockNeverFree, lock: 'as before' };
  return role === 'holds' && !isTrue ? { ...lockNeverFree, lock: 'left behind' } : lockNeverFree;
}

/** The change was not answered, and the next look shows it. One that changes, and does not raise, looks only when it has left the lock to its lease. */
const seenByTheWay = (role: 'changes' | 'raises'): End =>
  role === 'raises' ? succeeds : { ...succeeds, lock: 'left behind' };

/** Calls before the lock are tried until patience ends; under it the lock is let go each time, and all begins again. */
function lasts(role: Role, fault: Fault, error: string, isHeldBefore: boolean): End {
  const effect = effectOf(fault);
  const isAnswered = !fault.startsWith('timed out') && fault !== 'response lost';
  const failed: End = { outcomes: [`ScalingFailed: ${error}`], lock: 'free', desired: 'as before' };
  switch (role) {
    case 'prepares':
    case 'closes':
      return { ...failed, lock: 'as before' };
    case 'acquires':
      if (effect === 'never') return { ...failed, lock: 'as before' };
      // What it took without knowing was let go. What it takes when it has ended lapses.
      if (effect === 'late') return { ...failed, lock: 'left behind' };
      return isHeldBefore ? succeeds : failed;
    case 'holds':
      return failed;
    case 'changes':
    case 'raises':
      // It keeps the lock until the change is seen, or the lease is over: then it takes over from itself, and looks why it could not.
      if (isAnswered) return failed;
      if (effect === 'at once') return seenByTheWay(role);
      return {
        outcomes: [...lockNeverFree.outcomes, ...failed.outcomes],
        lock: 'left behind',
        desired: effect === 'late' ? 'as wanted' : 'as before',
      };
    case 'releases':
      return effect === 'never' ? { ...succeeds, lock: 'left behind' } : succeeds;
    // The change is made: it lets go without having seen it.
    case 'sees':
    case 'lets go':
      return succeeds;
  }
}

/** A call that has a short limit here may be cut off again where the test machine is slow. */
function callsOf(role: Role, fault: Fault, duration: Duration): number | undefined {
  if (fault.startsWith('timed out')) return undefined;
  if ((role === 'raises' || role === 'changes') && fault === 'response lost') return 1;
  return duration === 'once' ? Math.min(2, most[role]) : most[role];
}

function promised(task: Task, { role, holder }: Situation, fault: Fault, duration: Duration): Expected {
  const error = errorName(task, fault, duration);
  if (fault === 'killed') return { outcomes: ['ABORTED'], ...killed[role], calls: undefined, error };

  const isHeldBefore = holder !== undefined;
  if (task.isConditional && fault.startsWith('condition')) {
    const end = refusedByCondition(role, fault === 'condition lost', duration, isHeldBefore);
    return { ...end, calls: 1, error };
  }
  const recovers = role === 'closes' ? closed : succeeds;
  const end =
    duration === 'once' && !(role === 'changes' && fault === 'response lost')
      ? recovers
      : lasts(role, fault, error ?? '', isHeldBefore);
  return { ...end, calls: callsOf(role, fault, duration), error };
}

/** What the protocol says of one fault at one task. */
export function expected(task: Task, situation: Situation, fault: Fault, duration: Duration): Expected {
  const all = promised(task, situation, fault, duration);
  return all.lock === 'as before' && situation.holder === undefined ? { ...all, lock: 'free' } : all;
}
