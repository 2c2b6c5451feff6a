import type { Leave } from './change.ts';
import { leave } from './change.ts';
import { isLeaving } from './group.ts';
import type { Memory } from './memory.ts';
import { remember } from './memory.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen, Step } from './step.ts';
import { isLeaseOver, passed } from './timing.ts';
import type { Turn } from './turn.ts';
import { isWaiting, takeTurn, turn } from './turn.ts';
import { hasToGo } from './view.ts';
import { leavingOf } from './working.ts';

/** An idle instance tries to leave. Until the group has let go of it every step can be taken back. */
export type Draining = { readonly phase: 'draining'; readonly memory: Memory } & (
  | { readonly at: 'stopping polling'; readonly since: number }
  /** `quiet` counts the looks in a row that found neither a request nor a job. */
  | { readonly at: 'emptying'; readonly since: number; readonly quiet: number }
  | { readonly at: 'turn'; readonly turn: Turn }
  /** The terminate call was sent, and nobody knows whether it took effect. It is never sent again. */
  | { readonly at: 'uncertain' | 'uncertain, describing'; readonly since: number }
);

/** `stay` puts the runners back. `leave`: the group has let go of this instance, and the events up to `settled` are nothing for it. */
export type AfterDraining =
  | Next<Draining>
  | { readonly to: 'stay'; readonly memory: Memory }
  | { readonly to: 'leave'; readonly settled: number | undefined };

const lookSeconds = 1;
const uncertainLookSeconds = 10;
/** Longer than GitLab holds a request (50 s); then something is wrong, and the instance goes on working. */
const emptyingSeconds = 180;
/** Two looks, because a job that GitLab has just given shows up in the metrics a moment later. */
const quietLooks = 2;

/** For so long an instance that cannot see its group waits for it. */
const blindSeconds = 900;

const look: Step = { do: 'look', seconds: lookSeconds };

export const drain = (memory: Memory, now: number): Next<Draining> => ({
  state: { phase: 'draining', at: 'stopping polling', since: now, memory },
  step: { do: 'stop polling' },
});

const toldToGo = ({ coverage: { covered } }: Memory): AfterDraining => ({ to: 'leave', settled: covered });

export function draining(state: Draining, seen: Seen, settings: Settings): AfterDraining {
  const { answer, now, view } = seen;
  const memory = remember(state.memory, seen);
  if (hasToGo(view) && (state.at !== 'turn' || isWaiting(state.turn))) return toldToGo(memory);
  switch (state.at) {
    case 'stopping polling':
      if (answer.kind !== 'done') return { to: 'stay', memory };
      return { state: { ...state, at: 'emptying', memory, quiet: 0 }, step: look };
    case 'emptying':
      return emptying({ ...state, memory }, seen);
    case 'turn':
      return leaving(state.turn, memory, seen, settings);
    case 'uncertain':
      return { state: { ...state, at: 'uncertain, describing', memory }, step: { do: 'describe group' } };
    case 'uncertain, describing': {
      const group = answer.kind === 'group' ? answer.group : undefined;
      if (group !== undefined && isLeaving(group, settings.instanceId)) return toldToGo(memory);
      // In service still, after a lease: it did not happen. Or nobody says so any more, and a runner that does not poll is of no use.
      const isOver = isLeaseOver(state.since, now) && group !== undefined;
      if (isOver || passed(blindSeconds, state.since, now)) return { to: 'stay', memory };
      return { state: { ...state, at: 'uncertain', memory }, step: { do: 'look', seconds: uncertainLookSeconds } };
    }
  }
}

function emptying(state: Extract<Draining, { at: 'emptying' }>, { view: { runner }, now }: Seen): AfterDraining {
  // A job that still arrived is simply run.
  if (runner !== undefined && runner.running > 0) return { to: 'stay', memory: state.memory };
  if (passed(emptyingSeconds, state.since, now)) return { to: 'stay', memory: state.memory };
  const quiet = runner?.inFlight === 0 ? state.quiet + 1 : 0;
  if (quiet < quietLooks) return { state: { ...state, quiet }, step: look };
  const { state: begun, step } = takeTurn(now);
  return { state: { phase: 'draining', at: 'turn', memory: state.memory, turn: begun }, step };
}

function leaving(before: Turn, memory: Memory, seen: Seen, settings: Settings): AfterDraining {
  const { now } = seen;
  const after = turn(before, seen, settings, (item, group) => leave(item, group, settings, leavingOf(memory, now)));
  if ('step' in after) return { state: { phase: 'draining', at: 'turn', memory, turn: after.state }, step: after.step };
  switch (after.end.result) {
    case 'changed':
      // A turn that is about leaving acts in no other way.
      return { to: 'leave', settled: (after.end.act as Leave).settled };
    case 'unknown':
      return {
        state: { phase: 'draining', at: 'uncertain', memory, since: now },
        step: { do: 'look', seconds: uncertainLookSeconds },
      };
    case 'unneeded':
      return after.end.isLeaving || hasToGo(seen.view) ? toldToGo(memory) : { to: 'stay', memory };
    case 'failed':
      return hasToGo(seen.view) ? toldToGo(memory) : { to: 'stay', memory };
  }
}
