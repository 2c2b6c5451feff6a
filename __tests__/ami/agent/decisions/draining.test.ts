import type { Draining } from '../../../../ami/agent/decisions/draining.ts';
import { drain, draining } from '../../../../ami/agent/decisions/draining.ts';
import type { Memory } from '../../../../ami/agent/decisions/memory.ts';
import { nothingRemembered } from '../../../../ami/agent/decisions/memory.ts';
import type { Line } from './play.ts';
import {
  acquired,
  done,
  expected,
  firstInstance,
  group,
  noMetrics,
  play,
  read,
  refused,
  shows,
  toldToGo,
  unknown,
  view,
  without,
} from './play.ts';

/** An instance that has covered the count 5. */
const covered: Memory = { ...nothingRemembered(0), coverage: { covered: 5 } };

const played = (lines: readonly Line[], memory = covered) =>
  play<Draining>(
    drain(memory, 0),
    (state, seen) => {
      const after = draining(state, seen, firstInstance);
      if ('step' in after) return after;
      return after.to === 'stay' ? 'stay' : `leave, with ${after.settled ?? 'nothing'} settled`;
    },
    lines,
    { view: view({ polling: [] }) },
  );

interface Script {
  readonly what: string;
  readonly memory?: Memory;
  readonly lines: readonly Line[];
}

function describeScripts(title: string, scripts: readonly Script[]): void {
  describe(title, () => {
    it.each(scripts)('$what', ({ lines, memory }) => {
      expect(played(lines, memory).told).toEqual(expected(lines));
    });
  });
}

const waits = { view: view({ polling: [], inFlight: 1 }) };
const isEmpty = { view: view({ polling: [] }) };
const empty: readonly Line[] = [
  [done, 'look in 1 s'],
  [isEmpty, 'look in 1 s'],
  [isEmpty, 'read item'],
];

describeScripts('an instance that drains', [
  {
    what: 'stops polling, and waits until neither a request nor a job is seen, twice in a row',
    lines: [
      [done, 'look in 1 s'],
      [waits, 'look in 1 s'],
      [isEmpty, 'look in 1 s'],
      [waits, 'look in 1 s'],
      [isEmpty, 'look in 1 s'],
      [isEmpty, 'read item'],
    ],
  },
  { what: 'stays when polling cannot be stopped', lines: [[refused, 'stay']] },
  { what: 'stays when nobody knows whether it is', lines: [[unknown, 'stay']] },
  {
    what: 'stays for a job that still arrives',
    lines: [
      [done, 'look in 1 s'],
      [waits, 'look in 1 s'],
      [{ view: view({ running: 1, polling: [] }) }, 'stay'],
    ],
  },
  {
    what: 'stays when a request does not end for three minutes',
    lines: [
      [done, 'look in 1 s'],
      [{ ...waits, took: 178 }, 'look in 1 s'],
      [waits, 'stay'],
    ],
  },
  {
    what: 'does not take missing metrics for emptiness',
    lines: [
      [done, 'look in 1 s'],
      [isEmpty, 'look in 1 s'],
      [{ view: noMetrics }, 'look in 1 s'],
      [isEmpty, 'look in 1 s'],
      [isEmpty, 'read item'],
    ],
  },
  {
    what: 'stays when they are missing for three minutes',
    lines: [
      [done, 'look in 1 s'],
      [{ view: noMetrics, took: 180 }, 'stay'],
    ],
  },
  {
    what: 'leaves when it is told to, at whatever place',
    lines: [
      [done, 'look in 1 s'],
      [{ view: toldToGo }, 'leave, with 5 settled'],
    ],
  },
]);

const inTurn: readonly Line[] = [...empty, [read(), 'acquire lock as #4']];
const terminating: readonly Line[] = [
  ...inTurn,
  [acquired(), 'describe group'],
  [shows(group(1)), 'fence as #4'],
  [done, 'terminate instance with decrement'],
];

describeScripts('an instance that is empty', [
  {
    what: 'leaves under the lock when it may',
    lines: [
      ...terminating,
      [done, 'describe group'],
      [shows(without(0)), 'release lock of #4'],
      [done, 'leave, with 5 settled'],
    ],
  },
  {
    what: 'decides by the item that it got with the lock: stays when an event came meanwhile',
    lines: [
      ...inTurn,
      [acquired({ wakeCount: 6 }), 'describe group'],
      [shows(group(1)), 'release lock of #4'],
      [done, 'stay'],
    ],
  },
  {
    what: 'leaves all the same when it has been idle for twenty minutes',
    memory: { ...covered, busyAt: -1_200_000 },
    lines: [...inTurn, [acquired({ wakeCount: 6 }), 'describe group'], [shows(group(1)), 'fence as #4']],
  },
  {
    what: 'leaves every event so far to another that stays',
    lines: [
      ...inTurn,
      [acquired({ wakeCount: 6 }), 'describe group'],
      [shows(group(2)), 'fence as #4'],
      [done, 'terminate instance with decrement'],
      [done, 'describe group'],
      [shows(without(1)), 'release lock of #4'],
      [done, 'leave, with 6 settled'],
    ],
  },
  {
    what: 'has nothing settled when it is told to go and has covered nothing',
    memory: nothingRemembered(0),
    lines: [
      ...empty,
      [read({ holder: 'workflow/1' }), 'look in 3 s'],
      [{ view: toldToGo }, 'leave, with nothing settled'],
    ],
  },
  {
    what: 'stays when it is refused',
    lines: [...terminating, [refused, 'release lock of #4'], [done, 'stay']],
  },
  {
    what: 'stays when others hold the lock until its patience ends',
    lines: [...empty, [read({ holder: 'workflow/1' }), 'look in 3 s'], [{ took: 300 }, 'stay']],
  },
  {
    what: 'leaves when it is told to while it waits for the lock',
    lines: [...empty, [read({ holder: 'workflow/1' }), 'look in 3 s'], [{ view: toldToGo }, 'leave, with 5 settled']],
  },
  {
    what: 'ends its turn when it is told to go in the middle of it, and then leaves',
    lines: [
      ...inTurn,
      [{ answer: acquired(), view: toldToGo }, 'describe group'],
      [unknown, 'release lock of #4'],
      [done, 'leave, with 5 settled'],
    ],
  },
]);

const notKnown: readonly Line[] = [
  ...terminating,
  [unknown, 'describe group'],
  [{ answer: shows(group(1)), took: 90 }, 'release lock of #4'],
  [done, 'look in 10 s'],
];

describeScripts('an instance of which nobody knows whether it was let go', [
  {
    what: 'leaves when the group says so',
    lines: [...notKnown, [done, 'describe group'], [shows(without(0)), 'leave, with 5 settled']],
  },
  {
    what: 'leaves when it is told to',
    lines: [...notKnown, [{ view: toldToGo }, 'leave, with 5 settled']],
  },
  {
    what: 'looks until a lease has passed, and stays when it is still in service',
    lines: [
      ...notKnown,
      [done, 'describe group'],
      [shows(group(1)), 'look in 10 s'],
      [{ took: 99 }, 'describe group'],
      [shows(group(1)), 'look in 10 s'],
      [done, 'describe group'],
      [shows(group(1)), 'stay'],
    ],
  },
  {
    what: 'goes on looking while the group cannot be seen',
    lines: [
      ...notKnown,
      [done, 'describe group'],
      [unknown, 'look in 10 s'],
      [done, 'describe group'],
      [shows(undefined), 'look in 10 s'],
      [{ took: 120 }, 'describe group'],
      [unknown, 'look in 10 s'],
    ],
  },
  {
    what: 'stays when the group cannot be seen for a quarter of an hour',
    lines: [
      ...notKnown,
      [{ took: 889 }, 'describe group'],
      [unknown, 'look in 10 s'],
      [done, 'describe group'],
      [unknown, 'stay'],
    ],
  },
]);

it('remembers what it sees meanwhile', () => {
  const { state } = played([
    [done, 'look in 1 s'],
    [{ view: noMetrics }, 'look in 1 s'],
  ]);
  expect(state.memory).toEqual({ ...covered, busyAt: 1000 });
});

it('leaves when the group has let go of it, though it was not told yet', () => {
  const lines: readonly Line[] = [
    ...inTurn,
    [acquired(), 'describe group'],
    [shows(without(0)), 'release lock of #4'],
    [done, 'leave, with 5 settled'],
  ];
  expect(played(lines).told).toEqual(expected(lines));
});
