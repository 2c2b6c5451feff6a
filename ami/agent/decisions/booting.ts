import type { Group } from './group.ts';
import { isLaunching, isLeaving } from './group.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen, Step } from './step.ts';
import { heartbeatSeconds, passed } from './timing.ts';
import { hasToGo } from './view.ts';

/**
 * From the start of the agent to the moment at which the runner may poll. No job is taken before the launch hook is completed: an instance
 * whose hook runs out is ended with its jobs. After a crash the same steps find most of it done.
 */
export type Booting = {
  readonly phase: 'booting';
  readonly heartbeatAt: number;
  /** When the present step was first refused; absent while it was not. */
  readonly refusedAt?: number;
} & (
  | { readonly at: 'doing' | 'pausing'; readonly stage: Stage }
  | { readonly at: 'awaiting metrics'; readonly since: number }
  | { readonly at: 'describing' | 'completing' | 'entering' }
);

export type AfterBooting =
  Next<Booting> | { readonly to: 'work' | 'leave' } | { readonly to: 'fail'; readonly why: string };

/** What is done one after the other; the runner's metrics are awaited after its start, and the launch hook is completed after its verification. */
const stages = [
  'fetch token',
  'check executor',
  'create runner',
  'configure runner',
  'start runner',
  'verify runner',
  'note registration',
] as const;
type Stage = (typeof stages)[number];

const lookSeconds = 5;
const soonSeconds = 1;
/**
 * What was refused for so long is not going to be allowed: permissions of a role that was just made take some seconds to be known everywhere
 * (IAM User Guide, troubleshooting: changes are not always immediately visible), and Docker may still be starting.
 */
const refusalSeconds = 60;
const metricsSeconds = 60;

const look: Step = { do: 'look', seconds: lookSeconds };

export const boot = (now: number): Next<Booting> => begin('fetch token', now);

const begin = (stage: Stage, heartbeatAt: number): Next<Booting> => ({
  state: { phase: 'booting', heartbeatAt, at: 'doing', stage },
  step: { do: stage },
});

/** Goes on booting. Before a look it extends the launch hook's time when that is due; without a hook nothing happens. */
export function booting(state: Booting, seen: Seen, settings: Settings): AfterBooting {
  if (hasToGo(seen.view)) return { to: 'leave' };
  const next = after(state, seen, settings);
  if ('to' in next || next.step.do !== 'look') return next;
  if (!passed(heartbeatSeconds(settings.hookSeconds), next.state.heartbeatAt, seen.now)) return next;
  return { state: { ...next.state, heartbeatAt: seen.now }, step: { ...next.step, heartbeat: 'launch' } };
}

function after(state: Booting, seen: Seen, { instanceId }: Settings): AfterBooting {
  const { answer, now, view } = seen;
  const { phase, heartbeatAt } = state;
  const common = { phase, heartbeatAt } as const;
  switch (state.at) {
    case 'doing':
      return answer.kind === 'done' ? following(state.stage, common, now) : failed(state, seen);
    case 'pausing':
      return { state: { ...state, at: 'doing' }, step: { do: state.stage } };
    case 'awaiting metrics':
      if (view.runner !== undefined) return begin('verify runner', heartbeatAt);
      if (passed(metricsSeconds, state.since, now)) return { to: 'fail', why: 'the runner does not run' };
      return { state, step: { do: 'look', seconds: soonSeconds } };
    case 'describing':
      // An answer may be older than the launch; it is asked again.
      if (answer.kind !== 'group' || answer.group === undefined)
        return { state: { ...common, at: 'entering' }, step: look };
      return described(answer.group, instanceId, common);
    case 'completing':
      return { state: { ...common, at: 'entering' }, step: { do: 'look', seconds: soonSeconds } };
    case 'entering':
      return { state: { ...common, at: 'describing' }, step: { do: 'describe group' } };
  }
}

type Common = Pick<Booting, 'phase' | 'heartbeatAt'>;

function following(stage: Stage, common: Common, now: number): AfterBooting {
  if (stage === 'start runner')
    return {
      state: { ...common, at: 'awaiting metrics', since: now },
      step: { do: 'look', seconds: soonSeconds },
    };
  if (stage === 'note registration') return { state: { ...common, at: 'describing' }, step: { do: 'describe group' } };
  return begin(stages[stages.indexOf(stage) + 1]!, common.heartbeatAt);
}

/** An outage is waited out for as long as the hook lasts; a refusal only for a while. */
function failed(state: Extract<Booting, { at: 'doing' | 'pausing' }>, { answer, now }: Seen): AfterBooting {
  const { refusedAt, ...rest } = state;
  const isRefused = answer.kind === 'refused';
  const since = isRefused ? (refusedAt ?? now) : undefined;
  if (isRefused && since !== undefined && passed(refusalSeconds, since, now)) {
    // It matters less than the jobs do: without it a count is not reset, and with the demand strategy a job is thought to be another fleet's.
    if (state.stage === 'note registration') return following(state.stage, state, now);
    return { to: 'fail', why: `${state.stage}: ${answer.why}` };
  }
  return { state: { ...rest, at: 'pausing', ...(since !== undefined && { refusedAt: since }) }, step: look };
}

function described(group: Group, instanceId: string, common: Common): AfterBooting {
  if (isLaunching(group, instanceId))
    return {
      state: { ...common, at: 'completing' },
      step: { do: 'complete lifecycle action', hook: 'launch', result: 'CONTINUE' },
    };
  const isKnown = group.instances.some(({ id }) => id === instanceId);
  if (!isKnown) return { state: { ...common, at: 'entering' }, step: look };
  return isLeaving(group, instanceId) ? { to: 'leave' } : { to: 'work' };
}
