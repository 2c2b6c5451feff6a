import type { Sight } from '../../../ami/agent/status.ts';
import { statusOf, statusText } from '../../../ami/agent/status.ts';
import {
  demand,
  firstInstance,
  group,
  item,
  noMetrics,
  noRunner,
  reclaimed,
  toldToGo,
  view,
} from './decisions/play.ts';

const sight = (given: Partial<Sight> = {}): Sight => ({ view: view(), item: item(), group: group(1), ...given });
const full = view({ running: 6 });

describe('the status of an instance', () => {
  it.each<readonly [what: string, seen: Sight, settings: typeof demand, would: RegExp]>([
    ['is told to go', sight({ view: toldToGo }), firstInstance, /^leave: it was told to/],
    ['is taken back by Spot', sight({ view: reclaimed(120) }), firstInstance, /^leave/],
    ['has a runner without metrics', sight({ view: noMetrics }), firstInstance, /^wait for the metrics/],
    ['has no runner', sight({ view: noRunner }), firstInstance, /^start the runner/],
    ['cannot read the item', { view: view() }, firstInstance, /^look again/],
    ['works', sight({ view: view({ running: 1 }) }), firstInstance, /^work$/],
    ['is full', sight({ view: full }), firstInstance, /^full: set desired capacity to 2$/],
    [
      'is full where that was answered',
      sight({ view: full, item: item({ asked: 5 }) }),
      firstInstance,
      /^full: nothing, because nothing has happened/,
    ],
    [
      'is idle',
      sight(),
      firstInstance,
      /^after 180 s without a job: leave with decrement, once the events up to 5 are covered$/,
    ],
    [
      'is idle at the minimum',
      sight({ group: group(1, { min: 1 }) }),
      firstInstance,
      /nothing, because the group is at its minimum/,
    ],
  ])('that %s says what it would do', (_, seen, settings, would) => {
    expect(statusOf(seen, settings).wouldDo).toMatch(would);
  });

  it('is a few lines for people', () => {
    const agent = { phase: 'working', at: 'looking', since: '2026-12-01T12:00:00Z' };
    expect(statusText(statusOf(sight({ agent, item: item({ holder: 'workflow/1' }) }), firstInstance))).toBe(
      [
        'instance     i-me',
        'agent        working (looking) since 2026-12-01T12:00:00Z',
        'runner       0 of 6 jobs, 1 entries poll, 0 requests in flight',
        'group        desired 1 (0 to 4); i-me InService',
        'events       5 counted, 0 jobs open, lock held by workflow/1',
        'would        after 180 s without a job: leave with decrement, once the events up to 5 are covered',
        '',
      ].join('\n'),
    );
  });

  it('says what cannot be seen', () => {
    const text = statusText(statusOf({ view: noRunner }, demand));
    expect(text).toMatch(/agent +has not run\nrunner +off\ngroup +cannot be read\nevents +cannot be read/);
    expect(statusText(statusOf({ view: noMetrics }, demand))).toContain('on, but its metrics do not answer');
    expect(statusText(statusOf(sight({ view: view({ polling: [] }) }), demand))).toContain('polling is stopped');
  });
});
