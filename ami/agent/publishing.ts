import type { View } from './decisions/view.ts';

/** What CloudWatch is told of an instance: jobs that run, and the most that may. */
export interface Figures {
  readonly jobsRunning: number;
  readonly jobConcurrency: number;
}

const everyMilliseconds = 60_000;

/**
 * Decides what to publish, and when: at most once a minute, and nothing while the runner's metrics do not answer, since a zero would look like an
 * idle instance. `publish` must not reject.
 */
export function publishing(publish: (figures: Figures) => Promise<void>): (view: View, now: number) => void {
  let lastAt: number | undefined;
  return ({ runner }, now) => {
    if (runner === undefined || (lastAt !== undefined && now - lastAt < everyMilliseconds)) return;
    lastAt = now;
    void publish({ jobsRunning: runner.running, jobConcurrency: runner.concurrent });
  };
}
