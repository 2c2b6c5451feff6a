import { leaseSeconds } from '../../contract.ts';

const second = 1000;

/**
 * Within this time of a webhook GitLab also tells its runners that there is something new. Both are background jobs of their own, and
 * nothing orders them (GitLab: `app/models/ci/build.rb`).
 */
export const queueLagSeconds = 30;

/** DescribeAutoScalingGroups is not documented to show the last change at once. After this time every answer does. */
export const staleSeconds = 20;

/** Idle for so long, the last instance leaves though events still come in: four a minute for other runners would keep it for ever. */
export const patienceSeconds = 1200;

/** An instance in a lifecycle hook extends its time so often: the time limit is 30 s at least, 200 s by default. */
export const heartbeatSeconds = (hookSeconds: number): number => Math.min(60, hookSeconds / 3);

/** A change under the lock is begun only while so much of the lease is left: it takes a request's time limit, and clocks may differ. */
export const leaseMarginSeconds = 30;

/** Whether a lock that was asked for at `since` is still surely ours. */
export const isLeaseOurs = (since: number, now: number): boolean =>
  now - since < (leaseSeconds - leaseMarginSeconds) * second;

/** Whether a holder that was first seen at `since` has had the lock for a whole lease. */
export const isLeaseOver = (since: number, now: number): boolean => now - since >= leaseSeconds * second;

/** Whether `seconds` have passed since then. */
export const passed = (seconds: number, since: number, now: number): boolean => now - since >= seconds * second;
