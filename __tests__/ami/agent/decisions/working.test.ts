import type { Settings } from '../../../../ami/agent/decisions/settings.ts';
import type { Working } from '../../../../ami/agent/decisions/working.ts';
import { begin, leavingOf, working, workOn } from '../../../../ami/agent/decisions/working.ts';
import { healthy } from '../../../../ami/agent/decisions/health.ts';
import { nothingRemembered } from '../../../../ami/agent/decisions/memory.ts';
import type { Memory } from '../../../../ami/agent/decisions/memory.ts';
import type { Next } from '../../../../ami/agent/decisions/step.ts';
import type { Line, Scene } from './play.ts';
import {
  acquired,
  demand,
  done,
  entry,
  expected,
  firstInstance,
  group,
  lost,
  me,
  noMetrics,
  play,
  read,
  refused,
  shows,
  toldToGo,
  unknown,
  view,
} from './play.ts';

const full = view({ running: 6 });

const played = (lines: readonly Line[], settings: Settings = firstInstance, first = begin(0), scene: Scene = {}) =>
  play<Working>(
    first,
    (state, seen) => {
      const after = working(state, seen, settings);
      if ('step' in after) return after;
      return after.to === 'fail' ? `fail: ${after.why}` : after.to;
    },
    lines,
    scene,
  );

interface Script {
  readonly what: string;
  readonly settings?: Settings;
  readonly first?: Next<Working>;
  readonly scene?: Scene;
  readonly lines: readonly Line[];
}

function describeScripts(title: string, scripts: readonly Script[]): void {
  describe(title, () => {
    it.each(scripts)('$what', ({ lines, settings, first, scene }) => {
      expect(played(lines, settings, first, scene).told).toEqual(expected(lines));
    });
  });
}

/** At a look, with this in memory. */
const looking = (memory: Partial<Memory> = {}): Next<Working> => ({
  state: { phase: 'working', at: 'looking', memory: { ...nothingRemembered(0), ...memory } },
  step: { do: 'look', seconds: 5 },
});
/** No job for three minutes, and the item was read a moment ago. */
const idle = (memory: Partial<Memory> = {}): Pick<Script, 'first' | 'scene'> => ({
  first: looking({ coverage: { covered: 5, readAt: 175_000 }, ...memory }),
  scene: { now: 175_000 },
});
/** A job runs in all places but one. */
const busy = (memory: Partial<Memory> = {}): Pick<Script, 'first' | 'scene'> => ({
  first: looking({ coverage: { covered: 5, readAt: 0 }, ...memory }),
  scene: { view: view({ running: 5 }) },
});

describeScripts('an instance that works', [
  {
    what: 'puts the runners into the configuration first, reads the count, and then looks every five seconds',
    lines: [
      [done, 'look in 5 s'],
      [done, 'read item'],
      [read(), 'look in 5 s'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'tries until the runners are in the configuration',
    lines: [
      [refused, 'look in 5 s'],
      [done, 'poll again'],
      [unknown, 'look in 5 s'],
      [done, 'poll again'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'leaves when it is told to',
    lines: [
      [done, 'look in 5 s'],
      [{ view: toldToGo }, 'leave'],
    ],
  },
  {
    what: 'leaves when it is told to, though it cannot poll',
    lines: [
      [refused, 'look in 5 s'],
      [{ view: toldToGo }, 'leave'],
    ],
  },
  {
    what: 'leaves a lock that a crash left to its lease: a call may still be on its way',
    lines: [
      [done, 'look in 5 s'],
      [done, 'read item'],
      [read({ holder: `agent/${me}/old` }), 'look in 5 s'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'reads the count again when it could not, half a minute later',
    lines: [
      [done, 'look in 5 s'],
      [done, 'read item'],
      [{ answer: unknown, took: 30 }, 'look in 5 s'],
      [done, 'read item'],
    ],
  },
]);

describeScripts('an instance that is idle', [
  {
    what: 'does nothing for three minutes',
    first: looking({ coverage: { covered: 5, readAt: 174_000 } }),
    scene: { now: 174_999 - 5000 },
    lines: [[done, 'look in 5 s']],
  },
  {
    what: 'then looks at the group and at the item, and drains',
    ...idle(),
    lines: [
      [done, 'describe group'],
      [shows(group(2)), 'read item'],
      [read(), 'drain'],
    ],
  },
  {
    what: 'does not even stop polling when an event came after those that are covered',
    ...idle(),
    lines: [
      [done, 'describe group'],
      [shows(group(1)), 'read item'],
      [read({ wakeCount: 6 }), 'look in 5 s'],
    ],
  },
  {
    what: 'tries again half a minute later',
    ...idle(),
    lines: [
      [done, 'describe group'],
      [shows(group(1, { min: 1 })), 'read item'],
      [read(), 'look in 5 s'],
      [done, 'look in 5 s'],
      [{ took: 19 }, 'look in 5 s'],
      [{ took: 20, view: view() }, 'describe group'],
    ],
  },
  {
    what: 'waits half a minute when the group cannot be seen',
    ...idle(),
    lines: [
      [done, 'describe group'],
      [unknown, 'look in 5 s'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'waits half a minute when there is no such group',
    ...idle(),
    lines: [
      [done, 'describe group'],
      [shows(undefined), 'look in 5 s'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'waits half a minute when the item cannot be read',
    ...idle(),
    lines: [
      [done, 'describe group'],
      [shows(group(2)), 'read item'],
      [refused, 'look in 5 s'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'is not idle when its metrics do not answer',
    ...idle(),
    lines: [[{ view: noMetrics }, 'look in 5 s']],
  },
]);

describeScripts('an instance that is full', [
  {
    what: 'asks under the lock when it has become so',
    ...busy(),
    lines: [
      [done, 'look in 5 s'],
      [{ view: full }, 'read item'],
      [read(), 'acquire lock as #3'],
      [acquired(), 'describe group'],
      [shows(group(1)), 'fence as #3'],
      [done, 'set desired capacity 2'],
      [done, 'describe group'],
      [shows(group(2)), 'release lock of #3, asked 5'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'asks no more while nothing happens, and reads no more than twice a minute',
    ...busy({ isFull: true }),
    lines: [
      [{ view: full }, 'read item'],
      [read({ asked: 5 }), 'look in 5 s'],
      [{ took: 24 }, 'look in 5 s'],
      [done, 'read item'],
    ],
  },
  {
    what: 'asks again when an event came',
    ...busy({ isFull: true }),
    lines: [
      [{ view: full }, 'read item'],
      [read({ wakeCount: 6, asked: 5 }), 'describe group'],
      [shows(group(1)), 'read item'],
      [read({ wakeCount: 6, asked: 5 }), 'acquire lock as #4'],
    ],
  },
  {
    what: 'takes no turn at the lock for a group that is at its maximum, and asks when it no longer is',
    ...busy({ isFull: true }),
    lines: [
      [{ view: full }, 'read item'],
      [read({ wakeCount: 6, asked: 5 }), 'describe group'],
      [shows(group(4)), 'look in 5 s'],
      [{ took: 30 }, 'read item'],
      [read({ wakeCount: 6, asked: 5 }), 'describe group'],
      [unknown, 'look in 5 s'],
      [{ took: 30 }, 'read item'],
      [read({ wakeCount: 6, asked: 5 }), 'describe group'],
      [shows(undefined), 'look in 5 s'],
      [{ took: 30 }, 'read item'],
      [read({ wakeCount: 6, asked: 5 }), 'describe group'],
      [shows(group(3)), 'read item'],
    ],
  },
  {
    what: 'is not put off by an item that cannot be read',
    ...busy({ isFull: true }),
    lines: [
      [{ view: full }, 'read item'],
      [unknown, 'look in 5 s'],
      [{ took: 30 }, 'read item'],
    ],
  },
  {
    what: 'still may ask when the attempt failed, half a minute later',
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read(), 'acquire lock as #2'],
      [acquired({ asked: 5 }), 'describe group'],
      [unknown, 'release lock of #2'],
      [done, 'look in 5 s'],
      [done, 'look in 5 s'],
      [{ took: 25 }, 'read item'],
      [read({ asked: 5 }), 'acquire lock as #8'],
      [acquired({ asked: 5 }), 'describe group'],
      [shows(group(1)), 'fence as #8'],
    ],
  },
  {
    what: 'has its answer when another is on its way already',
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read(), 'acquire lock as #2'],
      [acquired({ asked: 5 }), 'describe group'],
      [shows(group(2, { instances: group(1).instances })), 'release lock of #2'],
      [done, 'look in 5 s'],
      [{ took: 30 }, 'read item'],
      [read({ asked: 5 }), 'look in 5 s'],
    ],
  },
  {
    what: 'waits for the lock while it works on',
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read({ holder: 'workflow/1' }), 'look in 3 s'],
      [done, 'read item'],
    ],
  },
  {
    what: 'drops the attempt when it is told to go, as long as it only waits',
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read({ holder: 'workflow/1' }), 'look in 3 s'],
      [{ view: { ...full, isToldToGo: true } }, 'leave'],
    ],
  },
  {
    what: 'ends what it has begun when it is told to go meanwhile',
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read(), 'acquire lock as #2'],
      [{ answer: lost, view: { ...full, isToldToGo: true } }, 'look in 3 s'],
      [done, 'leave'],
    ],
  },
  {
    what: 'asks for nothing when a job has ended before it gets the lock',
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read({ holder: 'workflow/1' }), 'look in 3 s'],
      [{ view: view({ running: 5 }) }, 'read item'],
      [read(), 'acquire lock as #4'],
      [acquired(), 'describe group'],
      [shows(group(1)), 'release lock of #4'],
    ],
  },
  {
    what: 'asks for nothing when the open jobs have their machines, and that is its answer',
    settings: demand,
    ...busy(),
    lines: [
      [{ view: full }, 'read item'],
      [read({ open: 6 }), 'acquire lock as #2'],
      [acquired({ open: 6 }), 'describe group'],
      [shows(group(1)), 'release lock of #2, asked 5'],
      [done, 'look in 5 s'],
    ],
  },
]);

describeScripts('an instance whose runner is of no use', [
  {
    what: 'fails when GitLab refuses it (a runner that was deleted)',
    ...busy(),
    lines: [
      [{ view: view({ polling: [entry({ others: 2, refused: 2 })] }) }, 'look in 5 s'],
      [{ view: view({ polling: [entry({ others: 3, refused: 3 })] }) }, 'fail: GitLab refuses the runner'],
    ],
  },
  {
    what: 'fails when it has not polled for ten minutes',
    ...idle(),
    lines: [[{ took: 700 }, 'fail: the runner does not poll']],
  },
]);

describe('what an instance knows of itself when it would leave', () => {
  const memory = nothingRemembered(0);
  it('is the count that it has covered, when there is one', () => {
    expect(leavingOf(memory, 0)).toEqual({ isPatienceOver: false });
    expect(leavingOf({ ...memory, coverage: { covered: 0 } }, 0)).toEqual({ covered: 0, isPatienceOver: false });
  });

  it('is that its patience is over twenty minutes after its last job', () => {
    const isOver = (now: number): boolean => leavingOf(memory, now).isPatienceOver;
    expect([1_199_999, 1_200_000].map(isOver)).toEqual([false, true]);
  });
});

it('puts the runners back and waits half a minute after an attempt that came to nothing', () => {
  const { state, step } = workOn(nothingRemembered(0), 50_000);
  expect(step).toEqual({ do: 'poll again' });
  expect(state.memory).toEqual({ ...nothingRemembered(0), health: healthy(50_000), notBefore: 80_000 });
});
