import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** Time and unique texts, as the decisions are given them. */
export interface Clock {
  /** Milliseconds on a monotonic clock: only differences mean anything. */
  now(): number;
  /** Resolves when the seconds have passed, and at once when it is stopped. */
  pause(seconds: number): Promise<void>;
  /** What `now` will say when so many milliseconds of the world have passed. */
  after(milliseconds: number): number;
  /** Never the same twice, also after a restart. */
  unique(): string;
}

/**
 * The machine's own clock. With a `pace` above 1 the agent's seconds are shorter than the world's, for rehearsals: an agent that waits half a
 * minute and more at each turn is slow to watch.
 */
export const clockUntil = (stop: AbortSignal, pace = 1): Clock => ({
  now: () => performance.now() * pace,
  pause: (seconds) => sleep((seconds * 1000) / pace, undefined, { signal: stop }).catch(() => undefined),
  after: (milliseconds) => (performance.now() + milliseconds) * pace,
  unique: () => randomUUID(),
});
