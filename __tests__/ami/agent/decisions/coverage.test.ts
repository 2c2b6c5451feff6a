import type { Coverage } from '../../../../ami/agent/decisions/coverage.ts';
import { counted, looked, nothingCovered, wantsCount } from '../../../../ami/agent/decisions/coverage.ts';
import type { Polling } from '../../../../ami/agent/decisions/view.ts';
import { entry, runner } from './play.ts';

/** The entries that a look shows, so many seconds after the item was read; undefined without metrics. */
type Look = readonly [at: number, polling: readonly Partial<Polling>[] | undefined];

const after = (looks: readonly Look[], from: Coverage = counted(nothingCovered, 7, 0)): Coverage =>
  looks.reduce(
    (coverage, [at, polling]) => looked(coverage, polling && runner({ polling: polling.map(entry) }), at * 1000),
    from,
  );

describe('a count that was read', () => {
  it.each<{ readonly what: string; readonly looks: readonly Look[]; readonly covered: number | undefined }>([
    {
      what: 'is covered when two polls that began after 30 s have ended with 204',
      looks: [
        [30, [{ empty: 4 }]],
        [40, [{ empty: 6 }]],
      ],
      covered: 7,
    },
    {
      what: 'is not covered by one: GitLab answers the first because something changed',
      looks: [
        [30, [{ empty: 4 }]],
        [40, [{ empty: 5 }]],
      ],
      covered: undefined,
    },
    {
      what: 'is not covered by polls of before: the event may not have reached the queue',
      looks: [
        [0, [{ empty: 4 }]],
        [29, [{ empty: 60 }]],
        [30, [{ empty: 61 }]],
        [40, [{ empty: 62 }]],
      ],
      covered: undefined,
    },
    {
      what: 'needs one more poll for each that was in flight when the 30 s were over',
      looks: [
        [30, [{ empty: 4, inFlight: 1 }]],
        [40, [{ empty: 6 }]],
      ],
      covered: undefined,
    },
    {
      what: 'is covered once these have ended too',
      looks: [
        [30, [{ empty: 4, inFlight: 1 }]],
        [40, [{ empty: 6 }]],
        [50, [{ empty: 7 }]],
      ],
      covered: 7,
    },
    {
      what: 'needs as many polls more as the entry may have in flight',
      looks: [
        [30, [{ requestConcurrency: 3 }]],
        [40, [{ requestConcurrency: 3, empty: 3 }]],
      ],
      covered: undefined,
    },
    {
      what: 'is covered when an entry of three at once has ended four',
      looks: [
        [30, [{ requestConcurrency: 3 }]],
        [40, [{ requestConcurrency: 3, empty: 4 }]],
      ],
      covered: 7,
    },
    {
      what: 'needs the polls of every entry',
      looks: [
        [30, [{ id: 'one' }, { id: 'two' }]],
        [
          40,
          [
            { id: 'one', empty: 9 },
            { id: 'two', empty: 1 },
          ],
        ],
      ],
      covered: undefined,
    },
    {
      what: 'is covered when every entry has had its polls, in whatever order they are shown',
      looks: [
        [30, [{ id: 'one' }, { id: 'two' }]],
        [
          40,
          [
            { id: 'two', empty: 2 },
            { id: 'one', empty: 2 },
          ],
        ],
      ],
      covered: 7,
    },
    {
      what: 'begins again when a poll ended otherwise: with a job, an error or no connection',
      looks: [
        [30, [{ empty: 4 }]],
        [40, [{ empty: 6, others: 1 }]],
        [50, [{ empty: 7, others: 1 }]],
      ],
      covered: undefined,
    },
    {
      what: 'is covered by two polls after that',
      looks: [
        [30, [{ empty: 4 }]],
        [40, [{ empty: 6, others: 1 }]],
        [50, [{ empty: 8, others: 1 }]],
      ],
      covered: 7,
    },
    {
      what: 'begins again when the runner was restarted, whose counters begin at zero',
      looks: [
        [30, [{ empty: 40 }]],
        [40, [{ empty: 1 }]],
        [50, [{ empty: 2 }]],
      ],
      covered: undefined,
    },
    {
      what: 'is covered by two polls of the restarted runner',
      looks: [
        [30, [{ empty: 40 }]],
        [40, [{ empty: 1 }]],
        [50, [{ empty: 3 }]],
      ],
      covered: 7,
    },
    {
      what: 'begins again when another entry takes the place of one',
      looks: [
        [30, [{ id: 'one' }]],
        [40, [{ id: 'two', empty: 9 }]],
        [50, [{ id: 'two', empty: 10 }]],
      ],
      covered: undefined,
    },
    {
      what: 'begins again when an entry is added',
      looks: [
        [30, [{ id: 'one' }]],
        [
          40,
          [
            { id: 'one', empty: 2 },
            { id: 'two', empty: 2 },
          ],
        ],
      ],
      covered: undefined,
    },
    {
      what: 'is not covered while polling is stopped',
      looks: [
        [30, []],
        [40, []],
      ],
      covered: undefined,
    },
    {
      what: 'begins again when polling was stopped in between',
      looks: [
        [30, [{ empty: 4 }]],
        [40, []],
        [50, [{ empty: 6 }]],
        [60, [{ empty: 7 }]],
      ],
      covered: undefined,
    },
    {
      what: 'waits while the metrics do not answer, and loses nothing by it',
      looks: [
        [30, [{ empty: 4 }]],
        [40, undefined],
        [50, [{ empty: 6 }]],
      ],
      covered: 7,
    },
  ])('$what', ({ looks, covered }) => {
    expect(after(looks).covered).toBe(covered);
  });
});

describe('which count is looked at', () => {
  it('is wanted at the beginning and when one is covered, and not in between', () => {
    const reading = counted(nothingCovered, 7, 0);
    const covered = after([
      [30, [{}]],
      [40, [{ empty: 2 }]],
    ]);
    const later = 100_000;
    expect([nothingCovered, reading, covered].map((coverage) => wantsCount(coverage, later))).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is not one that is covered already', () => {
    expect(counted({ covered: 7 }, 7, 50_000)).toEqual({ covered: 7, readAt: 50_000 });
  });

  it('is not another while one is being covered: events that keep coming would keep it from ever being covered', () => {
    const reading = counted(nothingCovered, 7, 0);
    expect(counted(reading, 8, 50_000)).toEqual({ ...reading, readAt: 50_000 });
  });

  it('is asked for twice a minute when all is covered', () => {
    const covered = { covered: 7, readAt: 50_000 };
    expect([79_999, 80_000].map((now) => wantsCount(covered, now))).toEqual([false, true]);
  });

  it('keeps what is covered while the next count is being covered', () => {
    const next = counted({ covered: 7 }, 9, 50_000);
    expect(next.covered).toBe(7);
    expect(
      after(
        [
          [80, [{}]],
          [90, [{ empty: 2 }]],
        ],
        next,
      ),
    ).toEqual({ covered: 9, readAt: 50_000 });
  });

  it('is none when none was read, whatever the polls do', () => {
    expect(
      after(
        [
          [30, [{}]],
          [40, [{ empty: 9 }]],
        ],
        nothingCovered,
      ),
    ).toBe(nothingCovered);
  });
});
