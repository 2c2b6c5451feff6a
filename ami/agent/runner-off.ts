import type { Answer } from './decisions/step.ts';
import type { Clock } from './ports/clock.ts';
import type { Imds } from './ports/imds.ts';
import type { RunnerPort } from './ports/runner.ts';

/** The runner of an instance that has none, because it was never able to start one. `why` says so. */
export function runnerOff(imds: Imds, clock: Clock, why: string): RunnerPort {
  const done = (): Promise<Answer> => Promise.resolve({ kind: 'done' });
  const no = (): Promise<Answer> => Promise.resolve({ kind: 'refused', why });
  return {
    fetchToken: no,
    checkExecutor: no,
    create: no,
    configure: no,
    start: no,
    verify: no,
    ids: () => [],
    stopPolling: done,
    pollAgain: no,
    stop: done,
    abort: done,
    unregister: done,
    look: async () => {
      const { targetLifecycleState, spotAt } = await imds.signals();
      return {
        isRunnerOn: false,
        isToldToGo: targetLifecycleState === 'Terminated',
        ...(spotAt !== undefined && { spotEndsAt: clock.after(spotAt.getTime() - Date.now()) }),
      };
    },
  };
}
