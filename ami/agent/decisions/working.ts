import { ask, leave } from './change.ts';
import { counted, wantsCount } from './coverage.ts';
import type { Group } from './group.ts';
import { ailment, healthy } from './health.ts';
import type { Item } from './item.ts';
import type { Memory } from './memory.ts';
import { nothingRemembered, remember } from './memory.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen, Step } from './step.ts';
import { passed, patienceSeconds } from './timing.ts';
import type { Turn } from './turn.ts';
import { isWaiting, takeTurn, turn } from './turn.ts';
import { hasToGo } from './view.ts';

/** The instance polls and runs jobs; when it is full it asks for another, and when it is idle it thinks of leaving. */
export type Working = { readonly phase: 'working'; readonly memory: Memory } & (
  | { readonly at: 'polling again' | 'pausing' | 'looking' | 'describing' | 'describing to ask' }
  /** With the group when it is about leaving. */
  | { readonly at: 'reading'; readonly group?: Group }
  | { readonly at: 'asking'; readonly turn: Turn }
);

export type AfterWorking =
  | Next<Working>
  | { readonly to: 'drain' | 'leave'; readonly memory: Memory }
  | { readonly to: 'fail'; readonly why: string };

const lookSeconds = 5;
/** Between one attempt to leave, or to ask, and the next. */
const againSeconds = 30;

const look: Step = { do: 'look', seconds: lookSeconds };

/** Begins, or goes back to it: whatever was taken out of the runner's configuration is put back first. */
export const work = (memory: Memory): Next<Working> => ({
  state: { phase: 'working', at: 'polling again', memory },
  step: { do: 'poll again' },
});

export const begin = (now: number): Next<Working> => work(nothingRemembered(now));

/** The same, after an attempt that came to nothing. While it lasted the runner may not have polled, which is no ailment. */
export const workOn = (memory: Memory, now: number): Next<Working> =>
  work({ ...later(memory, now), health: healthy(now) });

const later = (memory: Memory, now: number): Memory => ({ ...memory, notBefore: now + againSeconds * 1000 });

const lookAgain = (memory: Memory): Next<Working> => ({
  state: { phase: 'working', at: 'looking', memory },
  step: look,
});

/** What the judge of a leaving instance needs to know of it. */
export const leavingOf = ({ coverage, busyAt }: Memory, now: number) => ({
  ...(coverage.covered !== undefined && { covered: coverage.covered }),
  isPatienceOver: passed(patienceSeconds, busyAt, now),
});

export function working(state: Working, seen: Seen, settings: Settings): AfterWorking {
  const memory = remember(state.memory, seen);
  const { answer, now, view } = seen;
  switch (state.at) {
    case 'polling again':
      if (answer.kind === 'done') return lookAgain(memory);
      return { state: { phase: 'working', at: 'pausing', memory }, step: look };
    case 'pausing':
      return hasToGo(view) ? { to: 'leave', memory } : work(memory);
    case 'looking': {
      if (hasToGo(view)) return { to: 'leave', memory };
      const why = ailment(memory.health, now);
      return why === undefined ? nextOf(memory, now, settings) : { to: 'fail', why };
    }
    case 'describing':
      if (answer.kind !== 'group' || answer.group === undefined) return lookAgain(later(memory, now));
      return { state: { phase: 'working', at: 'reading', memory, group: answer.group }, step: { do: 'read item' } };
    // A group at its maximum needs no turn at the lock: it would only keep the webhooks waiting.
    case 'describing to ask':
      if (answer.kind !== 'group' || answer.group === undefined || answer.group.desired >= answer.group.max)
        return lookAgain(later(memory, now));
      return askForMore(memory, now);
    case 'reading':
      if (answer.kind !== 'item') return lookAgain(later(memory, now));
      return read(memory, answer.item, state.group, now, settings);
    case 'asking':
      if (hasToGo(view) && isWaiting(state.turn)) return { to: 'leave', memory };
      return asking(state.turn, memory, seen, settings);
  }
}

function nextOf(memory: Memory, now: number, { idleSeconds }: Settings): Next<Working> {
  const at = (place: 'describing' | 'reading', step: Step): Next<Working> => ({
    state: { phase: 'working', at: place, memory },
    step,
  });
  const mayTry = now >= memory.notBefore;
  if (memory.isFull && memory.mayAsk && mayTry) return askForMore(memory, now);
  if (memory.isFull && mayTry) return at('reading', { do: 'read item' });
  if (passed(idleSeconds, memory.busyAt, now) && mayTry) return at('describing', { do: 'describe group' });
  if (!memory.isFull && wantsCount(memory.coverage, now)) return at('reading', { do: 'read item' });
  return lookAgain(memory);
}

function askForMore(memory: Memory, now: number): Next<Working> {
  const { state, step } = takeTurn(now);
  return { state: { phase: 'working', at: 'asking', memory, turn: state }, step };
}

function read(before: Memory, item: Item, group: Group | undefined, now: number, settings: Settings): AfterWorking {
  const memory = { ...before, coverage: counted(before.coverage, item.wakeCount, now) };
  if (memory.isFull && now >= memory.notBefore)
    return item.asked === item.wakeCount
      ? lookAgain(later(memory, now))
      : { state: { phase: 'working', at: 'describing to ask', memory }, step: { do: 'describe group' } };
  if (group === undefined) return lookAgain(memory);
  const isWorthIt = leave(item, group, settings, leavingOf(memory, now)).kind === 'leave';
  return isWorthIt ? { to: 'drain', memory } : lookAgain(later(memory, now));
}

function asking(before: Turn, memory: Memory, seen: Seen, settings: Settings): AfterWorking {
  const after = turn(before, seen, settings, (item, group) =>
    memory.isFull
      ? ask(item, group, settings, memory.mayAsk)
      : { kind: 'none', why: 'this instance is no longer full' },
  );
  if ('step' in after)
    return { state: { phase: 'working', at: 'asking', memory, turn: after.state }, step: after.step };
  const isAnswered = after.end.result === 'changed' || after.end.result === 'unneeded';
  return lookAgain(later(isAnswered ? { ...memory, mayAsk: false } : memory, seen.now));
}
