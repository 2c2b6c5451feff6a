/** Time as the double sees it, so that a test can let an hour pass in no time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `act` once when `milliseconds` have passed; the answer takes it back. */
  after(milliseconds: number, act: () => void): () => void;
}

/** The machine's own clock. Its timers do not keep a process alive; the server's socket does. */
export const realClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, act) => {
    const timer = setTimeout(act, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Lets time pass; whatever falls due on the way runs at its own moment, in order. */
  advance(milliseconds: number): void;
}

/** Starts at `start` (milliseconds since 1970). */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  interface Timer {
    readonly at: number;
    readonly act: () => void;
  }
  let now = start;
  let timers: readonly Timer[] = [];
  const dueBefore = (end: number): Timer | undefined =>
    timers.filter(({ at }) => at <= end).reduce<Timer | undefined>((a, b) => (a && a.at <= b.at ? a : b), undefined);

  return {
    now: () => now,
    after: (milliseconds, act) => {
      const timer = { at: now + Math.max(0, milliseconds), act };
      timers = [...timers, timer];
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance: (milliseconds) => {
      const end = now + milliseconds;
      for (let timer = dueBefore(end); timer; timer = dueBefore(end)) {
        const { at, act } = timer;
        timers = timers.filter((other) => other !== timer);
        now = at;
        act();
      }
      now = end;
    },
  };
}
