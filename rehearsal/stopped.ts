import { constants } from 'node:os';

/** The run was ended from outside; `exitCode` is what a shell gives a program that the signal killed, 128 + its number. */
export class Stopped extends Error {
  readonly by: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGPIPE';
  readonly exitCode: number;

  constructor(by: Stopped['by']) {
    super(`Stopped by ${by}.`);
    this.by = by;
    this.exitCode = 128 + constants.signals[by];
  }
}

/**
 * Aborts with a Stopped when a signal comes, or when nobody reads the output any more. The handlers stay: tsx and a terminal
 * each send a signal of their own for one Ctrl-C, and the second must not end the process before it has cleaned up.
 */
export function whenStopped(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort(new Stopped(signal)));
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // EPIPE: `npm start | head` has read enough. EIO: the terminal is gone.
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
      controller.abort(new Stopped('SIGPIPE'));
    });
  }
  return controller.signal;
}
