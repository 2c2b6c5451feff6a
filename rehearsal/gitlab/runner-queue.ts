/**
 * GitLab's proxy before the queue (workhorse, internal/builds/register.go). A request that names the value it saw last is held while that is
 * still the present one; it is answered 204 when the value changes, before anybody has looked for a job, and when the time is over.
 */
export interface RunnerQueue {
  /** The present value, for `X-GitLab-Last-Update`. */
  value(): string;
  /** Something is new for runners. */
  tick(): void;
  /** Resolves when the value changes, the time is over, or the runner has hung up. */
  held(milliseconds: number, hungUp: AbortSignal): Promise<void>;
}

export function runnerQueue(): RunnerQueue {
  let count = 1;
  let waiting: (() => void)[] = [];
  return {
    value: () => `queue-${count}`,
    tick: () => {
      count += 1;
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    held: (milliseconds, hungUp) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        const end = (): void => {
          clearTimeout(timer);
          resolve();
        };
        waiting.push(end);
        hungUp.addEventListener('abort', end, { once: true });
      }),
  };
}
