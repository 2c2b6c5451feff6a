import { lockItem } from '../../ami/contract.ts';
import { cases, rowOf } from './burst-cases.ts';
import { onPage, type Row } from './burst-page.ts';
import { maximumBytes } from '../../rehearsal/step-functions/start-execution.ts';

/** A thousand executions share one thread, so that calls are slow: a lease lasts 24 seconds. */
const waitScale = 0.2;

const openJobs = ({ outcome }: Row): number => outcome.item?.[lockItem.open]?.NS?.length ?? 0;

describe('a thousand jobs at once', () => {
  let demand: Row;
  let firstInstance: Row;
  let upstream: Row;

  beforeAll(async () => {
    demand = await rowOf(cases.demand(1000, 6, 10, waitScale));
    firstInstance = await rowOf(cases.firstInstance(1000, waitScale));
    upstream = await rowOf(cases.upstream(1000, 'created'));
  }, 180_000);

  it('need more machines than there may be, and demand sets the maximum and keeps as many ids as those can run', () => {
    expect(demand.outcome).toMatchObject({ events: 1000, failed: 0, desired: 10, holdersAtOnce: 1 });
    expect(demand.outcome.item?.[lockItem.wakeCount]).toEqual({ N: '1000' });
    expect(openJobs(demand)).toBe(60);
  });

  it('start the first machine with first-instance', () => {
    expect(firstInstance.outcome).toMatchObject({
      events: 1000,
      failed: 0,
      desired: 1,
      changes: [1],
      holdersAtOnce: 1,
    });
  });

  it('take the lock at most three times for each change of capacity, and leave it free', () => {
    for (const { outcome } of [demand, firstInstance]) {
      expect(outcome.acquisitions).toBeGreaterThanOrEqual(outcome.changes.length);
      expect(outcome.acquisitions).toBeLessThanOrEqual(3 * outcome.changes.length);
      expect(outcome.item).not.toHaveProperty(lockItem.holder);
    }
  });

  it('fail in upstream, most of them, and start one machine', () => {
    expect(upstream.outcome).toMatchObject({ events: 1000, errors: ['ScalingFailed'], desired: 1 });
    expect(upstream.outcome.failed).toBeGreaterThan(500);
    expect(upstream.outcome.holdersAtOnce).toBeGreaterThan(1);
  });

  it('are on the page docs/burst.md as they are here (UPDATE_DOCS=1 writes them)', () => {
    expect(onPage('__tests__/asl/burst.full.test.ts: a thousand', [demand, firstInstance, upstream])).toEqual([]);
  });
});

describe('ten thousand open jobs', () => {
  let row: Row;
  beforeAll(async () => {
    row = await rowOf(cases.demandWithOpen(9_940, 60, 25, 400, waitScale));
    process.stdout.write(`The largest state with 10,000 open jobs: ${row.outcome.largestState} bytes.\n`);
  }, 120_000);

  it('fit into a state, also where the group has 399 machines to describe', () => {
    // Or the jobs were not in it at all.
    expect(row.outcome.largestState).toBeGreaterThan(10_000 * '"12345678901",'.length);
    expect(row.outcome.largestState).toBeLessThan(maximumBytes);
  });

  it('raise the group to the 400 machines that they need', () => {
    expect(row.outcome).toMatchObject({ events: 60, failed: 0, desired: 400, holdersAtOnce: 1 });
    expect(row.outcome.acquisitions).toBeLessThanOrEqual(3 * row.outcome.changes.length);
    expect(openJobs(row)).toBe(10_000);
  });

  it('are on the page docs/burst.md as they are here (UPDATE_DOCS=1 writes them)', () => {
    expect(onPage('__tests__/asl/burst.full.test.ts: ten thousand', [row])).toEqual([]);
  });
});
