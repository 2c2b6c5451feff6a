import type { Machine } from '../../asl/machine.ts';
import type { Transition } from '../../asl/transitions.ts';
import { transitions } from '../../asl/transitions.ts';
import type { Execution } from '../../rehearsal/step-functions/server.ts';
import type { Event, Meddling, World, WorldOptions } from './scale-out-world.ts';

/** One life of an execution: what it meets, and what becomes of it. */
export interface Route {
  readonly title: string;
  readonly group?: WorldOptions['group'];
  readonly before?: (world: World) => Promise<void>;
  readonly event?: Event;
  readonly meddling?: (world: World) => Meddling;
  readonly timeoutScale?: number | undefined;
  /** Nothing, for an execution that succeeds. */
  readonly fails?: string | RegExp;
  /** The states it must enter, in this order, among others. */
  readonly by: readonly string[];
  readonly desired?: number;
  /** The holder afterwards; by default nobody. */
  readonly holder?: string | RegExp;
  readonly wakes?: number;
  readonly then?: (execution: Execution, world: World) => Promise<void> | void;
}

/** How often a state was called. */
export const attempts = (execution: Execution, state: string): number =>
  execution.history.filter((event) => event.state === state && /^Task(Succeeded|Failed|TimedOut)$/.test(event.type))
    .length;

export const errors = (execution: Execution, state: string): readonly (string | undefined)[] =>
  execution.history
    .filter((event) => event.state === state && /^Task(Failed|TimedOut)$/.test(event.type))
    .map(({ error }) => error);

export const entered = (execution: Execution, state: string): number =>
  execution.states.filter((each) => each === state).length;

/** The seconds of all Waits for a turn after a state was last entered. */
export const waitedSince = (state: string, { history }: Execution): number =>
  history
    .slice(history.findLastIndex((event) => event.state === state && event.type.endsWith('StateEntered')))
    .filter((event) => event.type === 'WaitStateEntered' && event.state === 'WaitForTurn')
    .map(({ input }) => (JSON.parse(input ?? '') as { readonly turn: { readonly pause: number } }).turn.pause)
    .reduce((sum, pause) => sum + pause, 0);

/** The arrow of the diagram that an execution took when it left a state. */
export function taken(machine: Machine, execution: Execution): readonly Transition[] {
  return execution.states.map((from, index) => {
    const to = execution.states[index + 1];
    const arrows = transitions(machine).filter((arrow) => arrow.from === from && arrow.to === to);
    if (arrows.length === 1 && arrows[0] !== undefined) return arrows[0];
    // A task's success and its catcher can lead to the same state: the last event before the next state tells which it was.
    const entries = execution.history.flatMap((event, at) => (event.type.endsWith('StateEntered') ? [at] : []));
    const last = execution.history
      .slice(entries[index], entries[index + 1])
      .filter(({ type }) => type.startsWith('Task') && !type.includes('State'))
      .at(-1);
    const found = arrows.find(({ when }) => (when === undefined) === (last?.type === 'TaskSucceeded'));
    if (found === undefined) throw new Error(`${from} → ${to ?? 'end'} is not in the diagram`);
    return found;
  });
}

export const written = ({ from, to, when }: Transition): string =>
  `${from} → ${to ?? 'end'}${when === undefined ? '' : ` when ${when}`}`;

/** Sends the route's event and holds what becomes of it against what the route says. */
export async function walk(route: Route, world: World): Promise<Execution> {
  const { before, event, fails, by, desired, holder, wakes, then } = route;
  await before?.(world);
  await world.send(event);
  await world.settled();

  const [execution] = world.executions();
  if (execution === undefined) throw new Error('nothing was executed');
  if (fails === undefined) expect(execution).toMatchObject({ status: 'SUCCEEDED' });
  else {
    expect(execution.status).toBe('FAILED');
    if (typeof fails === 'string') expect(execution.error).toBe(fails);
    else expect(execution.cause).toMatch(fails);
  }
  const rest = by.reduce<readonly string[]>((left, state) => {
    const at = left.indexOf(state);
    if (at === -1) throw new Error(`It did not come by ${state} in turn: ${execution.states.join(' ')}`);
    return left.slice(at + 1);
  }, execution.states);
  expect(rest.length).toBeLessThan(execution.states.length);
  expect(world.desired()).toBe(desired);
  const item = await world.item();
  if (holder === undefined) expect(item?.Holder).toBeUndefined();
  else expect(item?.Holder?.S).toMatch(holder);
  if (wakes !== undefined) expect(Number(item?.WakeCount?.N ?? 0)).toBe(wakes);
  await then?.(execution, world);
  return execution;
}
