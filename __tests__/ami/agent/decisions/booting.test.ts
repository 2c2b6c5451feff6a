import type { Booting } from '../../../../ami/agent/decisions/booting.ts';
import { boot, booting } from '../../../../ami/agent/decisions/booting.ts';
import type { Group } from '../../../../ami/agent/decisions/group.ts';
import type { Settings } from '../../../../ami/agent/decisions/settings.ts';
import type { Line } from './play.ts';
import {
  done,
  expected,
  firstInstance,
  group,
  me,
  noMetrics,
  play,
  reclaimed,
  refused,
  shows,
  toldToGo,
  unknown,
  view,
  without,
} from './play.ts';

const inState = (lifecycleState: string): Group => group(1, { instances: [{ id: me, lifecycleState }] });
const launching = inState('Pending:Wait');

const started: readonly Line[] = [
  [done, 'check executor'],
  [done, 'create runner'],
  [done, 'configure runner'],
  [done, 'start runner'],
  [done, 'look in 1 s'],
];
const noted: readonly Line[] = [
  ...started,
  [{ view: view() }, 'verify runner'],
  [done, 'note registration'],
  [done, 'describe group'],
];

interface Script {
  readonly what: string;
  readonly lines: readonly Line[];
  readonly settings?: Settings;
}

it.each<Script>([
  {
    what: 'registers, completes the launch hook, and lets the runner poll when the group says that it is in service',
    lines: [
      ...noted,
      [shows(launching), 'complete launch hook: CONTINUE'],
      [done, 'look in 1 s'],
      [done, 'describe group'],
      [shows(inState('InService')), 'work'],
    ],
  },
  {
    what: 'lets it poll at once when there was no hook, or it was completed before a crash',
    lines: [...noted, [shows(inState('InService')), 'work']],
  },
  {
    what: 'takes no job while the hook cannot be completed, and goes on trying (B43)',
    lines: [
      ...noted,
      ...Array.from({ length: 5 }, (_, index): readonly Line[] => [
        [shows(launching), 'complete launch hook: CONTINUE'],
        [index % 2 ? refused : unknown, 'look in 1 s'],
        [done, 'describe group'],
      ]).flat(),
      [shows(launching), 'complete launch hook: CONTINUE'],
      [done, 'look in 1 s'],
      [done, 'describe group'],
      [shows(inState('InService')), 'work'],
    ],
  },
  {
    what: 'asks the group again when it cannot be seen, or does not know the instance yet',
    lines: [
      ...noted,
      [unknown, 'look in 5 s'],
      [done, 'describe group'],
      [shows(undefined), 'look in 5 s'],
      [done, 'describe group'],
      [shows(group(1, { instances: [] })), 'look in 5 s'],
      [done, 'describe group'],
      [shows(inState('InService')), 'work'],
    ],
  },
  { what: 'leaves when the group has let go of it', lines: [...noted, [shows(without(0)), 'leave']] },
  {
    what: 'leaves when it is told to go',
    lines: [
      [done, 'check executor'],
      [{ view: toldToGo }, 'leave'],
    ],
  },
  {
    what: 'leaves when Spot takes the machine',
    lines: [
      [done, 'check executor'],
      [{ view: reclaimed(120) }, 'leave'],
    ],
  },
  {
    what: 'waits out an outage, with heartbeats of the hook, for as long as it takes',
    lines: [
      [unknown, 'look in 5 s'],
      [{ took: 56 }, 'fetch token'],
      [unknown, 'look in 5 s, with a heartbeat of the launch hook'],
      [{ took: 3600 }, 'fetch token'],
      [unknown, 'look in 5 s, with a heartbeat of the launch hook'],
      [done, 'fetch token'],
      [done, 'check executor'],
    ],
  },
  {
    what: 'sends them more often when the hook holds it for a shorter time',
    settings: { ...firstInstance, hookSeconds: 30 },
    lines: [
      [unknown, 'look in 5 s'],
      [done, 'fetch token'],
      [{ answer: unknown, took: 5 }, 'look in 5 s, with a heartbeat of the launch hook'],
    ],
  },
  {
    what: 'tries for a minute what is refused: a permission may be young, and Docker may be starting',
    lines: [
      [done, 'check executor'],
      [refused, 'look in 5 s'],
      [{ took: 54 }, 'check executor'],
      [refused, 'look in 5 s'],
      [done, 'check executor'],
      [done, 'create runner'],
    ],
  },
  {
    what: 'gives up what is refused for a minute',
    lines: [
      [refused, 'look in 5 s'],
      [{ took: 55 }, 'fetch token'],
      [refused, 'fail: fetch token: not allowed'],
    ],
  },
  {
    what: 'counts that minute anew after an outage',
    lines: [
      [refused, 'look in 5 s'],
      [{ took: 50 }, 'fetch token'],
      [unknown, 'look in 5 s'],
      [{ took: 50 }, 'fetch token'],
      [refused, 'look in 5 s, with a heartbeat of the launch hook'],
      [done, 'fetch token'],
    ],
  },
  {
    what: 'gives up a runner whose metrics do not answer for a minute',
    lines: [...started, [{ view: noMetrics }, 'look in 1 s'], [{ took: 58 }, 'fail: the runner does not run']],
  },
  {
    what: 'goes on though the item cannot be written: jobs matter more',
    lines: [
      ...noted.slice(0, -1),
      [refused, 'look in 5 s'],
      [{ took: 55 }, 'note registration'],
      [refused, 'describe group'],
    ],
  },
])('an instance that boots $what', ({ lines, settings = firstInstance }) => {
  const { told } = play<Booting>(
    boot(0),
    (state, seen) => {
      const next = booting(state, seen, settings);
      return 'step' in next ? next : next.to === 'fail' ? `fail: ${next.why}` : next.to;
    },
    lines,
    { view: noMetrics },
  );
  expect(told).toEqual(expected(lines));
});
