import type { Group, GroupInstance } from '../../../../ami/agent/decisions/group.ts';
import type { Item } from '../../../../ami/agent/decisions/item.ts';
import type { Settings } from '../../../../ami/agent/decisions/settings.ts';
import type { Answer, Next, Seen, Step } from '../../../../ami/agent/decisions/step.ts';
import type { Polling, Runner, View } from '../../../../ami/agent/decisions/view.ts';

/** The instance that all these tests are about. */
export const me = 'i-me';

export const firstInstance: Settings = {
  instanceId: me,
  strategy: 'first-instance',
  jobsPerInstance: 6,
  idleSeconds: 180,
  hookSeconds: 200,
};
export const demand: Settings = { ...firstInstance, strategy: 'demand' };

/** One `[[runners]]` entry that waits for nothing and has asked for nothing yet. */
export const entry = (given: Partial<Polling> = {}): Polling => ({
  id: 'one',
  requestConcurrency: 1,
  inFlight: 0,
  empty: 0,
  others: 0,
  refused: 0,
  ...given,
});

/** A runner that polls and has no job. */
export const runner = (given: Partial<Runner> = {}): Runner => ({
  running: 0,
  concurrent: 6,
  polling: [entry()],
  inFlight: 0,
  ...given,
});

/** What a look shows of it. */
export const view = (given: Partial<Runner> = {}): View => ({
  runner: runner(given),
  isRunnerOn: true,
  isToldToGo: false,
});
export const noMetrics: View = { isRunnerOn: true, isToldToGo: false };
export const noRunner: View = { isRunnerOn: false, isToldToGo: false };
/** Spot takes the machine so many seconds after the beginning of the play. */
export const reclaimed = (seconds: number, seen: View = view()): View => ({ ...seen, spotEndsAt: seconds * 1000 });
export const toldToGo: View = { ...view(), isToldToGo: true };

export const item = (given: Partial<Item> = {}): Item => ({ wakeCount: 5, open: 0, ...given });

const instance = (id: string, lifecycleState = 'InService'): GroupInstance => ({ id, lifecycleState });

/** A group of 0 to 4 that desires `desired` and has this instance in service, with as many others as it desires besides. */
export const group = (desired: number, given: Partial<Group> = {}): Group => ({
  desired,
  min: 0,
  max: 4,
  instances: [instance(me), ...Array.from({ length: Math.max(0, desired - 1) }, (_, index) => instance(`i-${index}`))],
  ...given,
});

/** The same, with this instance on its way out. */
export const without = (desired: number): Group =>
  group(desired, { instances: [instance(me, 'Terminating:Wait'), ...group(desired + 1).instances.slice(1)] });

export const done: Answer = { kind: 'done' };
export const looked: Answer = { kind: 'looked' };
export const lost: Answer = { kind: 'lost' };
export const refused: Answer = { kind: 'refused', why: 'not allowed' };
export const unknown: Answer = { kind: 'unknown', why: 'no answer' };
export const read = (given: Partial<Item> = {}): Answer => ({ kind: 'item', item: item(given) });
export const acquired = (given: Partial<Item> = {}): Answer => ({ kind: 'acquired', item: item(given) });
export const counts = (failures: number): Answer => ({ kind: 'counted', failures });
export const shows = (seen: Group | undefined): Answer => ({ kind: 'group', group: seen });

/** A step as the tables write it. */
export function told(step: Step): string {
  const short = (holder: string): string => holder.replace(`agent/${me}/`, '');
  switch (step.do) {
    case 'look':
      return `look in ${step.seconds} s${step.heartbeat ? `, with a heartbeat of the ${step.heartbeat} hook` : ''}`;
    case 'acquire lock':
    case 'fence':
      return `${step.do} as ${short(step.holder)}`;
    case 'take lock over':
      return `take lock over as ${short(step.holder)} from ${step.from}`;
    case 'release lock':
      return [
        `release lock of ${short(step.holder)}`,
        ...(step.asked === undefined ? [] : [`asked ${step.asked}`]),
        ...(step.clearOpen === undefined ? [] : [`clear open if still at ${step.clearOpen.wakeCount}`]),
      ].join(', ');
    case 'complete lifecycle action':
      return `complete ${step.hook} hook: ${step.result}`;
    case 'set desired capacity':
      return `set desired capacity ${step.capacity}`;
    case 'terminate instance':
      return `terminate instance ${step.decrement ? 'with' : 'without'} decrement`;
    default:
      return step.do;
  }
}

/** What happened to the step before: its answer, how many seconds it took besides a look's own, and what is seen from now on. */
export type Happening = Answer | { readonly answer?: Answer; readonly took?: number; readonly view?: View };

/** A line of a table: what happened, and what follows. */
export type Line = readonly [happened: Happening, then: string];

export interface Played<State> {
  /** What followed, in words; as the table has it when all is well. */
  readonly told: readonly string[];
  /** The last state. */
  readonly state: State;
  /** Milliseconds. */
  readonly now: number;
}

export interface Scene {
  /** Milliseconds; 0 by default. */
  readonly now?: number;
  /** What is seen until a line says otherwise: an idle runner by default. */
  readonly view?: View;
}

/**
 * Plays a table from `first` on. A look takes its seconds, and always comes to a look; any other step is done where a line says nothing
 * else. The n-th happening has the unique text `#n`. An `advance` that has no next step says in words what it came to, which ends the play.
 */
export function play<State>(
  first: Next<State>,
  advance: (state: State, seen: Seen) => Next<State> | string,
  lines: readonly Line[],
  scene: Scene = {},
): Played<State> {
  let { now = 0, view: seenNow = view() } = scene;
  let next = first;
  const words: string[] = [];
  for (const [index, [happened]] of lines.entries()) {
    const { answer = done, took = 0, view: seenThen = seenNow } = 'kind' in happened ? { answer: happened } : happened;
    seenNow = seenThen;
    now += ((next.step.do === 'look' ? next.step.seconds : 0) + took) * 1000;
    const seen = { now, answer: next.step.do === 'look' ? looked : answer, view: seenNow, unique: `#${index + 1}` };
    const then = advance(next.state, seen);
    if (typeof then === 'string') {
      words.push(then);
      break;
    }
    next = then;
    words.push(told(next.step));
  }
  return { told: words, state: next.state, now };
}

/** The right column of a table. */
export const expected = (lines: readonly Line[]): readonly string[] => lines.map(([, then]) => then);
