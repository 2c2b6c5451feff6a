import { lockItem } from '../../ami/contract.ts';
import type { Event, OrderWorld, Situation } from './event-order-world.ts';

/** Every order of the elements. */
export const permutations = <T>(elements: readonly T[]): readonly (readonly T[])[] =>
  elements.length === 0
    ? [[]]
    : elements.flatMap((first, place) =>
        permutations(elements.toSpliced(place, 1)).map((rest) => [first, ...rest] as const),
      );

/** Every order of the elements in which each comes once or twice. */
export function permutationsWithRepeats<T>(elements: readonly T[]): readonly (readonly T[])[] {
  const orders = (left: readonly { readonly element: T; readonly times: number }[]): readonly (readonly T[])[] =>
    left.length === 0
      ? [[]]
      : left.flatMap(({ element, times }, place) =>
          orders(times === 1 ? left.toSpliced(place, 1) : left.with(place, { element, times: times - 1 })).map(
            (rest) => [element, ...rest] as const,
          ),
        );
  const chosen = (rest: readonly T[]): readonly (readonly { readonly element: T; readonly times: number }[])[] => {
    const [element, ...others] = rest;
    if (element === undefined) return [[]];
    return chosen(others).flatMap((all) => [1, 2].map((times) => [{ element, times }, ...all]));
  };
  return chosen(elements).flatMap(orders);
}

/** Sends the events one after the other. */
export const inOrder = (world: OrderWorld, first: Situation, events: readonly Event[]): Promise<Situation> =>
  events.reduce(async (before, event) => world.send(await before, event), Promise.resolve(first));

/**
 * Situations in which the machine does the same: the counters' values are left out. It compares `Releases` only with what it has read
 * itself, and `WakeCount` with nothing.
 */
export const alike = ({ item, desired }: Situation): string => {
  const shown = Object.entries(item ?? {})
    .map(([name, value]) => {
      if (name === lockItem.wakeCount || name === lockItem.releases) return name;
      return `${name}=${value.NS === undefined ? JSON.stringify(value) : value.NS.toSorted().join('+')}`;
    })
    .sort();
  return item === undefined ? `nothing, ${desired}` : `${shown.join(' ')}, ${desired}`;
};

/** One step of an order: an event in a situation, and the situation after it. */
export interface Step {
  readonly before: Situation;
  readonly event: Event;
  readonly after: Situation;
}

/** What every order of some events goes through. */
export interface Explored {
  /** Each different step once. */
  readonly steps: readonly Step[];
  /** How many executions of the whole machine that took. */
  readonly executions: number;
  /** Orders in which each event comes at least once. */
  readonly orders: bigint;
  /** The same orders by how they end: jobs that are open, joined by `+`. */
  readonly ends: ReadonlyMap<string, bigint>;
}

/** How far an order has come: how often each event was sent, what the rule says is open, and the situation. */
interface Node {
  readonly sent: readonly number[];
  readonly ruled: ReadonlySet<string>;
  readonly situation: Situation;
  /** Orders that lead here. */
  readonly ways: bigint;
}

/**
 * Walks through all orders in which each event comes at least once and at most `times` times. Orders that have sent the same events and
 * have come to situations that are alike go on together, and each situation meets each event once: in the whole machine.
 * `rule` says after each event what should be open, from what should have been before; where the item says otherwise, it throws.
 */
export async function explore(
  world: OrderWorld,
  first: Situation,
  events: readonly Event[],
  times: number,
  rule: (open: ReadonlySet<string>, event: Event) => ReadonlySet<string>,
): Promise<Explored> {
  const steps = new Map<string, Step>();
  const stepFrom = async (before: Situation, event: Event): Promise<Step> => {
    const key = `${alike(before)} ${JSON.stringify(event)}`;
    const known = steps.get(key);
    if (known) return known;
    const step = { before, event, after: await world.send(before, event) };
    steps.set(key, step);
    return step;
  };
  const open = (jobs: ReadonlySet<string>): string => [...jobs].sort().join('+');
  const ends = new Map<string, bigint>();

  let level: readonly Node[] = [{ sent: events.map(() => 0), ruled: new Set(), situation: first, ways: 1n }];
  while (level.length > 0) {
    const next = new Map<string, Node>();
    for (const { sent, ruled, situation, ways } of level) {
      if (sent.every((count) => count > 0)) ends.set(open(ruled), (ends.get(open(ruled)) ?? 0n) + ways);
      for (const [place, event] of events.entries()) {
        const count = sent[place] ?? 0;
        if (count === times) continue;
        const { after } = await stepFrom(situation, event);
        const now = { sent: sent.with(place, count + 1), ruled: rule(ruled, event), situation: after };
        const found = (after.item?.[lockItem.open]?.NS ?? []).toSorted().join('+');
        if (found !== open(now.ruled))
          throw new Error(
            `after ${JSON.stringify(event)} in ${alike(situation)}, open is ${found}, not ${open(now.ruled)}`,
          );
        const key = `${now.sent.join('')} ${alike(after)}`;
        next.set(key, { ...now, ways: ways + (next.get(key)?.ways ?? 0n) });
      }
    }
    level = [...next.values()];
  }
  const orders = [...ends.values()].reduce((sum, ways) => sum + ways, 0n);
  return { steps: [...steps.values()], executions: steps.size, orders, ends };
}
