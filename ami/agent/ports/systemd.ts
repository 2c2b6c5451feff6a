import { runnerUnit } from '../../contract.ts';
import type { Answer } from '../decisions/step.ts';
import type { Ended } from './commands.ts';
import { run } from './commands.ts';

/** The systemd unit of GitLab Runner (systemctl(1)). */
export interface RunnerUnit {
  start(): Promise<Answer>;
  /** Sends the unit's KillSignal, SIGQUIT, and does not wait for the end. */
  stop(): Promise<Answer>;
  /** Sends SIGTERM to the runner alone: its jobs are for it to end. */
  abort(): Promise<Answer>;
  reload(): Promise<Answer>;
  /** Whether there is a process, or one is about to be: also while it is being stopped. */
  isOn(): Promise<boolean>;
}

const seconds = 20;

const answerOf = (what: string, { code, stderr }: Ended): Answer => {
  if (code === 0) return { kind: 'done' };
  const why = `systemctl ${what} ${runnerUnit}: ${stderr.trim() || `exit ${code}`}`;
  return { kind: code === undefined ? 'unknown' : 'refused', why };
};

export function connectRunnerUnit(): RunnerUnit {
  const systemctl = async (what: string, ...options: readonly string[]): Promise<Answer> =>
    answerOf(what, await run('systemctl', [what, ...options, runnerUnit], seconds));
  return {
    start: () => systemctl('start'),
    stop: () => systemctl('stop', '--no-block'),
    abort: () => systemctl('kill', '--signal=SIGTERM', '--kill-whom=main'),
    reload: () => systemctl('reload'),
    isOn: async () => {
      const { code, stdout } = await run('systemctl', ['show', '--property=ActiveState', runnerUnit], seconds);
      // Without an answer it counts as on: what is off is left for good.
      return code !== 0 || !/^ActiveState=(inactive|failed)$/m.test(stdout);
    },
  };
}

/** Tells systemd of the agent's own unit (sd_notify(3)), which Node cannot do itself: it has no datagram sockets of the Unix kind. */
export function notifier(environment: Readonly<Record<string, string | undefined>>): (state: string) => Promise<void> {
  if (!environment.NOTIFY_SOCKET) return () => Promise.resolve();
  return async (state) => {
    await run('systemd-notify', state.split('\n'), 5);
  };
}
