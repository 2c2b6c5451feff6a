import type { Change } from '../../../../ami/agent/decisions/change.ts';
import type { End, Turn } from '../../../../ami/agent/decisions/turn.ts';
import { isWaiting, takeTurn, turn } from '../../../../ami/agent/decisions/turn.ts';
import type { Line } from './play.ts';
import {
  acquired,
  demand,
  done,
  expected,
  group,
  lost,
  me,
  play,
  read,
  refused,
  shows,
  unknown,
  without,
} from './play.ts';

const setTwo: Change = { kind: 'set', capacity: 2, asked: 5 };
const leave: Change = { kind: 'leave', decrement: true, clearsOpen: false };
const last: Change = { kind: 'leave', decrement: true, clearsOpen: true };
const extra: Change = { kind: 'leave', decrement: false, clearsOpen: false };
const nothing: Change = { kind: 'none', why: 'nothing to do' };

const inWords = (end: End): string => (end.result === 'changed' ? 'changed' : `${end.result}: ${end.why}`);

/** A turn that is to make `change`. */
const played = (lines: readonly Line[], change: Change = setTwo) =>
  play<Turn>(
    takeTurn(0),
    (state, seen) => {
      const after = turn(state, seen, demand, () => change);
      return 'end' in after ? inWords(after.end) : after;
    },
    lines,
  );

interface Script {
  readonly what: string;
  readonly change?: Change;
  readonly lines: readonly Line[];
}

const others = read({ holder: 'workflow/1' });
/** From the first reading until the group was seen. */
const held: readonly Line[] = [
  [read(), 'acquire lock as #1'],
  [acquired(), 'describe group'],
  [shows(group(1)), 'fence as #1'],
];
const sent: readonly Line[] = [...held, [done, 'set desired capacity 2']];
const called: readonly Line[] = [...held, [done, 'terminate instance with decrement']];

function describeScripts(title: string, scripts: readonly Script[]): void {
  describe(title, () => {
    it.each(scripts)('$what', ({ change, lines }) => {
      expect(played(lines, change).told).toEqual(expected(lines));
    });
  });
}

describeScripts('getting the lock', [
  { what: 'takes a free one at once, under a name of its own', lines: [[read(), 'acquire lock as #1']] },
  {
    what: 'waits while somebody holds it, and takes it when it is free',
    lines: [
      [others, 'look in 3 s'],
      [done, 'read item'],
      [others, 'look in 3 s'],
      [done, 'read item'],
      [read(), 'acquire lock as #5'],
    ],
  },
  {
    what: 'takes it over from a holder that was seen for a whole lease',
    lines: [
      [others, 'look in 3 s'],
      [{ took: 117 }, 'read item'],
      [others, 'take lock over as #3 from workflow/1'],
      [acquired(), 'describe group'],
    ],
  },
  {
    what: 'does not take it over a moment before',
    lines: [
      [others, 'look in 3 s'],
      [{ took: 116 }, 'read item'],
      [others, 'look in 3 s'],
    ],
  },
  {
    what: 'watches each holder for a lease of its own',
    lines: [
      [others, 'look in 3 s'],
      [{ took: 100 }, 'read item'],
      [read({ holder: 'workflow/2' }), 'look in 3 s'],
      [{ took: 100 }, 'read item'],
      [read({ holder: 'workflow/2' }), 'look in 3 s'],
      [{ took: 14 }, 'read item'],
      [read({ holder: 'workflow/2' }), 'take lock over as #7 from workflow/2'],
    ],
  },
  {
    what: 'leaves what this instance held before a crash to its lease: a call may still be on its way',
    lines: [[read({ holder: `agent/${me}/old` }), 'look in 3 s']],
  },
  {
    what: 'waits when somebody else was faster, and then asks under another name',
    lines: [
      [read(), 'acquire lock as #1'],
      [lost, 'look in 3 s'],
      [done, 'read item'],
      [read(), 'acquire lock as #4'],
    ],
  },
  {
    what: 'still knows the name of that request when the item could not be read in between',
    lines: [
      [read(), 'acquire lock as #1'],
      [unknown, 'look in 3 s'],
      [done, 'read item'],
      [unknown, 'look in 3 s'],
      [done, 'read item'],
      [read({ holder: `agent/${me}/#1` }), `take lock over as #6 from agent/${me}/#1`],
    ],
  },
  {
    what: 'waits for a lease all the same when another has it by then',
    lines: [
      [read(), 'acquire lock as #1'],
      [unknown, 'look in 3 s'],
      [done, 'read item'],
      [others, 'look in 3 s'],
    ],
  },
  {
    what: 'finds by reading that a request took effect of which it heard nothing',
    lines: [
      [read(), 'acquire lock as #1'],
      [unknown, 'look in 3 s'],
      [done, 'read item'],
      [read({ holder: `agent/${me}/#1` }), `take lock over as #4 from agent/${me}/#1`],
    ],
  },
  {
    what: 'waits when it was refused, or the item cannot be read',
    lines: [
      [unknown, 'look in 3 s'],
      [done, 'read item'],
      [read(), 'acquire lock as #3'],
      [refused, 'look in 3 s'],
    ],
  },
  {
    what: 'goes on watching a holder while the item cannot be read',
    lines: [
      [others, 'look in 3 s'],
      [done, 'read item'],
      [unknown, 'look in 3 s'],
      [{ took: 120 }, 'read item'],
      [others, 'take lock over as #5 from workflow/1'],
    ],
  },
  {
    what: 'goes on watching a dead holder when it could not be taken over',
    lines: [
      [others, 'look in 3 s'],
      [{ took: 117 }, 'read item'],
      [others, 'take lock over as #3 from workflow/1'],
      [unknown, 'look in 3 s'],
      [done, 'read item'],
      [others, 'take lock over as #6 from workflow/1'],
    ],
  },
  {
    what: 'gives up after five minutes, with nothing to let go of',
    lines: [
      [others, 'look in 3 s'],
      [{ took: 296 }, 'read item'],
      [read({ holder: 'workflow/2' }), 'look in 3 s'],
      [done, 'failed: others held the lock until patience ended'],
    ],
  },
]);

describeScripts('changing the group', [
  {
    what: 'fences, sets, sees it, and lets go with what it answered',
    lines: [...sent, [done, 'describe group'], [shows(group(2)), 'release lock of #1, asked 5'], [done, 'changed']],
  },
  {
    what: 'fences, terminates, sees it, and lets go',
    change: leave,
    lines: [...called, [done, 'describe group'], [shows(without(0)), 'release lock of #1'], [done, 'changed']],
  },
  {
    what: 'leaves a group that has too many without lowering it',
    change: extra,
    lines: [...held, [done, 'terminate instance without decrement']],
  },
  {
    what: 'lets go at once when nothing is to be done',
    change: nothing,
    lines: [...held.slice(0, 2), [shows(group(1)), 'release lock of #1'], [done, 'unneeded: nothing to do']],
  },
  {
    what: 'writes what it answered also when nothing was to be done',
    change: { ...nothing, asked: 5 },
    lines: [...held.slice(0, 2), [shows(group(4)), 'release lock of #1, asked 5'], [done, 'unneeded: nothing to do']],
  },
  {
    what: 'lets go when the group cannot be seen',
    lines: [...held.slice(0, 2), [unknown, 'release lock of #1'], [done, 'failed: no answer']],
  },
  {
    what: 'lets go when there is no such group',
    lines: [...held.slice(0, 2), [shows(undefined), 'release lock of #1'], [done, 'failed: there is no such group']],
  },
  {
    what: 'says what it got when it got no group',
    lines: [...held.slice(0, 2), [done, 'release lock of #1'], [done, 'failed: the answer was: done']],
  },
  {
    what: 'changes nothing, and has nothing to let go of, when the lock was taken over',
    lines: [...held, [lost, 'failed: the lock was taken over']],
  },
  {
    what: 'changes nothing when nobody knows whether the lock was taken over',
    lines: [...held, [unknown, 'release lock of #1'], [done, 'failed: no answer']],
  },
  {
    what: 'does not even fence when the lease is nearly over',
    lines: [
      [read(), 'acquire lock as #1'],
      [{ answer: acquired(), took: 45 }, 'describe group'],
      [{ answer: shows(group(1)), took: 45 }, 'release lock of #1'],
      [done, 'failed: the lease is nearly over'],
    ],
  },
  {
    what: 'begins the lease anew with the fence, which writes another name',
    lines: [
      [read(), 'acquire lock as #1'],
      [{ answer: acquired(), took: 45 }, 'describe group'],
      [{ answer: shows(group(1)), took: 44 }, 'fence as #1'],
      [{ answer: done, took: 89 }, 'set desired capacity 2'],
    ],
  },
  {
    what: 'changes nothing when that one is nearly over as well',
    lines: [...held, [{ answer: done, took: 90 }, 'release lock of #1'], [done, 'failed: the lease is nearly over']],
  },
  {
    what: 'lets go when the service refuses',
    lines: [...sent, [refused, 'release lock of #1'], [done, 'failed: not allowed']],
  },
]);

describeScripts('seeing the change before letting go', [
  {
    what: 'looks again, two seconds later, while an old answer comes',
    lines: [
      ...sent,
      [done, 'describe group'],
      [shows(group(1)), 'look in 2 s'],
      [done, 'describe group'],
      [unknown, 'look in 2 s'],
      [done, 'describe group'],
      [shows(undefined), 'look in 2 s'],
      [done, 'describe group'],
      [shows(group(2)), 'release lock of #1, asked 5'],
    ],
  },
  {
    what: 'lets go unseen when the lease is nearly over: the call was accepted',
    lines: [
      ...sent,
      [done, 'describe group'],
      [{ answer: shows(group(1)), took: 90 }, 'release lock of #1, asked 5'],
      [done, 'changed'],
    ],
  },
  {
    what: 'looks in the same way for a call of which nobody knows the outcome, and never sends it again',
    lines: [
      ...called,
      [unknown, 'describe group'],
      [shows(group(1)), 'look in 2 s'],
      [done, 'describe group'],
      [shows(without(0)), 'release lock of #1'],
      [done, 'changed'],
    ],
    change: leave,
  },
  {
    what: 'says that it does not know when that did not show within the lease',
    lines: [
      ...called,
      [unknown, 'describe group'],
      [{ answer: shows(group(1)), took: 90 }, 'release lock of #1'],
      [done, 'unknown: the group did not show it within the lease'],
    ],
    change: leave,
  },
  {
    what: 'leaves the lock to its lease when nobody knows whether the capacity is set; no look at the group could tell',
    lines: [...sent, [unknown, 'unknown: no answer']],
  },
]);

const ended: readonly Line[] = [
  [read({ open: 2 }), 'acquire lock as #1'],
  [acquired({ open: 2 }), 'describe group'],
  [shows(group(1)), 'fence as #1'],
  [done, 'terminate instance with decrement'],
  [done, 'describe group'],
];
const forgets: Line = [shows(without(0)), 'release lock of #1, clear open if still at 5'];
const plain = 'release lock of #1';

describeScripts('letting go', [
  {
    what: 'forgets the open jobs with the last instance',
    change: last,
    lines: [...ended, forgets, [done, 'changed']],
  },
  {
    what: 'keeps them when an event was counted meanwhile',
    change: last,
    lines: [...ended, forgets, [lost, plain], [done, 'changed']],
  },
  {
    what: 'is over when somebody took the lock over',
    change: last,
    lines: [...ended, forgets, [lost, plain], [lost, 'changed']],
  },
  {
    what: 'is repeated as it was when nobody heard the answer',
    lines: [
      ...sent,
      [done, 'describe group'],
      [shows(group(2)), 'release lock of #1, asked 5'],
      [unknown, 'release lock of #1, asked 5'],
      [lost, 'changed'],
    ],
  },
  {
    what: 'is repeated without forgetting when that is refused',
    change: last,
    lines: [...ended, forgets, [refused, plain], [done, 'changed']],
  },
  {
    what: 'is tried four times; then the lease ends it',
    change: nothing,
    lines: [
      ...held.slice(0, 2),
      [shows(group(1)), plain],
      [refused, plain],
      [unknown, plain],
      [refused, plain],
      [unknown, 'unneeded: nothing to do'],
    ],
  },
  {
    what: 'is still tried without forgetting when it was lost at last',
    change: last,
    lines: [
      ...ended,
      forgets,
      [unknown, forgets[1]],
      [unknown, forgets[1]],
      [unknown, forgets[1]],
      [lost, plain],
      [done, 'changed'],
    ],
  },
]);

describe('a turn that waits', () => {
  it('can be dropped only while nothing was asked for', () => {
    const waiting = [[others, 'look in 3 s']] as const;
    const places = [[], waiting, [[read(), '']] as const, held, sent].map((lines) => played(lines).state);
    expect(places.map((state) => [state.at, isWaiting(state)])).toEqual([
      ['reading', false],
      ['pausing', true],
      ['acquiring', false],
      ['fencing', false],
      ['changing', false],
    ]);
  });
});

it('knows the name of a request that took effect only after the lock was seen free', () => {
  const lines: readonly Line[] = [
    [read(), 'acquire lock as #1'],
    [unknown, 'look in 3 s'],
    [done, 'read item'],
    [read(), 'acquire lock as #4'],
    [lost, 'look in 3 s'],
    [done, 'read item'],
    [read({ holder: `agent/${me}/#1` }), `take lock over as #7 from agent/${me}/#1`],
  ];
  expect(played(lines).told).toEqual(expected(lines));
});
