import type { Group } from './group.ts';
import { inService, isAnotherComing, isLeaving } from './group.ts';
import type { Item } from './item.ts';
import type { Settings } from './settings.ts';

/** What an instance does to the group while it holds the lock. */
export type Change = Nothing | Act;

interface Nothing {
  readonly kind: 'none';
  readonly why: string;
  /** The group has let go of this instance already. */
  readonly isLeaving?: true;
  readonly asked?: number;
}

export type Act =
  /** `asked` is the `WakeCount` that this answers. */
  { readonly kind: 'set'; readonly capacity: number; readonly asked?: number } | Leave;

/** This instance leaves. */
export interface Leave {
  readonly kind: 'leave';
  readonly decrement: boolean;
  /** It is the last one, and every job that is known as open is nothing for it. */
  readonly clearsOpen: boolean;
  /** Every event up to this count is covered, or somebody else's to see to: what remains suffices for it. Absent: of none that is known. */
  readonly settled?: number;
}

const none = (why: string): Nothing => ({ kind: 'none', why });
const atMaximum = 'the group is at its maximum';

/** The instances that the jobs known as open need: a job of theirs each on `jobsPerInstance`. */
const wanted = ({ open }: Item, { jobsPerInstance }: Settings): number => Math.ceil(open / jobsPerInstance);

/** What an instance knows of itself when it would leave. */
export interface Leaving {
  /** The count up to which it knows of every event that it is nothing for it. */
  readonly covered?: number;
  /** It has been idle for longer than `patienceSeconds`. */
  readonly isPatienceOver: boolean;
}

/**
 * Whether this instance may leave, and how. It may if what remains suffices; the last one also if it has covered every event, and if
 * its patience is over: then the second look sets the capacity back should the count have moved.
 */
export function leave(item: Item, group: Group, settings: Settings, { covered, isPatienceOver }: Leaving): Change {
  if (isLeaving(group, settings.instanceId)) return { ...none('it is leaving already'), isLeaving: true };
  const rest = group.desired - 1;
  const settled = covered === undefined ? {} : { settled: covered };
  // Somebody has lowered the capacity, and the group is about to take one out: it may as well be this one, which is idle.
  if (inService(group) > group.desired)
    return {
      kind: 'leave',
      decrement: false,
      clearsOpen: false,
      ...(rest >= 0 ? { settled: item.wakeCount } : settled),
    };
  if (rest < group.min) return none('the group is at its minimum');
  if (suffices(rest, item, settings))
    return { kind: 'leave', decrement: true, clearsOpen: false, settled: item.wakeCount };
  const isCovered = covered === item.wakeCount;
  if (isCovered || isPatienceOver)
    return { kind: 'leave', decrement: true, clearsOpen: rest === 0 && isCovered && item.open > 0, ...settled };
  return none('a job may be waiting');
}

/**
 * How an instance leaves that cannot run jobs. `isReplaced`: another one comes in its place, which may fare better. Otherwise the group has
 * one less, and what has happened so far is given up: the next event tries again.
 */
export function leaveUseless(item: Item, group: Group, { instanceId }: Settings, isReplaced: boolean): Change {
  if (isLeaving(group, instanceId)) return { ...none('it is leaving already'), isLeaving: true };
  if (isReplaced || inService(group) > group.desired) return { kind: 'leave', decrement: false, clearsOpen: false };
  if (group.desired <= group.min) return none('the group is at its minimum');
  return { kind: 'leave', decrement: true, clearsOpen: false, settled: item.wakeCount };
}

/** Whether so many instances suffice for all that was counted. */
const suffices = (instances: number, { open }: Item, { strategy, jobsPerInstance }: Settings): boolean =>
  strategy === 'demand' ? instances * jobsPerInstance >= open : instances >= 1;

/**
 * Whether a full instance asks for more. First-instance: for one more, unless one is on its way, and only once for what has happened so
 * far. Demand: for what the open jobs need, should the webhooks not have seen to it. `asked` is written when it was answered; a group that
 * is at its maximum is no answer, because an idle instance may leave a moment later and rely on this one.
 */
export function ask(item: Item, group: Group, settings: Settings, becameFull: boolean): Change {
  const asked = item.wakeCount;
  if (settings.strategy === 'demand') {
    const need = wanted(item, settings);
    const capacity = Math.min(group.max, need);
    if (capacity > group.desired) return { kind: 'set', capacity, ...(need <= capacity && { asked }) };
    return need > group.desired ? none(atMaximum) : { ...none('the capacity is enough'), asked };
  }
  if (isAnotherComing(group)) return none('another instance is on its way');
  if (group.desired >= group.max) return none(atMaximum);
  if (!becameFull && item.asked === asked) return none('nothing has happened since an instance last asked');
  return { kind: 'set', capacity: group.desired + 1, asked };
}

/** What an instance that is leaving does when an event was counted that may have relied on it: the group must not stay at zero. */
export function wakeAgain(item: Item, group: Group, settings: Settings): Change {
  if (group.desired > 0) return none('an instance is there or on its way');
  const need = settings.strategy === 'demand' ? Math.max(1, wanted(item, settings)) : 1;
  const capacity = Math.min(group.max, need);
  return capacity > 0 ? { kind: 'set', capacity } : none('the group may have no instance');
}

/** Whether an answer of Describe shows that the change has happened. */
export const isShown = (change: Act, group: Group, instanceId: string): boolean =>
  change.kind === 'set' ? group.desired >= change.capacity : isLeaving(group, instanceId);
