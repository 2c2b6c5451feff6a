import { leaseSeconds } from '../../../../ami/contract.ts';
import {
  heartbeatSeconds,
  isLeaseOurs,
  isLeaseOver,
  leaseMarginSeconds,
  passed,
  queueLagSeconds,
  staleSeconds,
} from '../../../../ami/agent/decisions/timing.ts';

const at = (seconds: number): number => seconds * 1000;

describe('the lease', () => {
  it.each([
    [0, true, false],
    [89.999, true, false],
    [90, false, false],
    [119.999, false, false],
    [120, false, true],
    [100_000, false, true],
  ])('after %d s is surely ours: %s, and may be taken over: %s', (seconds, isOurs, isOver) => {
    expect([isLeaseOurs(at(1), at(1 + seconds)), isLeaseOver(at(1), at(1 + seconds))]).toEqual([isOurs, isOver]);
  });

  it('leaves a time in which neither we nor another may act, for clocks that differ and calls under way', () => {
    expect(leaseMarginSeconds).toBeGreaterThanOrEqual(20);
    expect(leaseMarginSeconds).toBeLessThan(leaseSeconds);
  });
});

describe('the second look', () => {
  it('comes when every Describe shows the change: GitLab needs longer than AWS', () => {
    expect(queueLagSeconds).toBeGreaterThanOrEqual(staleSeconds);
  });
});

it.each([
  [30, 10],
  [179, 179 / 3],
  [200, 60],
  [1800, 60],
])('a hook of %d s is extended every %d s: two may be lost', (hook, every) => {
  expect(heartbeatSeconds(hook)).toBe(every);
});

it('a time has passed at its last moment, not before', () => {
  expect([passed(5, at(1), at(6) - 1), passed(5, at(1), at(6))]).toEqual([false, true]);
});
