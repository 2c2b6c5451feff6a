import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Time and unique texts, as the decisions are given them. */
export interface Clock {
  /** Milliseconds on a monotonic clock: only differences mean anything. */
  now(): number;
  /** Resolves when the seconds have passed, and at once when it is stopped. */
  pause(seconds: number): Promise<void>;
  /** Never the same twice, also after a restart. */
  unique(): string;
}

/** The machine's own clock. */
export const clockUntil = (stop: AbortSignal): Clock => ({
  now: () => performance.now(),
  pause: (seconds) => sleep(seconds * 1000, undefined, { signal: stop }).catch(() => undefined),
  unique: () => randomUUID(),
});
