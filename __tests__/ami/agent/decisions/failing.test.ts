import type { Failing } from '../../../../ami/agent/decisions/failing.ts';
import { fail, failing } from '../../../../ami/agent/decisions/failing.ts';
import type { Group } from '../../../../ami/agent/decisions/group.ts';
import type { Line } from './play.ts';
import {
  acquired,
  counts,
  done,
  expected,
  firstInstance,
  group,
  me,
  noMetrics,
  play,
  read,
  reclaimed,
  refused,
  shows,
  toldToGo,
  unknown,
  without,
} from './play.ts';

const inState = (lifecycleState: string): Group => group(1, { instances: [{ id: me, lifecycleState }] });
const launching = inState('Pending:Wait');
const inService = inState('InService');

const counted = (failures: number): readonly Line[] => [
  [done, 'count boot failure'],
  [counts(failures), 'describe group'],
];
/** In service, the `failures`th in a row, with the lock. */
const holding = (failures: number): readonly Line[] => [
  ...counted(failures),
  [shows(inService), 'read item'],
  [read(), 'acquire lock as #4'],
  [acquired({ wakeCount: 5 }), 'describe group'],
];

it.each<{ readonly what: string; readonly lines: readonly Line[] }>([
  {
    what: 'abandons its launch when it is the first or the second in a row: Auto Scaling replaces it (B42)',
    lines: [
      ...counted(2),
      [shows(launching), 'complete launch hook: ABANDON'],
      [done, 'look in 5 s'],
      [{ view: toldToGo }, 'leave'],
    ],
  },
  {
    what: 'goes into service without polling when it is the third, and leaves with decrement: no loop for ever (B41)',
    lines: [
      ...counted(3),
      [shows(launching), 'complete launch hook: CONTINUE'],
      [done, 'look in 5 s'],
      [done, 'describe group'],
      [shows(inService), 'read item'],
      [read(), 'acquire lock as #7'],
      [acquired({ wakeCount: 5 }), 'describe group'],
      [shows(inService), 'fence as #7'],
      [done, 'terminate instance with decrement'],
      [done, 'describe group'],
      [shows(without(0)), 'release lock of #7'],
      [done, 'leave, settled up to 5'],
    ],
  },
  {
    what: 'makes room for another one without decrement when it is in service and among the first two',
    lines: [
      ...holding(1),
      [shows(inService), 'fence as #4'],
      [done, 'terminate instance without decrement'],
      [done, 'describe group'],
      [shows(without(1)), 'release lock of #4'],
      [done, 'leave'],
    ],
  },
  {
    what: 'leaves without decrement when there are more than the group wants',
    lines: [...holding(3), [shows(group(0)), 'fence as #4'], [done, 'terminate instance without decrement']],
  },
  {
    what: 'stays when the group is at its minimum, and tries to be of use again five minutes later',
    lines: [
      ...holding(3),
      [shows(group(1, { min: 1 })), 'release lock of #4'],
      [done, 'look in 5 s'],
      [{ took: 289 }, 'look in 5 s, with a heartbeat of the launch hook'],
      [{ took: 1 }, 'boot'],
    ],
  },
  {
    what: 'leaves when the group lets go of it meanwhile',
    lines: [...holding(3), [shows(without(1)), 'release lock of #4'], [done, 'leave']],
  },
  { what: 'leaves when the group has let go of it before', lines: [...counted(1), [shows(without(1)), 'leave']] },
  {
    what: 'leaves when it is told to go',
    lines: [
      [done, 'count boot failure'],
      [{ view: toldToGo }, 'leave'],
    ],
  },
  {
    what: 'leaves when Spot takes the machine',
    lines: [
      [done, 'count boot failure'],
      [{ view: reclaimed(120) }, 'leave'],
    ],
  },
  {
    what: 'does not drop a lock that it holds when it is told to go',
    lines: [...holding(3), [{ answer: shows(inService), view: toldToGo }, 'fence as #4']],
  },
  {
    what: 'drops a turn that waits for the lock when it is told to go',
    lines: [
      ...counted(3),
      [shows(inService), 'read item'],
      [read({ holder: 'workflow/1' }), 'look in 3 s'],
      [{ view: toldToGo }, 'leave'],
    ],
  },
  {
    what: 'goes on when polling cannot be stopped: there is hardly any',
    lines: [
      [refused, 'stop polling'],
      [unknown, 'stop polling'],
      [refused, 'count boot failure'],
    ],
  },
  {
    what: 'stays when it cannot be counted: nothing would end the loop',
    lines: [
      [done, 'count boot failure'],
      [refused, 'look in 5 s'],
      [done, 'count boot failure'],
      [unknown, 'look in 5 s'],
      [done, 'count boot failure'],
      [unknown, 'look in 5 s'],
      [{ took: 295 }, 'boot'],
    ],
  },
  {
    what: 'asks the group again when it cannot be seen, or does not know the instance yet',
    lines: [
      ...counted(1),
      [unknown, 'look in 5 s'],
      [done, 'describe group'],
      [shows(group(1, { instances: [] })), 'look in 5 s'],
      [done, 'describe group'],
      [shows(undefined), 'look in 5 s'],
    ],
  },
  {
    what: 'tries again when leaving was refused',
    lines: [
      ...holding(3),
      [shows(inService), 'fence as #4'],
      [done, 'terminate instance with decrement'],
      [refused, 'release lock of #4'],
      [done, 'look in 5 s'],
      [done, 'describe group'],
      [shows(inService), 'read item'],
    ],
  },
  {
    what: 'looks, and sends nothing again, when nobody knows whether it is leaving',
    lines: [
      ...holding(3),
      [shows(inService), 'fence as #4'],
      [done, 'terminate instance with decrement'],
      [unknown, 'describe group'],
      [{ answer: shows(inService), took: 100 }, 'release lock of #4'],
      [done, 'look in 5 s, with a heartbeat of the launch hook'],
      [done, 'describe group'],
      [shows(inService), 'look in 5 s'],
      [done, 'describe group'],
      [shows(undefined), 'look in 5 s'],
      [done, 'describe group'],
      [shows(without(0)), 'leave'],
    ],
  },
  {
    what: 'rests when it is still in service after a lease',
    lines: [
      ...holding(3),
      [shows(inService), 'fence as #4'],
      [done, 'terminate instance with decrement'],
      [unknown, 'describe group'],
      [{ answer: shows(inService), took: 100 }, 'release lock of #4'],
      [done, 'look in 5 s, with a heartbeat of the launch hook'],
      [{ took: 110 }, 'describe group'],
      [{ answer: shows(inService), took: 5 }, 'look in 5 s, with a heartbeat of the launch hook'],
      [{ took: 295 }, 'boot'],
    ],
  },
])('an instance that cannot run jobs $what', ({ lines }) => {
  const { told } = play<Failing>(
    fail('the token is refused', 0),
    (state, seen) => {
      const next = failing(state, seen, firstInstance);
      if ('step' in next) return next;
      if (next.to === 'boot') return 'boot';
      return next.settled === undefined ? 'leave' : `leave, settled up to ${next.settled}`;
    },
    lines,
    { view: noMetrics },
  );
  expect(told).toEqual(expected(lines));
});

it('keeps its reason, for the log', () => {
  expect(fail('the token is refused', 0).state.why).toBe('the token is refused');
});
