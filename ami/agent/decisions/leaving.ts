import { holderPrefix } from '../../contract.ts';
import { wakeAgain } from './change.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen, Step } from './step.ts';
import { heartbeatSeconds, passed, queueLagSeconds } from './timing.ts';
import type { Turn } from './turn.ts';
import { takeTurn, turn } from './turn.ts';

/**
 * The group has let go of this instance: it is in `Terminating:Wait`, by its own wish or by somebody else's. Before it goes it takes a second
 * look at the events: one that was counted while this instance still seemed to be there may have relied on it.
 */
export type Leaving = {
  readonly phase: 'leaving';
  /** When it was noticed. */
  readonly since: number;
  /** The count up to which every event is nothing for this instance. Absent: none is known to be. */
  readonly settled?: number;
  readonly heartbeatAt: number;
  /** The jobs were told to end: Spot takes the machine in a moment, and GitLab has to hear of it. */
  readonly isAborted?: true;
} & (
  | { readonly at: 'stopping polling' | 'settling' | 'reading' | 'describing' | 'completing' | 'gone' }
  /** The step before failed, and is done again. */
  | { readonly at: 'pausing'; readonly before: 'stopping polling' | 'completing' }
  | { readonly at: 'waking again'; readonly turn: Turn }
  /** `quiet` counts the looks in a row that found neither a request nor a job; `seenAt` is when the runner was last seen. */
  | { readonly at: 'finishing'; readonly quiet: number; readonly seenAt: number }
  /** `busyAt` is when a job was last seen, of a runner that could not be told to end. */
  | { readonly at: 'ending'; readonly busyAt?: number }
  | { readonly at: 'aborting' | 'stopping runner' | 'unregistering'; readonly tries: number }
);

type Common = Pick<Leaving, 'phase' | 'since' | 'settled' | 'heartbeatAt' | 'isAborted'>;

const lookSeconds = 5;
const quietLooks = 2;
const mostTries = 3;
/** A second look that has failed for so long is given up: an instance must not stay for ever because a permission is missing. */
const secondLookSeconds = 900;
/** A runner of which nothing was seen for so long is told to end; SIGQUIT lets a job that runs all the same come to its end. */
const unseenSeconds = 300;

/** So long before Spot takes the machine its jobs are ended: GitLab is told, and may run them again elsewhere. */
const abortSeconds = 20;

const look: Step = { do: 'look', seconds: lookSeconds };

/** Begins to leave; polling is stopped, should it not be. */
export function goAway(settled: number | undefined, now: number): Next<Leaving> {
  return {
    state: {
      phase: 'leaving',
      at: 'stopping polling',
      since: now,
      heartbeatAt: now,
      ...(settled !== undefined && { settled }),
    },
    step: { do: 'stop polling' },
  };
}

/** Goes on leaving. Before a look it extends the hook's time when that is due. */
export function leaving(state: Leaving, seen: Seen, settings: Settings): Next<Leaving> {
  const next = after(state, seen, settings);
  if (next.step.do !== 'look' || next.state.at === 'gone') return next;
  if (!passed(heartbeatSeconds(settings.hookSeconds), next.state.heartbeatAt, seen.now)) return next;
  return { state: { ...next.state, heartbeatAt: seen.now }, step: { ...next.step, heartbeat: 'terminate' } };
}

function after(state: Leaving, seen: Seen, settings: Settings): Next<Leaving> {
  const { answer, now } = seen;
  const common = commonOf(state);
  if (isTimeToAbort(state, seen)) return abortJobs(common, 1);
  const isDone = answer.kind === 'done';
  const isPatienceOver = passed(secondLookSeconds, state.since, now);
  switch (state.at) {
    case 'stopping polling':
      if (!isDone && !isPatienceOver)
        return { state: { ...common, at: 'pausing', before: 'stopping polling' }, step: look };
      return { state: { ...common, at: 'settling' }, step: look };
    // By then every answer of Describe shows that this instance is going, and an event that still saw it there has been counted.
    case 'settling':
      if (isPatienceOver) return finish(common, now);
      if (!passed(queueLagSeconds, state.since, now)) return { state, step: look };
      return { state: { ...common, at: 'reading' }, step: { do: 'read item' } };
    case 'reading':
      if (answer.kind !== 'item') return { state: { ...common, at: 'settling' }, step: look };
      if (answer.item.wakeCount === state.settled) return finish(common, now);
      // Another one is about to leave, and may rely on this one as this one would on it: what the group is worth shows when it has let go.
      if (answer.item.holder?.startsWith(holderPrefix.agent)) return wakeAgainUnderLock(common, now);
      return { state: { ...common, at: 'describing' }, step: { do: 'describe group' } };
    case 'describing': {
      if (answer.kind !== 'group') return { state: { ...common, at: 'settling' }, step: look };
      if (answer.group === undefined || answer.group.desired > 0) return finish(common, now);
      return wakeAgainUnderLock(common, now);
    }
    case 'waking again':
      return wakingAgain(common, state.turn, seen, settings);
    case 'finishing':
      return finishing(state, seen);
    case 'aborting':
      if (!isDone && state.tries < mostTries) return abortJobs(common, state.tries + 1);
      return { state: { ...common, at: 'ending', ...(!isDone && { busyAt: now }) }, step: look };
    case 'stopping runner':
      if (!isDone && state.tries < mostTries) return stopRunner(common, state.tries + 1);
      return { state: { ...common, at: 'ending', ...(!isDone && { busyAt: now }) }, step: look };
    case 'ending':
      return ending(state, seen);
    case 'unregistering':
      if (!isDone && state.tries < mostTries) return unregister(common, state.tries + 1);
      return complete(common);
    case 'completing':
      if (isDone) return { state: { ...common, at: 'gone' }, step: look };
      return { state: { ...common, at: 'pausing', before: 'completing' }, step: look };
    case 'pausing':
      if (state.before === 'completing') return complete(common);
      return { state: { ...common, at: 'stopping polling' }, step: { do: 'stop polling' } };
    case 'gone':
      return { state, step: look };
  }
}

/** Seen after a pause only: a call that is under way is answered first. */
const isTimeToAbort = ({ isAborted }: Leaving, { answer, view: { spotEndsAt, isRunnerOn }, now }: Seen): boolean =>
  answer.kind === 'looked' &&
  !isAborted &&
  isRunnerOn &&
  spotEndsAt !== undefined &&
  passed(-abortSeconds, spotEndsAt, now);

const abortJobs = (common: Common, tries: number): Next<Leaving> => ({
  state: { ...common, isAborted: true, at: 'aborting', tries },
  step: { do: 'abort jobs' },
});

const commonOf = ({ phase, since, settled, heartbeatAt, isAborted }: Leaving): Common => ({
  phase,
  since,
  heartbeatAt,
  ...(isAborted && { isAborted }),
  ...(settled !== undefined && { settled }),
});

function wakeAgainUnderLock(common: Common, now: number): Next<Leaving> {
  const { state, step } = takeTurn(now);
  return { state: { ...common, at: 'waking again', turn: state }, step };
}

function wakingAgain(common: Common, before: Turn, seen: Seen, settings: Settings): Next<Leaving> {
  const next = turn(before, seen, settings, (item, group) => wakeAgain(item, group, settings));
  if ('step' in next) return { state: { ...common, at: 'waking again', turn: next.state }, step: next.step };
  const { result } = next.end;
  if (result === 'changed' || result === 'unneeded') return finish(common, seen.now);
  return { state: { ...common, at: 'settling' }, step: look };
}

const finish = (common: Common, now: number): Next<Leaving> => ({
  state: { ...common, at: 'finishing', quiet: 0, seenAt: now },
  step: look,
});

/** What runs is run to its end. */
function finishing(state: Extract<Leaving, { at: 'finishing' }>, { view: { runner }, now }: Seen): Next<Leaving> {
  const seenAt = runner === undefined ? state.seenAt : now;
  const quiet = runner?.running === 0 && runner.inFlight === 0 ? state.quiet + 1 : 0;
  const isOver = quiet >= quietLooks || passed(unseenSeconds, seenAt, now);
  return isOver ? stopRunner(commonOf(state), 1) : { state: { ...state, quiet, seenAt }, step: look };
}

/** A runner that was told to end does so after its last job, and that is waited for. One that could not be told is left after a while. */
function ending(state: Extract<Leaving, { at: 'ending' }>, { view: { runner, isRunnerOn }, now }: Seen): Next<Leaving> {
  const busyAt = state.busyAt !== undefined && (runner?.running ?? 0) > 0 ? now : state.busyAt;
  const isGivenUp = busyAt !== undefined && passed(unseenSeconds, busyAt, now);
  if (!isRunnerOn || isGivenUp) return unregister(commonOf(state), 1);
  return { state: { ...state, ...(busyAt !== undefined && { busyAt }) }, step: look };
}

const stopRunner = (common: Common, tries: number): Next<Leaving> => ({
  state: { ...common, at: 'stopping runner', tries },
  step: { do: 'stop runner' },
});

const unregister = (common: Common, tries: number): Next<Leaving> => ({
  state: { ...common, at: 'unregistering', tries },
  step: { do: 'unregister' },
});

const complete = (common: Common): Next<Leaving> => ({
  state: { ...common, at: 'completing' },
  step: { do: 'complete lifecycle action', hook: 'terminate', result: 'CONTINUE' },
});
