import { leaveUseless } from './change.ts';
import type { Leave } from './change.ts';
import { isLaunching, isLeaving } from './group.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen, Step } from './step.ts';
import { heartbeatSeconds, isLeaseOver, passed } from './timing.ts';
import type { Turn } from './turn.ts';
import { isWaiting, takeTurn, turn } from './turn.ts';
import { hasToGo } from './view.ts';

/**
 * This instance cannot run jobs, and waiting does not help. The first two in a row make room for another one, which may fare better. From the
 * third on the group gets one less with each, so that no loop launches machines for ever; the next event tries again.
 */
export type Failing = { readonly phase: 'failing'; readonly why: string; readonly heartbeatAt: number } & (
  | { readonly at: 'stopping polling' | 'counting' | 'pausing before counting'; readonly tries: number }
  | { readonly at: 'describing' | 'pausing' | 'completing'; readonly failures: number }
  | { readonly at: 'turn'; readonly failures: number; readonly turn: Turn }
  /** The terminate call was sent, and nobody knows whether it took effect. It is never sent again. */
  | { readonly at: 'uncertain' | 'uncertain, describing'; readonly since: number }
  /** It may not leave: the group is at its minimum. Later it tries again to be of use. */
  | { readonly at: 'resting'; readonly since: number }
);

export type AfterFailing =
  Next<Failing> | { readonly to: 'boot' } | { readonly to: 'leave'; readonly settled: number | undefined };

/** So many in a row, and the cause is not a machine's. */
const mostFailures = 3;
const mostTries = 3;
const lookSeconds = 5;
const restSeconds = 300;
const look: Step = { do: 'look', seconds: lookSeconds };

export const fail = (why: string, now: number): Next<Failing> => ({
  state: { phase: 'failing', why, heartbeatAt: now, at: 'stopping polling', tries: 1 },
  step: { do: 'stop polling' },
});

const leave = (settled?: number): AfterFailing => ({ to: 'leave', settled });

/** Goes on failing. Before a look it extends the launch hook's time when that is due; without a hook nothing happens. */
export function failing(state: Failing, seen: Seen, settings: Settings): AfterFailing {
  const { view, now } = seen;
  if (hasToGo(view) && (state.at !== 'turn' || isWaiting(state.turn))) return leave();
  const next = after(state, seen, settings);
  if ('to' in next || next.step.do !== 'look') return next;
  if (!passed(heartbeatSeconds(settings.hookSeconds), next.state.heartbeatAt, now)) return next;
  return { state: { ...next.state, heartbeatAt: now }, step: { ...next.step, heartbeat: 'launch' } };
}

function after(state: Failing, seen: Seen, settings: Settings): AfterFailing {
  const { answer, now } = seen;
  const { phase, why, heartbeatAt } = state;
  const common = { phase, why, heartbeatAt } as const;
  const rest: Next<Failing> = { state: { ...common, at: 'resting', since: now }, step: look };
  switch (state.at) {
    case 'stopping polling':
      if (answer.kind !== 'done' && state.tries < mostTries)
        return { state: { ...state, tries: state.tries + 1 }, step: { do: 'stop polling' } };
      return { state: { ...common, at: 'counting', tries: 1 }, step: { do: 'count boot failure' } };
    case 'counting':
      if (answer.kind === 'counted') return describe(common, answer.failures);
      // Without the count nothing would end the loop: it stays, and tries again later.
      if (state.tries >= mostTries) return rest;
      return { state: { ...common, at: 'pausing before counting', tries: state.tries + 1 }, step: look };
    case 'pausing before counting':
      return { state: { ...state, at: 'counting' }, step: { do: 'count boot failure' } };
    case 'pausing':
    case 'completing':
      return state.at === 'completing'
        ? { state: { ...state, at: 'pausing' }, step: look }
        : describe(common, state.failures);
    case 'describing':
      return described(common, state.failures, seen, settings);
    case 'turn':
      return taking(common, state, seen, settings);
    case 'uncertain':
      return { state: { ...state, at: 'uncertain, describing' }, step: { do: 'describe group' } };
    case 'uncertain, describing':
      if (answer.kind === 'group' && answer.group !== undefined && isLeaving(answer.group, settings.instanceId))
        return leave();
      if (isLeaseOver(state.since, now)) return rest;
      return { state: { ...state, at: 'uncertain' }, step: look };
    case 'resting':
      return passed(restSeconds, state.since, now) ? { to: 'boot' } : { state, step: look };
  }
}

type Common = Pick<Failing, 'phase' | 'why' | 'heartbeatAt'>;

const describe = (common: Common, failures: number): Next<Failing> => ({
  state: { ...common, at: 'describing', failures },
  step: { do: 'describe group' },
});

function described(common: Common, failures: number, { answer, now }: Seen, { instanceId }: Settings): AfterFailing {
  const group = answer.kind === 'group' ? answer.group : undefined;
  if (!group?.instances.some(({ id }) => id === instanceId))
    return { state: { ...common, at: 'pausing', failures }, step: look };
  if (isLeaving(group, instanceId)) return leave();
  // An instance that is still launching cannot be terminated through the group (kops#6900). To abandon its launch makes Auto Scaling
  // replace it; to leave without a replacement it has to get into service first, where it takes no job.
  if (isLaunching(group, instanceId))
    return {
      state: { ...common, at: 'completing', failures },
      step: {
        do: 'complete lifecycle action',
        hook: 'launch',
        result: failures < mostFailures ? 'ABANDON' : 'CONTINUE',
      },
    };
  const begun = takeTurn(now);
  return { state: { ...common, at: 'turn', failures, turn: begun.state }, step: begun.step };
}

function taking(
  common: Common,
  { failures, turn: before }: Extract<Failing, { at: 'turn' }>,
  seen: Seen,
  settings: Settings,
): AfterFailing {
  const next = turn(before, seen, settings, (item, group) =>
    leaveUseless(item, group, settings, failures < mostFailures),
  );
  if ('step' in next) return { state: { ...common, at: 'turn', failures, turn: next.state }, step: next.step };
  switch (next.end.result) {
    case 'changed':
      // A turn that is about leaving acts in no other way.
      return leave((next.end.act as Leave).settled);
    case 'unknown':
      return { state: { ...common, at: 'uncertain', since: seen.now }, step: look };
    case 'unneeded':
      return next.end.isLeaving ? leave() : { state: { ...common, at: 'resting', since: seen.now }, step: look };
    case 'failed':
      return { state: { ...common, at: 'pausing', failures }, step: look };
  }
}
