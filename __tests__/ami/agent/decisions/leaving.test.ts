import type { Leaving } from '../../../../ami/agent/decisions/leaving.ts';
import { goAway, leaving } from '../../../../ami/agent/decisions/leaving.ts';
import type { Settings } from '../../../../ami/agent/decisions/settings.ts';
import type { Happening, Line, Scene } from './play.ts';
import {
  acquired,
  demand,
  done,
  expected,
  firstInstance,
  group,
  noMetrics,
  noRunner,
  play,
  read,
  reclaimed,
  refused,
  shows,
  unknown,
  view,
  without,
} from './play.ts';

const played = (lines: readonly Line[], settled: number | undefined, settings: Settings, scene: Scene) =>
  play<Leaving>(goAway(settled, 0), (state, seen) => leaving(state, seen, settings), lines, scene);

interface Script {
  readonly what: string;
  /** 5 by default, which is the count in the item. */
  readonly settled?: number | undefined;
  readonly settings?: Settings;
  readonly scene?: Scene;
  readonly lines: readonly Line[];
}

function describeScripts(title: string, scripts: readonly Script[]): void {
  describe(title, () => {
    it.each(scripts)('$what', ({ lines, settings = firstInstance, scene = {}, ...rest }) => {
      const settled = 'settled' in rest ? rest.settled : 5;
      expect(played(lines, settled, settings, scene).told).toEqual(expected(lines));
    });
  });
}

const calm: readonly Line[] = [
  [done, 'look in 5 s'],
  [{ took: 25 }, 'read item'],
];

describeScripts('the second look', [
  {
    what: 'comes half a minute after the instance was let go',
    lines: [
      [done, 'look in 5 s'],
      [{ took: 24 }, 'look in 5 s'],
      [done, 'read item'],
    ],
  },
  {
    what: 'comes when polling is surely stopped',
    lines: [
      [refused, 'look in 5 s'],
      [done, 'stop polling'],
      [unknown, 'look in 5 s'],
      [done, 'stop polling'],
      [done, 'look in 5 s'],
      [{ took: 25 }, 'read item'],
    ],
  },
  { what: 'finds nothing to do when every event is settled', lines: [...calm, [read(), 'look in 5 s']] },
  {
    what: 'looks at the group when an event came after those',
    lines: [...calm, [read({ wakeCount: 6 }), 'describe group'], [shows(without(1)), 'look in 5 s']],
  },
  {
    what: 'looks at the group when no event is known to be settled',
    settled: undefined,
    lines: [...calm, [read({ wakeCount: 0 }), 'describe group'], [shows(without(1)), 'look in 5 s']],
  },
  {
    what: 'waits for one that is about to leave: each might rely on the other',
    lines: [
      ...calm,
      [read({ wakeCount: 6, holder: 'agent/i-other/1/fenced' }), 'read item'],
      [read({ wakeCount: 6, holder: 'agent/i-other/1/fenced' }), 'look in 3 s'],
      [done, 'read item'],
      [read({ wakeCount: 6 }), 'acquire lock as #6'],
      [acquired({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'fence as #6'],
      [done, 'set desired capacity 1'],
    ],
  },
  {
    what: 'does not wait for a webhook, which never lowers the capacity',
    lines: [...calm, [read({ wakeCount: 6, holder: 'workflow/1' }), 'describe group']],
  },
  {
    what: 'sets an empty group back to one, under the lock',
    lines: [
      ...calm,
      [read({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'read item'],
      [read({ wakeCount: 6 }), 'acquire lock as #5'],
      [acquired({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'fence as #5'],
      [done, 'set desired capacity 1'],
      [done, 'describe group'],
      [shows(without(0)), 'look in 2 s'],
      [done, 'describe group'],
      [shows(without(1)), 'release lock of #5'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'sets it back to what the open jobs need',
    settings: demand,
    lines: [
      ...calm,
      [read({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'read item'],
      [read({ wakeCount: 6 }), 'acquire lock as #5'],
      [acquired({ wakeCount: 6, open: 7 }), 'describe group'],
      [shows(without(0)), 'fence as #5'],
      [done, 'set desired capacity 2'],
    ],
  },
  {
    what: 'leaves it to a webhook that was faster',
    lines: [
      ...calm,
      [read({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'read item'],
      [read({ wakeCount: 6 }), 'acquire lock as #5'],
      [acquired({ wakeCount: 6 }), 'describe group'],
      [shows(without(1)), 'release lock of #5'],
      [done, 'look in 5 s'],
    ],
  },
  {
    what: 'has nothing to set when the group is gone',
    lines: [...calm, [read({ wakeCount: 6 }), 'describe group'], [shows(undefined), 'look in 5 s']],
  },
  {
    what: 'is taken again when the item cannot be read',
    lines: [...calm, [unknown, 'look in 5 s'], [done, 'read item'], [read(), 'look in 5 s']],
  },
  {
    what: 'is taken again when the group cannot be seen',
    lines: [
      ...calm,
      [read({ wakeCount: 6 }), 'describe group'],
      [refused, 'look in 5 s'],
      [done, 'read item'],
      [read({ wakeCount: 6 }), 'describe group'],
    ],
  },
  {
    what: 'is taken again when the group could not be set, or nobody knows whether it was',
    lines: [
      ...calm,
      [read({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'read item'],
      [read({ wakeCount: 6 }), 'acquire lock as #5'],
      [acquired({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'fence as #5'],
      [done, 'set desired capacity 1'],
      [refused, 'release lock of #5'],
      [done, 'look in 5 s'],
      [done, 'read item'],
    ],
  },
]);

/** Until the instance waits for its jobs. */
const looked: readonly Line[] = [...calm, [read(), 'look in 5 s']];
const aJob = view({ running: 1, polling: [] });
const noJob = view({ polling: [] });
const busy: Happening = { view: aJob };
const waits: Happening = { view: view({ inFlight: 1, polling: [] }) };
const isEmpty: Happening = { view: noJob };
const empty: readonly Line[] = [...looked, [isEmpty, 'look in 5 s'], [isEmpty, 'stop runner']];
const ended: Happening = { view: noRunner };

describeScripts('the way out', [
  {
    what: 'waits for every job and request, until two looks in a row find none',
    lines: [
      ...looked,
      [busy, 'look in 5 s'],
      [isEmpty, 'look in 5 s'],
      [waits, 'look in 5 s'],
      [isEmpty, 'look in 5 s'],
      [{ view: noMetrics }, 'look in 5 s'],
      [isEmpty, 'look in 5 s, with a heartbeat of the terminate hook'],
      [isEmpty, 'stop runner'],
    ],
  },
  {
    what: 'stops the runner, unregisters it, and completes the hook; then there is nothing left to do',
    lines: [
      ...empty,
      [done, 'look in 5 s'],
      [ended, 'unregister'],
      [done, 'complete terminate hook: CONTINUE'],
      [done, 'look in 5 s'],
      [done, 'look in 5 s'],
      [{ took: 300 }, 'look in 5 s'],
    ],
  },
  {
    what: 'waits for the last job of a runner that was told to end, and keeps the hook',
    lines: [
      ...empty,
      [done, 'look in 5 s'],
      [{ ...busy, took: 60 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ view: noMetrics }, 'look in 5 s'],
      [ended, 'unregister'],
    ],
  },
  {
    what: 'leaves a runner that cannot be told to end, when it has had no job for five minutes',
    lines: [
      ...empty,
      [unknown, 'stop runner'],
      [refused, 'stop runner'],
      [refused, 'look in 5 s'],
      [{ ...busy, took: 280 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ ...isEmpty, took: 280 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ ...isEmpty, took: 10 }, 'unregister'],
    ],
  },
  {
    what: 'does not wait for ever for GitLab',
    lines: [
      ...empty,
      [unknown, 'stop runner'],
      [unknown, 'stop runner'],
      [unknown, 'look in 5 s'],
      [ended, 'unregister'],
      [refused, 'unregister'],
      [unknown, 'unregister'],
      [unknown, 'complete terminate hook: CONTINUE'],
    ],
  },
  {
    what: 'completes the hook until that is accepted',
    lines: [
      ...empty,
      [done, 'look in 5 s'],
      [ended, 'unregister'],
      [done, 'complete terminate hook: CONTINUE'],
      [unknown, 'look in 5 s'],
      [done, 'complete terminate hook: CONTINUE'],
      [refused, 'look in 5 s'],
      [done, 'complete terminate hook: CONTINUE'],
      [done, 'look in 5 s'],
    ],
  },
]);

describeScripts('the hook', [
  {
    what: 'is given more time once a minute while a job runs',
    lines: [
      ...looked,
      [{ ...busy, took: 19 }, 'look in 5 s'],
      [{ ...busy, took: 1 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [busy, 'look in 5 s'],
      [{ ...busy, took: 49 }, 'look in 5 s'],
      [{ ...busy, took: 1 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [busy, 'look in 5 s'],
    ],
  },
  {
    what: 'is given more time while the instance waits for the lock',
    lines: [
      ...calm,
      [read({ wakeCount: 6 }), 'describe group'],
      [shows(without(0)), 'read item'],
      [{ answer: read({ holder: 'workflow/1' }), took: 30 }, 'look in 3 s, with a heartbeat of the terminate hook'],
      [done, 'read item'],
      [read({ holder: 'workflow/1' }), 'look in 3 s'],
    ],
  },
]);

describeScripts('a service that fails for good', [
  {
    what: 'does not keep an instance that cannot read the item for more than a quarter of an hour',
    lines: [
      ...calm,
      [unknown, 'look in 5 s'],
      [{ took: 800 }, 'read item'],
      [unknown, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ took: 60 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [isEmpty, 'look in 5 s'],
      [isEmpty, 'stop runner'],
    ],
  },
  {
    what: 'does not keep one that cannot stop polling for longer, nor one that cannot set the group',
    lines: [
      [refused, 'look in 5 s'],
      [{ took: 894 }, 'stop polling'],
      [refused, 'look in 5 s, with a heartbeat of the terminate hook'],
      [done, 'stop polling'],
      [refused, 'look in 5 s'],
      [isEmpty, 'look in 5 s'],
      [isEmpty, 'look in 5 s'],
      [isEmpty, 'stop runner'],
    ],
  },
  {
    what: 'does not keep one whose runner is not seen for five minutes',
    lines: [
      ...looked,
      [{ view: noMetrics, took: 25 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ ...busy, took: 250 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ view: noMetrics, took: 294 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [{ view: noMetrics }, 'stop runner'],
    ],
  },
]);

describeScripts('an instance that Spot takes back', [
  {
    what: 'ends its jobs twenty seconds before, so that GitLab hears of it, and unregisters',
    lines: [
      ...looked,
      [{ view: reclaimed(120, aJob), took: 60 }, 'look in 5 s, with a heartbeat of the terminate hook'],
      [done, 'abort jobs'],
      [done, 'look in 5 s'],
      [ended, 'unregister'],
      [done, 'complete terminate hook: CONTINUE'],
    ],
  },
  {
    what: 'lets a job end that does so in time',
    lines: [
      ...looked,
      [{ view: reclaimed(120, aJob) }, 'look in 5 s'],
      [{ view: reclaimed(120, noJob) }, 'look in 5 s'],
      [done, 'stop runner'],
      [done, 'look in 5 s'],
      [{ view: reclaimed(120, noRunner) }, 'unregister'],
    ],
  },
  {
    what: 'looks a second time before, should somebody have relied on it',
    lines: [
      [done, 'look in 5 s'],
      [{ view: reclaimed(120, aJob), took: 25 }, 'read item'],
      [read({ wakeCount: 6 }), 'describe group'],
      [shows(without(1)), 'look in 5 s'],
    ],
  },
  {
    what: 'ends its jobs once, and does not wait for what cannot be ended',
    lines: [
      ...looked,
      [{ view: reclaimed(50, aJob) }, 'abort jobs'],
      [unknown, 'abort jobs'],
      [refused, 'abort jobs'],
      [unknown, 'look in 5 s'],
      [done, 'look in 5 s'],
    ],
  },
]);

it('keeps what is settled through every place', () => {
  const { state } = played(empty, 5, firstInstance, {});
  expect(state).toMatchObject({ phase: 'leaving', settled: 5, since: 0 });
  const { state: other } = played([[done, 'look in 5 s']], undefined, firstInstance, {});
  expect(other).not.toHaveProperty('settled');
});

it('looks at a group with others as at one without', () => {
  const lines: readonly Line[] = [
    ...calm,
    [read({ wakeCount: 6 }), 'describe group'],
    [shows(group(3)), 'look in 5 s'],
  ];
  expect(played(lines, 5, firstInstance, {}).told).toEqual(expected(lines));
});
