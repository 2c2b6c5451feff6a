/** How much of a second of the definition passes here: 1 is real time, 0.01 makes 100 seconds of one. */
export interface Pace {
  /** For Wait states and the delays of Retry. */
  readonly waits: number;
  /** For the TimeoutSeconds of a task and of the execution. */
  readonly timeouts: number;
  /** Lets a Wait state's seconds pass; by default a timer does. For a world with a time of its own. */
  readonly wait?: (seconds: number, signal: AbortSignal) => Promise<void>;
}

/** The longest that a timer of Node can be set to. */
const longest = 2_147_483_647;

/** Calls back when the seconds have passed; what is given back forgets it. */
export function after(seconds: number, scale: number, act: () => void): () => void {
  const timer = setTimeout(act, Math.min(seconds * scale * 1000, longest));
  return () => clearTimeout(timer);
}

/** Resolves when the seconds have passed, rejects with the signal's reason when it is aborted before. */
export const sleep = (seconds: number, scale: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const forget = after(seconds, scale, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    const stop = (): void => {
      forget();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
