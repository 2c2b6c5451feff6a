import type { RunnerPort } from './ports/runner.ts';

export interface UnregisteringOptions {
  readonly runner: RunnerPort;
  readonly pause: (seconds: number) => Promise<void>;
  readonly stop: AbortSignal;
}

/**
 * By hand: polling is stopped, what runs is run to its end, then the runner ends and GitLab forgets it. Gives what went wrong; undefined when
 * nothing did.
 */
export async function unregisterByHand({ runner, pause, stop }: UnregisteringOptions): Promise<string | undefined> {
  const stopped = await runner.stopPolling();
  if (stopped.kind !== 'done') return whyOf('polling could not be stopped', stopped);
  for (let quiet = 0; quiet < 2 && !stop.aborted;) {
    const { runner: seen, isRunnerOn } = await runner.look();
    if (!isRunnerOn) break;
    quiet = seen?.running === 0 && seen.inFlight === 0 ? quiet + 1 : 0;
    await pause(1);
  }
  if (stop.aborted) return 'interrupted; the runner does not poll, and what runs goes on';
  const ended = await runner.stop();
  if (ended.kind !== 'done') return whyOf('the runner could not be stopped', ended);
  while (!stop.aborted && (await runner.look()).isRunnerOn) await pause(1);
  const unregistered = await runner.unregister();
  return unregistered.kind === 'done' ? undefined : whyOf('GitLab did not take the runner out', unregistered);
}

const whyOf = (what: string, answer: { readonly kind: string; readonly why?: string }): string =>
  `${what}: ${answer.why ?? answer.kind}`;
