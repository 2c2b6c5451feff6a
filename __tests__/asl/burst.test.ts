import { lockItem } from '../../ami/contract.ts';
import type { Definition } from '../../asl/definition.ts';
import { cases, rowOf } from './burst-cases.ts';
import { onPage, type Row } from './burst-page.ts';
import { burst } from './burst-load.ts';
import { queueAtLock } from './burst-queue.ts';

/** A lease lasts 24 seconds: many times what the calls under a lock take on a busy machine. */
const waitScale = 0.2;

describe('sixty jobs at once', () => {
  let firstInstance: Row;
  let demand: Row;
  let upstream: Row;
  let deaf: Row;

  beforeAll(async () => {
    firstInstance = await rowOf(cases.firstInstance(60, waitScale));
    demand = await rowOf(cases.demand(60, 6, 10, waitScale));
    upstream = await rowOf(cases.upstream(60, 'created'));
    deaf = await rowOf(cases.upstream(60, 'pending'));
  }, 60_000);

  it('need ten machines of six, and demand sets ten: no event fails, and the lock is free again', () => {
    expect(demand.outcome).toMatchObject({ events: 60, failed: 0, desired: 10, holdersAtOnce: 1 });
    expect(demand.outcome.changes.at(-1)).toBe(10);
    expect(demand.outcome.changes).toEqual(demand.outcome.changes.toSorted((a, b) => a - b));
    expect(demand.outcome.item?.[lockItem.open]?.NS).toHaveLength(60);
    expect(demand.outcome.item).not.toHaveProperty(lockItem.holder);
  });

  it('start the first machine with first-instance: no event fails, and the lock is free again', () => {
    expect(firstInstance.outcome).toMatchObject({ events: 60, failed: 0, desired: 1, changes: [1], holdersAtOnce: 1 });
    expect(firstInstance.outcome.item).not.toHaveProperty(lockItem.holder);
  });

  it('take the lock at most three times for each change of capacity', () => {
    for (const { outcome } of [firstInstance, demand]) {
      expect(outcome.acquisitions).toBeGreaterThanOrEqual(outcome.changes.length);
      expect(outcome.acquisitions).toBeLessThanOrEqual(3 * outcome.changes.length);
    }
  });

  it('fail in upstream, most of them, because whoever finds its lock held frees it; and start one machine', () => {
    expect(upstream.outcome).toMatchObject({ events: 60, errors: ['ScalingFailed'], desired: 1 });
    expect(upstream.outcome.failed).toBeGreaterThan(30);
    expect(upstream.outcome.holdersAtOnce).toBeGreaterThan(1);
  });

  it('are not heard by upstream when they were created before, and are pending now', () => {
    expect(deaf.outcome).toMatchObject({ events: 60, failed: 0, desired: 0, acquisitions: 0 });
  });

  it('are on the page docs/burst.md as they are here (UPDATE_DOCS=1 writes them)', () => {
    expect(onPage('__tests__/asl/burst.test.ts', [demand, firstInstance, upstream, deaf])).toEqual([]);
  });
});

/** The definition with the condition of one state's write changed. */
function withCondition(definition: Definition, state: string, change: (condition: string) => string): Definition {
  const given = definition.States[state] as { readonly Parameters: { readonly ConditionExpression: string } };
  const before = given.Parameters.ConditionExpression;
  const ConditionExpression = change(before);
  if (ConditionExpression === before) throw new Error(`${state} has another condition now: ${before}`);
  const changed = { ...given, Parameters: { ...given.Parameters, ConditionExpression } };
  return { ...definition, States: { ...definition.States, [state]: changed } };
}

describe.each([
  ['demand', cases.demand(60, 6, 10, waitScale).put],
  ['first-instance', cases.firstInstance(60, waitScale).put],
])('the bound on how often sixty jobs take the lock, with %s', (_, put) => {
  it('holds when they ask for it in the worst order: each once the one before has let go', async () => {
    const { acquisitions, changes, failed } = await burst({ ...put, toDynamoDb: queueAtLock() });
    expect(failed).toBe(0);
    expect(acquisitions).toBeLessThanOrEqual(3 * changes.length);
  }, 60_000);

  it('needs the condition on Releases for that', async () => {
    const definition = withCondition(put.definition, 'AcquireLock', (condition) =>
      condition.replace(`${lockItem.releases} = :seen`, ':seen = :seen'),
    );
    const { acquisitions, changes } = await burst({ ...put, definition, toDynamoDb: queueAtLock() });
    expect(acquisitions).toBeGreaterThan(3 * changes.length);
  }, 60_000);

  it('and one holder at a time need the condition on Holder', async () => {
    const definition = withCondition(put.definition, 'AcquireLock', () => `${lockItem.releases} = :seen`);
    const { acquisitions, changes, holdersAtOnce } = await burst({ ...put, definition });
    expect(acquisitions).toBeGreaterThan(3 * changes.length);
    expect(holdersAtOnce).toBeGreaterThan(1);
  }, 60_000);
});

describe('a lock of upstream’s', () => {
  it('stays when an execution dies under it, and the next event is lost: it frees the lock and fails', async () => {
    const { put } = cases.upstream(1, 'created');
    const died = await burst({ ...put, desired: 'missing' });
    expect(died).toMatchObject({ failed: 1, errors: ['States.Runtime'] });
    expect(died.item).toEqual({ [lockItem.key]: { S: lockItem.id } });

    const next = await burst({ ...put, item: died.item });
    expect(next).toMatchObject({ failed: 1, errors: ['ScalingFailed'], desired: 0, item: undefined });
  });
});
