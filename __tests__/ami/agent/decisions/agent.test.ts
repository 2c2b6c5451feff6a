import type { Agent } from '../../../../ami/agent/decisions/agent.ts';
import { decide, start } from '../../../../ami/agent/decisions/agent.ts';
import type { Line } from './play.ts';
import {
  acquired,
  done,
  entry,
  expected,
  firstInstance,
  group,
  play,
  read,
  noRunner,
  shows,
  toldToGo,
  view,
  without,
} from './play.ts';

const played = (lines: readonly Line[]) =>
  play<Agent>(start(0), (state, seen) => decide(state, seen, firstInstance), lines, {
    view: { isRunnerOn: true, isToldToGo: false },
  });

const polled = (empty: number) => ({ view: view({ polling: [entry({ empty })] }) });
const stopped = { view: view({ polling: [] }) };
/** Booted; the metrics answer at once, and the launch hook is completed. */
const booted: readonly Line[] = [
  [done, 'check executor'],
  [done, 'create runner'],
  [done, 'configure runner'],
  [done, 'start runner'],
  [done, 'look in 1 s'],
  [polled(0), 'verify runner'],
  [done, 'note registration'],
  [done, 'describe group'],
  [shows(group(1)), 'poll again'],
];
const begun: readonly Line[] = [...booted, [done, 'look in 5 s'], [polled(0), 'read item'], [read(), 'look in 5 s']];
/** Idle for three minutes, with the count 5 covered, and polling stopped. */
const drained: readonly Line[] = [
  ...begun,
  [{ ...polled(1), took: 30 }, 'look in 5 s'],
  [{ ...polled(4), took: 30 }, 'read item'],
  [read(), 'look in 5 s'],
  [{ ...polled(5), took: 110 }, 'describe group'],
  [shows(group(1)), 'read item'],
  [read(), 'stop polling'],
  [done, 'look in 1 s'],
];

describe('the life of an instance', () => {
  it.each<{ readonly what: string; readonly lines: readonly Line[]; readonly phase: Agent['phase'] }>([
    { what: 'begins with work', lines: begun, phase: 'working' },
    { what: 'turns to draining when it is idle and has covered every event', lines: drained, phase: 'draining' },
    {
      what: 'turns back to work for a job that still arrives, and does not try again at once',
      lines: [
        ...drained,
        [{ view: view({ running: 1, polling: [] }) }, 'poll again'],
        [done, 'look in 5 s'],
        [polled(6), 'look in 5 s'],
      ],
      phase: 'working',
    },
    {
      what: 'turns to leaving when the group has let go of it',
      lines: [
        ...drained,
        [stopped, 'look in 1 s'],
        [stopped, 'read item'],
        [read(), 'acquire lock as #22'],
        [acquired(), 'describe group'],
        [shows(group(1)), 'fence as #22'],
        [done, 'terminate instance with decrement'],
        [done, 'describe group'],
        [shows(without(0)), 'release lock of #22'],
        [done, 'stop polling'],
        [done, 'look in 5 s'],
        [{ took: 25 }, 'read item'],
        [read(), 'look in 5 s'],
        [stopped, 'look in 5 s'],
        [stopped, 'stop runner'],
        [done, 'look in 5 s'],
        [{ view: noRunner }, 'unregister'],
        [done, 'complete terminate hook: CONTINUE'],
        [done, 'look in 5 s'],
      ],
      phase: 'leaving',
    },
    {
      what: 'turns from work to leaving when it is told to go',
      lines: [...begun, [{ view: toldToGo }, 'stop polling']],
      phase: 'leaving',
    },
    {
      what: 'turns from draining to leaving when it is told to go',
      lines: [...drained, [{ view: toldToGo }, 'stop polling']],
      phase: 'leaving',
    },
  ])('$what', ({ lines, phase }) => {
    const { told, state } = played(lines);
    expect(told).toEqual(expected(lines));
    expect(state.phase).toBe(phase);
  });
});
