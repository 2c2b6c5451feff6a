import type { Health } from '../../../../ami/agent/decisions/health.ts';
import { ailment, examined, healthy } from '../../../../ami/agent/decisions/health.ts';
import type { View } from '../../../../ami/agent/decisions/view.ts';
import { entry, noMetrics, view } from './play.ts';

/** What a runner with one entry has counted, and how many jobs it runs. */
const counted = (empty: number, others = 0, refused = 0, running = 0): View =>
  view({ running, polling: [entry({ empty, others, refused })] });

/** Looks every five seconds from 5 s on. */
const after = (...views: readonly View[]): Health =>
  views.reduce<Health>((health, seen, index) => examined(health, seen, (index + 1) * 5000), healthy(0));

const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);

describe('a runner', () => {
  it.each<{ readonly what: string; readonly views: readonly View[]; readonly now?: number; readonly why?: string }>([
    { what: 'is well while it polls', views: [counted(1), counted(2), counted(3)] },
    { what: 'is well in its first ten minutes', views: [], now: 599_999 },
    {
      what: 'is not when it has never polled by then (B30: a zombie that lives on)',
      views: [],
      now: 600_000,
      why: 'the runner does not poll',
    },
    { what: 'is not when it stops', views: [counted(1), counted(1)], now: 605_000, why: 'the runner does not poll' },
    {
      what: 'is not when its metrics do not answer for so long (B31)',
      views: [counted(1), ...times(119, noMetrics)],
      now: 605_000,
      why: 'the runner does not poll',
    },
    {
      what: 'need not poll while it runs jobs',
      views: [counted(1), ...times(130, counted(1, 1, 0, 1))],
      now: 655_000,
    },
    {
      what: 'is refused after three polls in a row that ended with 403',
      views: [counted(1), counted(1, 1, 1), counted(1, 3, 3)],
      why: 'GitLab refuses the runner',
    },
    { what: 'is not refused after two', views: [counted(1), counted(1, 2, 2)] },
    {
      what: 'is not refused when GitLab accepted it in between',
      views: [counted(1, 2, 2), counted(2, 2, 2), counted(2, 4, 4)],
    },
    {
      what: 'is not refused while GitLab cannot be reached, and polls',
      views: [counted(1), ...times(130, 0).map((_, index) => counted(1, index))],
      now: 655_000,
    },
    {
      what: 'is not refused while one of its two entries is accepted',
      views: times(5, 0).map((_, index) =>
        view({ polling: [entry({ empty: index }), entry({ id: 'two', others: index, refused: index })] }),
      ),
    },
    {
      what: 'counts from zero after it was restarted',
      views: [counted(9, 2, 2), counted(0, 2, 2), counted(0, 3, 3)],
      why: 'GitLab refuses the runner',
    },
    { what: 'is well when it polls after it was restarted', views: [counted(9, 2, 2), counted(1)] },
  ])('$what', ({ views, now = views.length * 5000, why }) => {
    expect(ailment(after(...views), now)).toBe(why);
  });
});
