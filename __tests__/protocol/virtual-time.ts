import type { Clock } from '../../rehearsal/auto-scaling/clock.ts';

/** A time that passes only from one event to the next. */
export interface VirtualTime extends Clock {
  /** Like a timer whose work may take real time: until it is done, no virtual time passes. */
  after(milliseconds: number, act: () => void | Promise<void>): () => void;
  /** Runs event after event until `isOver`, checked after each; false if the next event lies beyond `limit` or there is none. */
  run(isOver: () => boolean, limit: number): Promise<boolean>;
}

interface Timer {
  readonly at: number;
  readonly act: () => void | Promise<void>;
}

export function virtualTime(start = Date.UTC(2026, 0, 1)): VirtualTime {
  let now = start;
  // In the order in which they fall due; of two at the same moment the older one first.
  const timers: Timer[] = [];
  const placeOf = (at: number): number => {
    let place = timers.length;
    while (place > 0 && (timers[place - 1]?.at ?? 0) > at) place -= 1;
    return place;
  };
  return {
    now: () => now,
    after: (milliseconds, act) => {
      const timer = { at: now + Math.max(0, milliseconds), act };
      timers.splice(placeOf(timer.at), 0, timer);
      return () => {
        const place = timers.indexOf(timer);
        if (place >= 0) timers.splice(place, 1);
      };
    },
    run: async (isOver, limit) => {
      while (!isOver()) {
        const [next] = timers;
        if (next === undefined || next.at > start + limit) return false;
        timers.shift();
        now = next.at;
        await next.act();
      }
      return true;
    },
  };
}
