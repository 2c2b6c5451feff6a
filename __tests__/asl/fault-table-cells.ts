import { leaseSeconds, lockItem } from '../../ami/contract.ts';
import { render, type Definition } from '../../asl/definition.ts';
import { pauses } from '../../asl/patience.ts';
import type { Execution } from '../../rehearsal/step-functions/server.ts';
import type { Duration, Fault, Task } from './fault-table-faults.ts';
import { answerFor, durationsOf, faults, tasksOf } from './fault-table-faults.ts';
import type { Expected, Lock } from './fault-table-rules.ts';
import { expected } from './fault-table-rules.ts';
import type { Situation, Subject } from './fault-table-subjects.ts';
import type { FaultWorld, Item, Run } from './fault-table-world.ts';
import { hold, letGo, startFaultWorld } from './fault-table-world.ts';
import type { Forward, Meddle } from './intercepting-proxy.ts';

/** One cell of the table: a fault at a task. */
export interface Cell {
  readonly subject: Subject;
  readonly definition: Definition;
  readonly task: Task;
  readonly situation: Situation;
  readonly fault: Fault;
  readonly duration: Duration;
  readonly expected: Expected;
}

/** What became of an execution, the lock and the group, and what the next webhook found and did. */
export interface Observed {
  /** How many requests met the fault. */
  readonly struck: number;
  readonly outcome: string;
  readonly lock: Lock | 'somebody else';
  readonly desired: number;
  readonly wanted: number;
  /** Calls of the task until it was left for the first time, and the first error among them. */
  readonly calls: number;
  readonly error: string | undefined;
  /** Whether a task that is not the holder's took or freed somebody else's lock. */
  readonly robbed: boolean;
  readonly next: {
    readonly outcome: string;
    readonly isLockFree: boolean;
    readonly desired: number;
    readonly wanted: number;
    /** Seconds of all its Waits, by the definition. */
    readonly waited: number;
  };
}

/** Every cell of a machine; throws when a task has no situation, or a situation no task. */
export function cellsOf(subject: Subject, definition: Definition = render(subject.machine)): readonly Cell[] {
  const tasks = tasksOf(definition);
  const known = Object.keys(subject.situations);
  const missing = tasks.filter(({ state }) => !known.includes(state)).map(({ state }) => state);
  if (missing.length > 0)
    throw new Error(
      `${subject.title}: the fault table does not know how an execution comes to ${missing.join(', ')}; give each a row in the situations of __tests__/asl/fault-table-subjects.ts.`,
    );
  const gone = known.filter((state) => !tasks.some((task) => task.state === state));
  if (gone.length > 0)
    throw new Error(`${subject.title}: there is no task ${gone.join(', ')} any more; take it out of the situations.`);

  for (const { state, service, isRead, isConditional } of tasks) {
    const { role, lose } = subject.situations[state] ?? {};
    const isAboutLock = role !== 'prepares' && role !== 'closes';
    if (isConditional && !isAboutLock && lose === undefined)
      throw new Error(`${subject.title}: the situation of ${state} does not say what makes its condition fail.`);
    if (!isConditional && (lose !== undefined || (isAboutLock && service === 'dynamodb' && !isRead)))
      throw new Error(`${subject.title}: ${state} writes the item without a condition.`);
  }

  return tasks.flatMap((task) => {
    const situation = subject.situations[task.state]!;
    return faults.flatMap((fault) =>
      durationsOf(task, fault).map((duration) => ({
        subject,
        definition,
        task,
        situation,
        fault,
        duration,
        expected: expected(task, situation, fault, duration),
      })),
    );
  });
}

const wordsOf = ({ status, error, cause }: Execution): string => {
  if (status !== 'FAILED') return status;
  if (error !== 'ScalingFailed') return `FAILED: ${error ?? 'nothing'}`;
  return `${error}: ${(JSON.parse(cause ?? '{}') as { readonly Error?: string }).Error ?? 'nothing'}`;
};

/** How often the task was called until it was left for the first time, and what it failed with first. */
function firstVisit({ history }: Execution, state: string): Pick<Observed, 'calls' | 'error'> {
  const from = history.findIndex((event) => event.state === state);
  const left = history.findIndex((event, at) => at > from && event.type.endsWith('StateEntered'));
  const answered = history
    .slice(from, left === -1 ? undefined : left)
    .filter((event) => event.state === state && /^Task(Succeeded|Failed|TimedOut)$/.test(event.type));
  return { calls: answered.length, error: answered[0]?.error };
}

/** The value at a path of names alone, such as `$.turn.pause`. */
const valueAt = (path: string, json: string): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], JSON.parse(json));

/** The seconds of all Waits, by the definition. */
const secondsWaited = ({ history }: Execution, { States }: Definition): number =>
  history
    .filter(({ type }) => type === 'WaitStateEntered')
    .map(({ state = '', input = '' }) => {
      const { Seconds, SecondsPath } = States[state] ?? {};
      return Number(Seconds ?? valueAt(String(SecondsPath), input));
    })
    .reduce((sum, seconds) => sum + seconds, 0);

const holderOf = (item: Item | undefined): string | undefined => item?.[lockItem.holder]?.S;

/** Names that the machines give themselves: `workflow/` and a UUID. */
const ofAnExecution = /^workflow\/[0-9a-f]{8}-[0-9a-f-]{27}(\/fenced)?$/;

function lockOf(item: Item | undefined, before: string | undefined): Observed['lock'] {
  const holder = holderOf(item);
  if (holder === before) return before === undefined ? 'free' : 'as before';
  if (holder === undefined) return 'free';
  return ofAnExecution.test(holder) ? 'left behind' : 'somebody else';
}

/** The fault at work: what it does to a request, and what it still has to do when the execution has ended. */
interface Strike {
  readonly meddle: Meddle;
  readonly landLate: () => Promise<void>;
  readonly struck: () => number;
  readonly robbed: () => boolean;
}

/** Answered never: the caller hangs up at its limit. */
const unanswered = new Promise<never>(() => undefined);

function strike(
  world: FaultWorld,
  { task, fault, duration }: Pick<Cell, 'task' | 'fault' | 'duration'>,
  lose?: Situation['lose'],
): Strike {
  let struck = 0;
  let robbed = false;
  let late: readonly Forward[] = [];
  const answer = answerFor(task, fault, duration);

  const acts: Readonly<Partial<Record<Fault, Meddle>>> = {
    'condition lost': async (forward) => {
      if (lose !== undefined) {
        await lose(world);
        return forward();
      }
      const faster = `workflow/faster-${struck}`;
      await hold(world, faster);
      const refused = await forward();
      if (holderOf(await world.item()) === faster) await letGo(world);
      else robbed = true;
      return refused;
    },
    'timed out': () => unanswered,
    'timed out, late effect': (forward) => {
      late = [...late, forward];
      return unanswered;
    },
    'response lost': async (forward) => {
      await forward();
      return 'cut';
    },
    killed: async (forward) => {
      await forward();
      await world.kill();
      return 'cut';
    },
  };
  const act = acts[fault] ?? (() => (answer === undefined ? Promise.resolve('cut') : Promise.resolve(answer)));

  return {
    meddle: (forward, body) => {
      struck += 1;
      return act(forward, body);
    },
    landLate: async () => {
      for (const forward of late) await forward();
    },
    struck: () => struck,
    robbed: () => robbed,
  };
}

/** An execution that has not ended by then is killed, and the cell says so. */
const longestMilliseconds = 240_000;

const calm: Run['pace'] = { waitScale: 0.0001, timeoutScale: 10 };

/** Only the struck task is hurried: anybody else's limit stays so long that a busy computer is no hang. */
function hurried(definition: Definition, { state }: Task, duration: Duration): Pick<Run, 'definition' | 'pace'> {
  const timeoutScale = duration === 'once' ? 0.2 : 0.01;
  const limited = (limit: unknown): object => (typeof limit === 'number' ? { TimeoutSeconds: limit * 1000 } : {});
  const states = Object.entries(definition.States).map(([name, each]) =>
    name === state ? [name, each] : [name, { ...each, ...limited(each.TimeoutSeconds) }],
  );
  return {
    definition: {
      ...definition,
      ...limited(definition.TimeoutSeconds),
      States: Object.fromEntries(states) as Definition['States'],
    },
    pace: { ...calm, timeoutScale },
  };
}

async function atMost(world: FaultWorld, running: Promise<Execution>): Promise<Execution> {
  const timer = setTimeout(() => void world.kill(), longestMilliseconds);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a cell: the event that meets the fault, and the next webhook, when the fault is over and the group is at zero again. */
async function observe(world: FaultWorld, cell: Cell): Promise<Observed> {
  const { subject, definition, task, situation, fault, duration } = cell;
  await world.reset();
  await situation.arrange?.(world);
  const struck = strike(world, cell, situation.lose);
  let leading = Object.fromEntries(
    Object.entries(situation.leading ?? {}).map(([state, all]) => {
      const leader = tasksOf(definition).find((each) => each.state === state);
      if (leader === undefined) throw new Error(`${task.state} cannot be led to by ${state}: there is no such task.`);
      return [state, all.map((each) => strike(world, { task: leader, fault: each, duration: 'once' }).meddle)];
    }),
  );
  const meddle = (state: string, isCallerGone: boolean): Meddle | undefined => {
    // Only the struck task has a limit that can end before its request is read.
    if (state === task.state || isCallerGone)
      return duration === 'once' && struck.struck() > 0 ? undefined : struck.meddle;
    const [first, ...rest] = leading[state] ?? [];
    leading = { ...leading, [state]: rest };
    return first;
  };
  const run = fault.startsWith('timed out') ? hurried(definition, task, duration) : { definition, pace: calm };
  const execution = await atMost(world, world.run({ ...run, event: situation.event ?? subject.event, meddle }));
  await struck.landLate();

  const item = await world.item();
  const desired = world.desired();
  // The machine that came has done its work and left.
  await world.setDesired(0);
  const next = await atMost(world, world.run({ definition, pace: calm, event: subject.next }));
  const itemThen = await world.item();
  return {
    struck: struck.struck(),
    outcome: wordsOf(execution),
    lock: lockOf(item, situation.holder),
    desired,
    wanted: subject.wanted(item),
    ...firstVisit(execution, task.state),
    robbed: struck.robbed(),
    next: {
      outcome: wordsOf(next),
      isLockFree: holderOf(itemThen) === undefined,
      desired: world.desired(),
      wanted: subject.wanted(itemThen),
      waited: secondsWaited(next, definition),
    },
  };
}

/** The next webhook takes over a lock that was left within this time: a lease, and the look after it. */
export const takeOverSeconds = leaseSeconds + pauses.watching.end;

/** What of a cell is not as the protocol says, in words; nothing where all is. */
export function violations({ subject, task, expected: promised }: Cell, seen: Observed): readonly string[] {
  const { next } = seen;
  const capacity = promised.desired === 'as wanted' ? seen.wanted : subject.group.desired;
  const isLeft = seen.lock !== 'free';
  const checks: readonly (readonly [boolean, string])[] = [
    [seen.struck > 0, `${task.state} was never called in its situation`],
    [promised.outcomes.includes(seen.outcome), `ended ${seen.outcome} instead of ${promised.outcomes.join(' or ')}`],
    [seen.lock === promised.lock, `the lock is ${seen.lock} instead of ${promised.lock}`],
    [seen.desired === capacity, `desired capacity is ${seen.desired} instead of ${capacity}`],
    [
      promised.calls === undefined || seen.calls === promised.calls,
      `it was called ${seen.calls} times instead of ${promised.calls ?? 'often'}`,
    ],
    [
      seen.error === promised.error,
      `the machine saw ${seen.error ?? 'nothing'} instead of ${promised.error ?? 'nothing'}`,
    ],
    [!seen.robbed, "somebody else's lock was taken or freed"],
    [next.outcome === 'SUCCEEDED', `the next webhook ended ${next.outcome}`],
    [next.isLockFree, 'after the next webhook the lock is not free'],
    [
      next.desired === next.wanted,
      `after the next webhook desired capacity is ${next.desired} instead of ${next.wanted}`,
    ],
    [isLeft || next.waited === 0, `the next webhook waited ${next.waited} s for a free lock`],
    [!isLeft || next.waited >= leaseSeconds, `the next webhook waited only ${next.waited} s for a lock that was held`],
    [next.waited < takeOverSeconds, `the next webhook waited ${next.waited} s, more than a lease and a look`],
  ];
  return checks.flatMap(([holds, words]) => (holds ? [] : [words]));
}

/** Runs all cells of one machine, some at a time: much of a cell is waiting. What was seen is in the order of the cells. */
export async function observeAll(cells: readonly Cell[], atATime = 6): Promise<ReadonlyMap<Cell, Observed>> {
  const [first] = cells;
  if (first === undefined) throw new Error('There is no cell to run.');
  const seen = new Map<Cell, Observed>();
  const left = [...cells];
  const work = async (): Promise<void> => {
    const world = await startFaultWorld(first.subject.group);
    try {
      for (let cell = left.shift(); cell !== undefined; cell = left.shift()) seen.set(cell, await observe(world, cell));
    } finally {
      await world.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, cells.length) }, work));
  return new Map(cells.flatMap((cell) => [...seen].filter(([each]) => each === cell)));
}

/** The cell in a few words. */
export const titleOf = ({ task, fault, duration }: Cell): string => `${task.state}, ${fault}, ${duration}`;
