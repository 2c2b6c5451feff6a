import { holderPrefix } from '../../contract.ts';
import type { Act, Change } from './change.ts';
import { isShown } from './change.ts';
import type { Group } from './group.ts';
import type { Item } from './item.ts';
import type { Settings } from './settings.ts';
import type { Answer, ClearOpen, Next, Seen, Step } from './step.ts';
import { isLeaseOurs, isLeaseOver, passed } from './timing.ts';

/** A turn at the lock: get it, look at the group, change it, see the change, let go. */
export type Turn =
  | (Waiting & { readonly at: 'reading' | 'pausing' })
  | (Waiting & Named & { readonly at: 'acquiring' })
  | (Held & { readonly at: 'describing' })
  | (Changing & { readonly at: 'fencing' | 'changing' })
  | (Changing & { readonly at: 'showing' | 'pausing before another look'; readonly isSure: boolean })
  | { readonly at: 'releasing'; readonly step: Release; readonly end: End; readonly tries: number };

interface Waiting {
  readonly begun: number;
  /** The holder that is being watched, and when it was first seen. */
  readonly watched?: { readonly holder: string; readonly since: number };
  /** The name of an acquisition of which nobody heard the answer. */
  readonly tried?: string;
}

/** One acquisition: its name, and the moment before it was asked for, from which the lease is counted. */
interface Named {
  readonly holder: string;
  readonly since: number;
}

interface Held extends Named {
  readonly item: Item;
}

interface Changing extends Held {
  readonly act: Act;
}

type Release = Extract<Step, { do: 'release lock' }>;

/** What a turn came to. */
export type End =
  | { readonly result: 'changed'; readonly act: Act }
  /** The lock was held, and nothing was to be done. */
  | { readonly result: 'unneeded'; readonly why: string; readonly isLeaving?: true }
  /** Somebody else has the lock, or a call failed: nothing has changed. */
  | { readonly result: 'failed'; readonly why: string }
  /** Sent, but nobody knows whether it took effect. */
  | { readonly result: 'unknown'; readonly act: Act; readonly why: string };

/** What is to be done once the lock is held and the group was seen. */
export type Judge = (item: Item, group: Group) => Change;

export type AfterTurn = Next<Turn> | { readonly end: End };

const pauseSeconds = 3;
const lookAgainSeconds = 2;
const releaseTries = 4;
/** Longer than a dead holder's lease and one more turn. */
const turnPatienceSeconds = 300;

const pause = (seconds: number): Step => ({ do: 'look', seconds });

/** Begins a turn. */
export const takeTurn = (now: number): Next<Turn> => ({
  state: { at: 'reading', begun: now },
  step: { do: 'read item' },
});

/** Whether the turn still waits for the lock, so that it can be dropped. */
export const isWaiting = ({ at }: Turn): boolean => at === 'pausing';

const whyOf = (answer: Answer): string => ('why' in answer ? answer.why : `the answer was: ${answer.kind}`);

/** Goes on with a turn. */
export function turn(state: Turn, seen: Seen, settings: Settings, judge: Judge): AfterTurn {
  switch (state.at) {
    case 'pausing':
      if (passed(turnPatienceSeconds, state.begun, seen.now))
        return { end: { result: 'failed', why: 'others held the lock until patience ended' } };
      return { state: { ...state, at: 'reading' }, step: { do: 'read item' } };
    case 'reading':
      return seen.answer.kind === 'item' ? read(state, seen.answer.item, seen, settings) : wait(state);
    case 'acquiring':
      return acquired(state, seen);
    case 'describing':
      return described(state, seen, judge);
    case 'fencing':
      return fenced(state, seen);
    case 'changing':
      return changed(state, seen);
    case 'pausing before another look':
      return { state: { ...state, at: 'showing' }, step: { do: 'describe group' } };
    case 'showing':
      return shown(state, seen, settings);
    case 'releasing':
      return released(state, seen);
  }
}

const wait = ({ begun, watched, tried }: Waiting): Next<Turn> => ({
  state: { at: 'pausing', begun, ...(watched && { watched }), ...(tried !== undefined && { tried }) },
  step: pause(pauseSeconds),
});

function read(state: Waiting, item: Item, { now, unique }: Seen, { instanceId }: Settings): Next<Turn> {
  const name = { holder: `${holderPrefix.agent}${instanceId}/${unique}`, since: now };
  const { holder } = item;
  if (holder === undefined)
    return {
      state: { at: 'acquiring', begun: state.begun, ...(state.tried !== undefined && { tried: state.tried }), ...name },
      step: { do: 'acquire lock', holder: name.holder },
    };
  const watched = state.watched?.holder === holder ? state.watched : { holder, since: now };
  // Only the name of this turn is ours. One from before a crash is left to its lease: a call that it sent may still be on its way.
  if (holder === state.tried || isLeaseOver(watched.since, now))
    return {
      state: { at: 'acquiring', begun: state.begun, watched, ...name },
      step: { do: 'take lock over', holder: name.holder, from: holder },
    };
  return wait({ ...state, watched });
}

function acquired(state: Waiting & Named, { answer }: Seen): AfterTurn {
  const { holder, since } = state;
  if (answer.kind === 'acquired')
    return { state: { at: 'describing', holder, since, item: answer.item }, step: { do: 'describe group' } };
  // Whether or not it took effect: the next look at the item tells.
  return wait(answer.kind === 'lost' ? state : { ...state, tried: holder });
}

function described(
  { at: _, ...held }: Extract<Turn, { at: 'describing' }>,
  { answer, now }: Seen,
  judge: Judge,
): AfterTurn {
  if (answer.kind !== 'group') return release(held, { result: 'failed', why: whyOf(answer) });
  if (answer.group === undefined) return release(held, { result: 'failed', why: 'there is no such group' });
  if (!isLeaseOurs(held.since, now)) return release(held, { result: 'failed', why: 'the lease is nearly over' });
  const change = judge(held.item, answer.group);
  if (change.kind === 'none') return release(held, unneeded(change), answering(change));
  // It renews the lease, which is counted from before the request.
  return { state: { ...held, at: 'fencing', act: change, since: now }, step: { do: 'fence', holder: held.holder } };
}

/**
 * The last moment at which a takeover is noticed: what follows is one call. It writes another name, so that one who has watched the
 * first for a whole lease begins anew.
 */
function fenced(state: Changing, { answer, now }: Seen): AfterTurn {
  const { act } = state;
  if (answer.kind === 'lost') return { end: { result: 'failed', why: 'the lock was taken over' } };
  if (answer.kind !== 'done') return release(state, { result: 'failed', why: whyOf(answer) });
  if (!isLeaseOurs(state.since, now)) return release(state, { result: 'failed', why: 'the lease is nearly over' });
  const step: Step =
    act.kind === 'leave'
      ? { do: 'terminate instance', decrement: act.decrement }
      : { do: 'set desired capacity', capacity: act.capacity };
  return { state: { ...state, at: 'changing' }, step };
}

function changed(state: Changing, { answer }: Seen): AfterTurn {
  if (answer.kind === 'refused') return release(state, { result: 'failed', why: answer.why });
  // A capacity is absolute. It may yet be set, when others have raised the group further; and that the group has as much is no proof, since
  // somebody else may have seen to it just before. So the lock is left to its lease, by whose end it has happened or never will.
  if (answer.kind !== 'done' && state.act.kind === 'set')
    return { end: { result: 'unknown', act: state.act, why: whyOf(answer) } };
  return { state: { ...state, at: 'showing', isSure: answer.kind === 'done' }, step: { do: 'describe group' } };
}

/**
 * Lets go only when the change can be seen: whoever looks next would otherwise work with the capacity of before, and set one that is lower.
 * A call of unknown outcome is looked for in the same way.
 */
function shown(
  state: Changing & { readonly isSure: boolean },
  { answer, now }: Seen,
  { instanceId }: Settings,
): AfterTurn {
  const { act, item } = state;
  const isSeen = answer.kind === 'group' && answer.group !== undefined && isShown(act, answer.group, instanceId);
  if (!isSeen && isLeaseOurs(state.since, now))
    return { state: { ...state, at: 'pausing before another look' }, step: pause(lookAgainSeconds) };
  if (isSeen || state.isSure)
    return release(state, { result: 'changed', act }, { ...answering(act), ...forgetting(act, item) });
  return release(state, { result: 'unknown', act, why: 'the group did not show it within the lease' });
}

const unneeded = ({ why, isLeaving }: Extract<Change, { kind: 'none' }>): End => ({
  result: 'unneeded',
  why,
  ...(isLeaving && { isLeaving }),
});

const answering = (change: Change): Pick<Release, 'asked'> =>
  'asked' in change && change.asked !== undefined ? { asked: change.asked } : {};

/** The last one forgets the open jobs: events come in any order, and one that was opened after it was closed would stay for ever. */
const forgetting = (act: Act, { wakeCount }: Item): { readonly clearOpen?: ClearOpen } =>
  act.kind === 'leave' && act.clearsOpen ? { clearOpen: { wakeCount } } : {};

function release({ holder }: Held, end: End, writes: Pick<Release, 'asked' | 'clearOpen'> = {}): Next<Turn> {
  const step: Release = { do: 'release lock', holder, ...writes };
  return { state: { at: 'releasing', step, end, tries: 1 }, step };
}

function released(state: Extract<Turn, { at: 'releasing' }>, { answer }: Seen): AfterTurn {
  const { clearOpen, ...plain } = state.step;
  const isOver = answer.kind === 'done' || (answer.kind === 'lost' && clearOpen === undefined);
  if (isOver) return { end: state.end };
  // Lost with jobs to forget: an event was counted meanwhile, and its job must not be forgotten.
  if (clearOpen !== undefined && (answer.kind !== 'unknown' || state.tries >= releaseTries))
    return { state: { ...state, step: plain, tries: 1 }, step: plain };
  if (state.tries >= releaseTries) return { end: state.end };
  return { state: { ...state, tries: state.tries + 1 }, step: state.step };
}
