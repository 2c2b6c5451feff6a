import fc from 'fast-check';
import type { Agent } from '../../../../ami/agent/decisions/agent.ts';
import { decide, start } from '../../../../ami/agent/decisions/agent.ts';
import type { Settings } from '../../../../ami/agent/decisions/settings.ts';
import type { Answer, Seen, Step } from '../../../../ami/agent/decisions/step.ts';
import type { Runner, View } from '../../../../ami/agent/decisions/view.ts';
import { demand, firstInstance, me } from './play.ts';

/**
 * Lives of an agent in a world that answers as it likes. The services may say anything that they could say, in any order; only the runner
 * is a runner: it takes a job while it polls or while a request is in flight, and at no other time.
 */

/** One thing that happens: how the next step ends, and what goes on meanwhile. */
interface Chance {
  /** What the step comes to, should it be able to. */
  readonly outcome: 'well' | 'lost' | 'refused' | 'unknown';
  /** The same for a step that changes the group, which is rarer. */
  readonly change: 'well' | 'refused' | 'unknown';
  /** Seconds, besides those of a look. */
  readonly took: number;
  readonly wakeCount: number;
  readonly open: number;
  readonly asked: number | undefined;
  /** Mine is whichever name this agent used last. */
  readonly holder: 'nobody' | 'workflow/1' | 'workflow/2' | 'agent/i-other/1' | 'mine';
  readonly desired: number;
  readonly others: number;
  readonly min: number;
  readonly own: string;
  readonly isGroupThere: boolean;
  readonly isToldToGo: boolean;
  /** Spot takes the machine in so many seconds. */
  readonly spotIn: number | undefined;
  readonly hasMetrics: boolean;
  /** Jobs that begin, as far as the runner can take them, and jobs that end. */
  readonly begun: number;
  readonly ended: number;
  readonly polled: number;
  readonly inFlight: number;
}

const often = <T>(value: T, weight: number, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });

const chance: fc.Arbitrary<Chance> = fc.record({
  outcome: often<Chance['outcome']>('well', 6, fc.constantFrom('lost', 'refused', 'unknown')),
  change: fc.constantFrom('well', 'well', 'refused', 'unknown', 'unknown'),
  took: often(0.1, 6, fc.constantFrom(0, 5, 30, 100, 130, 400)),
  wakeCount: often(5, 6, fc.constantFrom(0, 6)),
  open: fc.constantFrom(0, 1, 7),
  asked: often<number | undefined>(undefined, 1, fc.constantFrom(5, 6)),
  holder: often<Chance['holder']>('nobody', 6, fc.constantFrom('workflow/1', 'workflow/2', 'agent/i-other/1', 'mine')),
  desired: fc.constantFrom(0, 1, 1, 1, 2, 4),
  others: fc.constantFrom(0, 0, 1, 3),
  min: often(0, 6, fc.constantFrom(1)),
  own: often('InService', 8, fc.constantFrom('Pending:Wait', 'Terminating:Wait', 'Terminated', 'absent')),
  isGroupThere: often(true, 20, fc.constant(false)),
  isToldToGo: often(false, 150, fc.constant(true)),
  spotIn: often<number | undefined>(undefined, 300, fc.constantFrom(5, 120)),
  hasMetrics: often(true, 20, fc.constant(false)),
  begun: often(0, 8, fc.constantFrom(1, 6)),
  ended: often(6, 1, fc.constantFrom(0, 1)),
  polled: fc.constantFrom(0, 1, 4),
  inFlight: often(0, 2, fc.constant(1)),
});

export interface Life {
  readonly settings: Settings;
  readonly chances: readonly Chance[];
  /** Whether the services go on failing once the chances have run out; otherwise all goes well then. */
  readonly endsWith: Chance['change'];
  /** Whether the runner's metrics answer then. */
  readonly hasMetrics: boolean;
}

export const life: fc.Arbitrary<Life> = fc.record({
  settings: fc.constantFrom(firstInstance, demand).map((settings) => ({ ...settings, idleSeconds: 30 })),
  chances: fc.array(chance, { minLength: 1, maxLength: 120, size: 'max' }),
  endsWith: fc.constantFrom('well', 'refused', 'unknown'),
  hasMetrics: fc.boolean(),
});

/** A step with what it came to, and the moments before and after; the view is the one from which it was decided. */
export interface Deed {
  readonly step: Step;
  readonly answer: Answer;
  readonly from: number;
  readonly to: number;
  readonly view: View;
}

export interface Lived {
  readonly deeds: readonly Deed[];
  readonly last: Agent;
}

/** Lives `life` for so many steps; after its chances it goes on quietly, and nothing more is told or begun. */
export function live({ settings, chances, endsWith, hasMetrics }: Life, steps = 400): Lived {
  const rest: Chance = {
    outcome: endsWith,
    change: endsWith,
    took: 0.1,
    wakeCount: 5,
    open: 0,
    asked: undefined,
    holder: 'nobody',
    desired: 1,
    others: 0,
    min: 0,
    own: 'InService',
    isGroupThere: true,
    isToldToGo: false,
    spotIn: undefined,
    hasMetrics,
    begun: 0,
    ended: 6,
    polled: 1,
    inFlight: 0,
  };
  let isPolling = false;
  let own: Runner = { running: 0, concurrent: 6, polling: [], inFlight: 0 };
  let counters = { empty: 0, others: 0 };
  let mine = `agent/${me}/before`;
  let wasTold = false;
  let spotEndsAt: number | undefined;
  let view: View = { isRunnerOn: true, isToldToGo: false };
  let isStopped = false;
  let now = 0;
  let next = start(now);
  const deeds: Deed[] = [];

  const answerTo = (step: Step, given: Chance): Answer => {
    const isChange = step.do === 'terminate instance' || step.do === 'set desired capacity';
    const outcome = isChange ? given.change : given.outcome;
    if (step.do === 'look') return { kind: 'looked' };
    if (outcome === 'refused' || outcome === 'unknown') return { kind: outcome, why: 'by chance' };
    const { wakeCount, open, asked, holder } = given;
    const item = {
      wakeCount,
      open,
      ...(asked !== undefined && { asked }),
      ...(holder !== 'nobody' && { holder: holder === 'mine' ? mine : holder }),
    };
    switch (step.do) {
      case 'read item':
        return { kind: 'item', item };
      case 'acquire lock':
      case 'take lock over':
        return outcome === 'lost' ? { kind: 'lost' } : { kind: 'acquired', item };
      case 'fence':
      case 'release lock':
        return outcome === 'lost' ? { kind: 'lost' } : { kind: 'done' };
      case 'describe group': {
        const { desired, min, others } = given;
        const instances = [
          ...(given.own === 'absent' ? [] : [{ id: me, lifecycleState: given.own }]),
          ...Array.from({ length: others }, (_, index) => ({ id: `i-${index}`, lifecycleState: 'InService' })),
        ];
        return { kind: 'group', group: given.isGroupThere ? { desired, min, max: 4, instances } : undefined };
      }
      case 'count boot failure':
        return { kind: 'counted', failures: given.others + 1 };
      default:
        return { kind: 'done' };
    }
  };

  for (let index = 0; index < steps; index += 1) {
    const given = chances[index] ?? rest;
    const { step } = next;
    const answer = answerTo(step, given);
    const from = now;
    now += ((step.do === 'look' ? step.seconds : 0) + given.took) * 1000;
    deeds.push({ step, answer, from, to: now, view });

    if ('holder' in step && step.do !== 'release lock') mine = step.holder;
    if (step.do === 'poll again' && answer.kind === 'done') isPolling = true;
    if (step.do === 'stop polling' && answer.kind === 'done') isPolling = false;
    if ((step.do === 'stop runner' || step.do === 'abort jobs') && answer.kind === 'done') isStopped = true;
    if (step.do === 'abort jobs' && answer.kind === 'done') own = { ...own, running: 0 };
    if (step.do === 'look') {
      const places = own.concurrent - own.running;
      const taken = isPolling ? Math.min(given.begun, places) : Math.min(given.begun, own.inFlight, places);
      counters = { empty: counters.empty + (isPolling ? given.polled : 0), others: counters.others + taken };
      const inFlight = isPolling ? given.inFlight : Math.min(own.inFlight - taken, given.inFlight);
      own = {
        ...own,
        running: Math.max(0, own.running - given.ended) + taken,
        inFlight: Math.max(0, inFlight),
        polling: isPolling
          ? [{ id: 'one', requestConcurrency: 1, inFlight: given.inFlight, ...counters, refused: 0 }]
          : [],
      };
      wasTold ||= given.isToldToGo;
      if (given.spotIn !== undefined) spotEndsAt ??= now + given.spotIn * 1000;
      view = {
        ...(given.hasMetrics && { runner: own }),
        isRunnerOn: !isStopped || own.running > 0,
        isToldToGo: wasTold,
        ...(spotEndsAt !== undefined && { spotEndsAt }),
      };
    }
    const seen: Seen = { now, answer, view, unique: `#${index}` };
    next = decide(next.state, seen, settings);
  }
  return { deeds, last: next.state };
}
