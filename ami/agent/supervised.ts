import type { Agent } from './decisions/agent.ts';

/** Tells systemd: `READY=1`, `WATCHDOG=1`, `STATUS=…` (sd_notify(3)). Must not reject. */
export type Notify = (state: string) => Promise<void>;

/**
 * Keeps systemd's watchdog quiet as long as steps are done, and shows the phase in `systemctl status`. `watchdogMilliseconds` is the limit that
 * systemd has set (`WATCHDOG_USEC`); undefined where it has set none.
 */
export function supervised(
  notify: Notify,
  watchdogMilliseconds: number | undefined,
  clock: () => number,
): (state: Agent) => void {
  let phase: string | undefined;
  let lastAt: number | undefined;
  return (state) => {
    const now = clock();
    const words = [
      ...(phase === state.phase ? [] : [`STATUS=${state.phase}`]),
      // sd_watchdog_enabled(3) recommends half of the limit.
      ...(watchdogMilliseconds !== undefined && (lastAt === undefined || now - lastAt >= watchdogMilliseconds / 3)
        ? ['WATCHDOG=1']
        : []),
    ];
    phase = state.phase;
    if (words.includes('WATCHDOG=1')) lastAt = now;
    if (words.length > 0) void notify(words.join('\n'));
  };
}

/** `WATCHDOG_USEC` of systemd's environment in milliseconds. */
export function watchdogMilliseconds({
  WATCHDOG_USEC: given,
}: Readonly<Record<string, string | undefined>>): number | undefined {
  return given !== undefined && /^[1-9]\d*$/.test(given) ? Number(given) / 1000 : undefined;
}
