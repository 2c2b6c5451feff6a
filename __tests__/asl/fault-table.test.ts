import { render } from '../../asl/definition.ts';
import type { Cell, Observed } from './fault-table-cells.ts';
import { cellsOf, observeAll, takeOverSeconds, titleOf, violations } from './fault-table-cells.ts';
import { faults, tasksOf, type Duration, type Fault } from './fault-table-faults.ts';
import { withFaultTable } from './fault-table-page.ts';
import {
  withBlindAcquisition,
  withLongLease,
  withoutCatch,
  withShortLease,
  withUnconditionalRelease,
  withWrongErrorName,
} from './fault-table-sabotage.ts';
import { demandStrategy, firstInstance, subjects } from './fault-table-subjects.ts';
import type { Definition } from '../../asl/definition.ts';

/** It takes seconds; on a machine that is busy with other tests, many. */
const patienceMilliseconds = 120_000;

const cell = (state: string, fault: Fault, duration: Duration): Cell => {
  const found = cellsOf(firstInstance).find((each) => titleOf(each) === `${state}, ${fault}, ${duration}`);
  if (found === undefined) throw new Error(`There is no cell ${state}, ${fault}, ${duration}.`);
  return found;
};

/** What the protocol says, as if it had been observed. */
const asPromised = ({ subject, expected }: Cell): Observed => ({
  struck: 1,
  outcome: expected.outcomes[0] ?? '',
  lock: expected.lock,
  desired: expected.desired === 'as wanted' ? 1 : subject.group.desired,
  wanted: 1,
  calls: expected.calls ?? 3,
  error: expected.error,
  robbed: false,
  next: { outcome: 'SUCCEEDED', isLockFree: true, desired: 1, wanted: 1, waited: expected.lock === 'free' ? 0 : 120 },
});

/** Each makes one thing worse. */
const worse: Readonly<Record<string, (seen: Observed) => Observed>> = {
  'the task is not reached': (seen) => ({ ...seen, struck: 0 }),
  'it ends otherwise': (seen) => ({ ...seen, outcome: 'TIMED_OUT' }),
  'the lock is elsewhere': (seen) => ({ ...seen, lock: 'somebody else' }),
  'the capacity is another': (seen) => ({ ...seen, desired: seen.desired + 1 }),
  'another error is seen': (seen) => ({ ...seen, error: 'Other.Exception' }),
  'a lock is robbed': (seen) => ({ ...seen, robbed: true }),
  'the next webhook fails': (seen) => ({ ...seen, next: { ...seen.next, outcome: 'FAILED' } }),
  'the next webhook keeps the lock': (seen) => ({ ...seen, next: { ...seen.next, isLockFree: false } }),
  'the next webhook wakes nobody': (seen) => ({ ...seen, next: { ...seen.next, desired: 0 } }),
  'the next webhook waits too long': (seen) => ({ ...seen, next: { ...seen.next, waited: takeOverSeconds } }),
  'the next webhook takes a held lock, or waits for a free one': (seen) => ({
    ...seen,
    next: { ...seen.next, waited: seen.lock === 'free' ? 1 : 119 },
  }),
};

describe.each(subjects.map((subject) => [subject.title, subject] as const))('the cells of %s', (_, subject) => {
  const cells = cellsOf(subject);

  it('are every task with every fault that it can meet', () => {
    const tasks = tasksOf(render(subject.machine));
    expect(tasks.map(({ state }) => state)).toEqual(
      Object.entries(subject.machine.States).flatMap(([name, { Type }]) => (Type === 'Task' ? [name] : [])),
    );
    const always = faults.filter((fault) => fault !== 'condition lost' && fault !== 'timed out, late effect');
    for (const { state } of tasks)
      for (const fault of always)
        expect(cells.filter((each) => each.task.state === state && each.fault === fault)).toHaveLength(
          fault === 'killed' ? 1 : 2,
        );
    expect(new Set(cells.map(titleOf)).size).toBe(cells.length);
  });

  it('can each be found wrong in everything that the table says', () => {
    for (const each of cells) {
      expect(violations(each, asPromised(each))).toEqual([]);
      const unseen = Object.entries(worse).filter(
        ([, change]) => violations(each, change(asPromised(each))).length === 0,
      );
      expect(unseen.map(([name]) => `${titleOf(each)}: ${name}`)).toEqual([]);
      if (each.expected.calls !== undefined)
        expect(violations(each, { ...asPromised(each), calls: each.expected.calls + 1 })).toHaveLength(1);
    }
  });
});

describe('a machine that the table does not know', () => {
  const definition = render(firstInstance.machine);
  const ScaleUp = definition.States.ScaleUp!;

  it('is refused for a task that nobody told how to come to', () => {
    const more = { ...definition, States: { ...definition.States, ScaleMore: ScaleUp } };
    expect(() => cellsOf(firstInstance, more)).toThrow(
      /does not know how an execution comes to ScaleMore; give each a row/,
    );
  });

  it('is refused for a row whose task is gone', () => {
    const { ScaleUp: _, ...States } = definition.States;
    expect(() => cellsOf(firstInstance, { ...definition, States })).toThrow('there is no task ScaleUp any more');
  });

  it('is refused for a service whose faults nobody wrote down', () => {
    const states = { ...definition.States, ScaleUp: { ...ScaleUp, Resource: 'arn:aws:states:::sqs:sendMessage' } };
    expect(() => cellsOf(firstInstance, { ...definition, States: states })).toThrow('knows no faults of that service');
  });

  it('is refused for a write of the lock, or of open jobs, that has lost its condition', () => {
    expect(() => cellsOf(firstInstance, withUnconditionalRelease(definition, 'LetGo'))).toThrow(
      'LetGo writes the item without a condition',
    );
  });

  it('is refused for a condition that nobody told how to make fail', () => {
    const { lose: _, ...OpenJob } = demandStrategy.situations.OpenJob!;
    const subject = { ...demandStrategy, situations: { ...demandStrategy.situations, OpenJob } };
    expect(() => cellsOf(subject)).toThrow('OpenJob does not say what makes its condition fail');
  });

  it('has no place on a page without its marks', () => {
    expect(() => withFaultTable('# Something else', firstInstance, new Map())).toThrow('has no place for the table');
  });
});

describe('a sound machine', () => {
  it(
    'keeps the protocol in some cells; all of them are in the full tests',
    async () => {
      const some = [
        cell('GetCurrentCapacity', 'throttled', 'once'),
        cell('AcquireLock', 'response lost', 'once'),
        cell('AcquireLock', 'timed out, late effect', 'once'),
        cell('TakeOver', 'condition lost', 'once'),
        cell('Fence', 'killed', 'once'),
        cell('ReleaseLock', 'denied', 'lasting'),
        cell('LetGo', 'broken', 'lasting'),
      ];
      const seen = await observeAll(some);
      expect([...seen].flatMap(([each, observed]) => violations(each, observed))).toEqual([]);
    },
    patienceMilliseconds,
  );
});

describe('a broken machine', () => {
  const broken: readonly {
    readonly title: string;
    readonly by: (definition: Definition) => Definition;
    /** What is found, in the cells that are run. */
    readonly found: readonly (readonly [Cell, RegExp])[];
  }[] = [
    {
      title: 'a release without a condition frees the lock of somebody else',
      by: (definition) => withUnconditionalRelease(definition, 'ReleaseLock'),
      found: [[cell('ReleaseLock', 'condition lost', 'once'), /somebody else's lock was taken or freed/]],
    },
    {
      title: 'and so does letting go without one',
      by: (definition) => withUnconditionalRelease(definition, 'LetGo'),
      found: [[cell('LetGo', 'condition lost', 'once'), /somebody else's lock was taken or freed/]],
    },
    {
      title: 'without a Catch, a group that refuses to be changed leaves the lock behind',
      by: (definition) => withoutCatch(definition, 'ScaleUp'),
      found: [
        [cell('ScaleUp', 'throttled', 'lasting'), /the lock is left behind instead of free/],
        [cell('ScaleUp', 'condition failed', 'lasting'), /ended FAILED: AutoScaling.ResourceContentionException/],
      ],
    },
    {
      title: 'without a Catch, a release that fails makes a failure of work that is done',
      by: (definition) => withoutCatch(definition, 'ReleaseLock'),
      found: [
        [cell('ReleaseLock', 'broken', 'lasting'), /ended FAILED: DynamoDb.DynamoDbException instead of SUCCEEDED/],
      ],
    },
    {
      title: "with the other integration's error name, a failed condition is taken for a failed call",
      by: withWrongErrorName,
      found: [
        [cell('AcquireLock', 'condition lost', 'once'), /it was called 2 times instead of 1/],
        [cell('AcquireLock', 'condition lost', 'lasting'), /instead of ScalingFailed: LockNeverFree/],
        [cell('ReleaseLock', 'condition failed', 'once'), /it was called 2 times instead of 1/],
      ],
    },
    {
      title: 'acquiring without looking whether the lock was let go since, a late request takes it for the dead',
      by: withBlindAcquisition,
      found: [[cell('AcquireLock', 'timed out, late effect', 'once'), /the lock is left behind instead of free/]],
    },
    {
      title: 'with a longer lease in the machine than in the contract, the next webhook waits too long',
      by: withLongLease,
      found: [[cell('ScaleUp', 'killed', 'once'), /the next webhook waited \d+ s, more than a lease and a look/]],
    },
    {
      title: 'with a shorter one, it takes a lock that may be held',
      by: withShortLease,
      found: [[cell('ScaleUp', 'killed', 'once'), /the next webhook waited only \d+ s for a lock that was held/]],
    },
  ];

  it.each(broken)(
    'is found: $title',
    async ({ by, found }) => {
      const seen = await observeAll(found.map(([each]) => ({ ...each, definition: by(each.definition) })));
      expect([...seen].map(([each, observed]) => violations(each, observed).join('; '))).toEqual(
        found.map(([, words]) => expect.stringMatching(words) as string),
      );
    },
    patienceMilliseconds,
  );
});
