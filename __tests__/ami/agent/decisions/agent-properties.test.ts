import fc from 'fast-check';
import { decide } from '../../../../ami/agent/decisions/agent.ts';
import type { Step } from '../../../../ami/agent/decisions/step.ts';
import { leaseMarginSeconds } from '../../../../ami/agent/decisions/timing.ts';
import { leaseSeconds } from '../../../../ami/contract.ts';
import type { Deed, Lived } from './any-life.ts';
import { life, live } from './any-life.ts';
import { me } from './play.ts';

const numRuns = 1000;
const seed = Math.trunc(Math.random() * 2 ** 31);
const lives = fc.sample(life, { numRuns, seed });
const lived = lives.map((given) => live(given));

/** In none of these lives is there anything of which `faults` tells. If there is, more are lived, to find the shortest of them. */
function never(faults: (lived: Lived) => readonly string[]): void {
  const found = lived.flatMap(faults);
  if (found.length > 0) {
    const isNever = fc.property(life, (given) => {
      expect(faults(live(given))).toEqual([]);
    });
    fc.assert(isNever, { numRuns: 10 * numRuns });
  }
  expect({ seed, found }).toEqual({ seed, found: [] });
}

type Doing<Name extends Step['do']> = Deed & { readonly step: Extract<Step, { readonly do: Name }> };

const is =
  <const Name extends Step['do']>(...names: readonly Name[]) =>
  (deed: Deed): deed is Doing<Name> =>
    (names as readonly Step['do'][]).includes(deed.step.do);

/** For each of these deeds what is wrong with it, seen together with all before. */
const each =
  <Some extends Deed>(
    some: (deed: Deed) => deed is Some,
    wrong: (deed: Some, before: readonly Deed[]) => string | undefined,
  ) =>
  ({ deeds }: Lived): readonly string[] =>
    deeds.flatMap((deed, index) => (some(deed) ? (wrong(deed, deeds.slice(0, index)) ?? []) : []));

const changes = is('terminate instance', 'set desired capacity');
const acquires = is('acquire lock', 'take lock over');
const terminates = is('terminate instance');
/** Lets Auto Scaling go on with the end of the instance. */
const completes = ({ step }: Deed): boolean => step.do === 'complete lifecycle action' && step.hook === 'terminate';
/** Terminates itself because it is idle, not because it cannot run jobs: that one does not wait until it is empty. */
const drains = (deed: Deed, before: readonly Deed[]): boolean => {
  const last = before.filter(is('count boot failure', 'poll again')).at(-1);
  return terminates(deed) && last?.step.do !== 'count boot failure';
};
/** For each time an idle instance terminates itself, what is wrong with it. */
const eachDrain = (wrong: (deed: Deed, before: readonly Deed[]) => string | undefined) =>
  each(terminates, (deed, before) => (drains(deed, before) ? wrong(deed, before) : undefined));
const isDone = ({ answer }: Deed): boolean => answer.kind === 'done';

/** The acquisition of the lock that is held, as far as the agent can know. */
function held(before: readonly Deed[]): ReturnType<typeof lastAcquisition> {
  const acquisition = lastAcquisition(before);
  const since = acquisition === undefined ? [] : before.slice(before.indexOf(acquisition) + 1);
  const isOver = since.some((deed) => deed.step.do === 'release lock' || deed.answer.kind === 'lost');
  return acquisition?.answer.kind === 'acquired' && !isOver ? acquisition : undefined;
}
/** The capacity was sent, and nobody knows whether it was set: its lock is left to its lease. */
const isUnanswered = (before: readonly Deed[]): boolean => {
  const last = before.filter(changes).at(-1);
  return last?.step.do === 'set desired capacity' && last.answer.kind === 'unknown';
};
const lastAcquisition = (before: readonly Deed[]) => before.filter(acquires).at(-1);

const frozen = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};

describe('whatever the services answer, an agent', () => {
  it('changes the group only directly after a fence that held, under the lock that this fence names', () => {
    never(
      each(changes, ({ step }, before) => {
        const fence = before.slice(-1).find(is('fence'));
        if (fence === undefined || !isDone(fence)) return `${step.do} without a fence`;
        return held(before)?.step.holder === fence.step.holder ? undefined : `${step.do} without this lock`;
      }),
    );
  });

  it('fences and changes the group within the lease less the margin, counted from before the request that began or renewed it', () => {
    const lease = (leaseSeconds - leaseMarginSeconds) * 1000;
    const renews = is('acquire lock', 'take lock over', 'fence');
    never(
      each(is('fence', 'terminate instance', 'set desired capacity'), ({ step, from }, before) => {
        const since = from - (before.filter(renews).at(-1)?.from ?? -Infinity);
        return since < lease ? undefined : `${step.do} ${since} ms into the lease`;
      }),
    );
  });

  it('uses each name for one acquisition', () => {
    never(
      each(acquires, ({ step: { holder } }, before) =>
        before.filter(acquires).some(({ step }) => step.holder === holder) ? `${holder} again` : undefined,
      ),
    );
  });

  it('uses no lock that it has let go of or lost', () => {
    never(
      each(is('fence'), ({ step: { holder } }, before) =>
        held(before)?.step.holder === holder ? undefined : `${holder} is not held`,
      ),
    );
  });

  it('lets go of no lock but its own', () => {
    never(each(is('release lock'), ({ step: { holder } }) => (holder.startsWith(`agent/${me}/`) ? undefined : holder)));
  });

  it('lets go of every lock that it acquired before it does anything but change the group, unless nobody answered the change', () => {
    const others = is(
      'read item',
      'acquire lock',
      'take lock over',
      'stop polling',
      'poll again',
      'stop runner',
      'unregister',
      'complete lifecycle action',
    );
    never(
      each(others, ({ step }, before) =>
        held(before) && !isUnanswered(before) ? `${step.do} while it holds the lock` : undefined,
      ),
    );
  });

  it('does not terminate itself while it polls', () => {
    never(
      eachDrain((_, before) => {
        const last = before.filter(is('stop polling', 'poll again')).at(-1);
        return last?.step.do === 'stop polling' && isDone(last) ? undefined : 'it polls';
      }),
    );
  });

  it('does not terminate itself while a job runs or a request is in flight, as far as can be seen', () => {
    never(
      eachDrain(({ view }, before) => {
        const last = [...before, { view }].findLast((deed) => deed.view.runner !== undefined)?.view.runner;
        return last?.running === 0 && last.inFlight === 0 ? undefined : 'it is not empty';
      }),
    );
  });

  it('has looked twice after it stopped polling before it terminates itself', () => {
    never(
      eachDrain((_, before) => {
        const stopped = before.findLastIndex(is('stop polling'));
        const looks = before.slice(stopped).filter(is('look')).length;
        return looks >= 2 ? undefined : `${looks} looks`;
      }),
    );
  });

  it('terminates itself once, and after an unknown outcome not before it is sure that nothing came of it', () => {
    const isInService = ({ answer }: Deed): boolean =>
      answer.kind === 'group' &&
      answer.group?.instances.some(({ id, lifecycleState }) => id === me && !lifecycleState.startsWith('Term')) ===
        true;
    never(
      each(terminates, ({ from }, before) => {
        const last = before.filter(terminates).at(-1);
        if (last === undefined || last.answer.kind === 'refused') return undefined;
        if (isDone(last)) return 'again after it was done';
        const leaseOver = last.from + leaseSeconds * 1000;
        const isSure = before.slice(before.indexOf(last)).some((deed) => deed.to >= leaseOver && isInService(deed));
        return from >= leaseOver && isSure ? undefined : 'again without being sure';
      }),
    );
  });

  it('neither polls nor terminates itself again when it has stopped the runner', () => {
    never(
      each(is('poll again', 'terminate instance'), ({ step }, before) =>
        before.some((deed) => is('stop runner')(deed) || completes(deed)) ? step.do : undefined,
      ),
    );
  });

  it('pauses at least every sixteen steps', () => {
    never(
      each(
        (deed): deed is Deed => deed.step.do !== 'look',
        (_, before) => (before.length >= 16 && !before.slice(-16).some(is('look')) ? 'no pause' : undefined),
      ),
    );
  });

  it('polls again or is out an hour after the last surprise, though every service refuses for good from then on', () => {
    const hour = 3600 * 1000;
    for (const given of lives.slice(0, 200)) {
      const { deeds } = live(given, 2500);
      const calm = deeds[given.chances.length]!.from;
      expect(deeds.at(-1)!.to - calm).toBeGreaterThan(hour);
      const late = deeds.flatMap((stop, index) => {
        if (stop.step.do !== 'stop polling' || !isDone(stop)) return [];
        const end =
          deeds.slice(index).find(is('poll again', 'complete lifecycle action', 'count boot failure')) ?? deeds.at(-1)!;
        const took = end.from - Math.max(calm, stop.from);
        return took <= hour ? [] : [`after ${took / 1000} s: ${end.step.do}`];
      });
      expect({ given, late: late.slice(0, 1) }).toEqual({ given, late: [] });
    }
  });

  it('decides the same from the same, and changes nothing that it was given', () => {
    for (const [index, given] of lives.slice(0, 100).entries()) {
      const before = lived[index]!;
      expect(JSON.stringify(live(given))).toBe(JSON.stringify(before));
      const { answer, to, view } = before.deeds.at(-1)!;
      const again = () =>
        decide(frozen(structuredClone(before.last)), frozen({ now: to, answer, view, unique: '#' }), given.settings);
      expect(again()).toEqual(again());
    }
  });
});

describe('such lives', () => {
  it('come to everything that the sentences above are about', () => {
    // The same ones each time: among any others there may be none that comes to what is rare.
    const known = fc.sample(life, { numRuns, seed: 20_261_124 }).map((given) => live(given));
    const found = known.map(({ deeds }) => new Set(deeds.map(inWords)));
    const missed = everything.filter((what) => !found.some((deeds) => deeds.has(what)));
    expect(missed).toEqual([]);
  });
});

const inWords = ({ step, answer }: Deed): string => {
  if (step.do === 'complete lifecycle action') return `complete ${step.hook} hook: ${step.result}`;
  if (step.do === 'terminate instance') return `${step.do}: ${answer.kind}`;
  return step.do === 'release lock' && step.clearOpen ? 'release lock, clear open' : step.do;
};

const everything = Object.keys({
  look: true,
  'read item': true,
  'acquire lock': true,
  'take lock over': true,
  fence: true,
  'release lock': true,
  'release lock, clear open': true,
  'describe group': true,
  'set desired capacity': true,
  'terminate instance: done': true,
  'terminate instance: refused': true,
  'terminate instance: unknown': true,
  'stop polling': true,
  'poll again': true,
  'stop runner': true,
  unregister: true,
  'complete launch hook: CONTINUE': true,
  'complete launch hook: ABANDON': true,
  'complete terminate hook: CONTINUE': true,
  'fetch token': true,
  'check executor': true,
  'create runner': true,
  'configure runner': true,
  'start runner': true,
  'verify runner': true,
  'note registration': true,
  'count boot failure': true,
  'abort jobs': true,
} satisfies Record<Exclude<Step['do'], 'terminate instance' | 'complete lifecycle action'>, true> &
  Record<string, true>);
