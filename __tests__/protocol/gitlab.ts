import type { View } from '../../ami/agent/decisions/view.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A job as the schedule has it; times in seconds. */
export interface JobPlan {
  /** When it begins to wait. */
  readonly at: number;
  /** The queue hears of it so much later (GitLab ticks the queue in a background job of its own). */
  readonly tickAfter: number;
  /** The webhook leaves so much later. */
  readonly webhookAfter: number;
  readonly runs: number;
  /** Of another fleet: its webhooks come here, and no runner of ours can take it. */
  readonly isForeign: boolean;
}

export type JobState = 'to come' | 'waiting' | 'running' | 'over' | 'killed';

export interface Job extends JobPlan {
  readonly id: number;
  state: JobState;
}

export type Status = 'pending' | 'running' | 'success';

/** The runner of one instance: what GitLab Runner does, as far as the protocol sees it. */
export interface RunnerModel {
  look(): NonNullable<View['runner']>;
  stopPolling(): void;
  pollAgain(): void;
  isOn(): boolean;
  /** SIGQUIT without a running job: a request in flight is dropped, and with it a job that was just given. */
  quit(): void;
  /** The machine is gone. Gives the jobs that were killed. */
  die(): readonly Job[];
}

export interface GitLab {
  readonly jobs: readonly Job[];
  /** It polls once it is told to. */
  startRunner(concurrent: number): RunnerModel;
}

export interface GitLabOptions {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly jobs: readonly JobPlan[];
  /** For how long GitLab holds a request when nothing is new; 0 switches it off. */
  readonly longPollSeconds: number;
  /** Called when a webhook leaves. */
  readonly send: (job: Job, status: Status, runner: 'ours' | 'foreign' | undefined) => void;
}

const checkIntervalSeconds = 3;
/** A job that was given shows up in the metrics, and its answer is there, up to so much later. */
const replySeconds = 0.3;

export function gitLab({ time, random, jobs: plans, longPollSeconds, send }: GitLabOptions): GitLab {
  const jobs: Job[] = plans.map((plan, index) => ({ ...plan, id: index + 1, state: 'to come' }));
  let queueValue = 0;
  let watchers: (() => void)[] = [];

  const seconds = (count: number, act: () => void): void => {
    time.after(count * 1000, act);
  };
  const tick = (): void => {
    queueValue += 1;
    const woken = watchers;
    watchers = [];
    for (const wake of woken) wake();
  };
  const event = (job: Job, status: Status, runner?: 'ours' | 'foreign'): void =>
    seconds(status === 'pending' ? job.webhookAfter : 20 * random() ** 3, () => send(job, status, runner));

  for (const job of jobs)
    seconds(job.at, () => {
      job.state = 'waiting';
      event(job, 'pending');
      if (job.isForeign) {
        seconds(2 + 10 * random(), () => event(job, 'running', 'foreign'));
        seconds(12 + job.runs, () => {
          job.state = 'over';
          event(job, 'success', 'foreign');
        });
      } else seconds(job.tickAfter, tick);
    });

  const startRunner = (concurrent: number): RunnerModel => {
    let isOn = true;
    let isPolling = false;
    let isPollDue = false;
    let lastUpdate = -1;
    let inFlight = 0;
    let given: Job | undefined;
    const running = new Set<Job>();
    const ended = { empty: 0, others: 0 };

    const soon = (after: number): void => {
      if (isPollDue) return;
      isPollDue = true;
      seconds(after, () => {
        isPollDue = false;
        poll(false);
      });
    };
    const answered = (job: Job | undefined): void => {
      if (!isOn) return;
      inFlight -= 1;
      if (job === undefined) {
        ended.empty += 1;
        soon(checkIntervalSeconds);
        return;
      }
      ended.others += 1;
      given = undefined;
      run(job);
      // A job that was given makes it ask once more, also when polling was stopped meanwhile (commands/multi.go).
      seconds(0.005, () => poll(true));
    };
    const run = (job: Job): void => {
      running.add(job);
      seconds(job.runs, () => {
        if (!running.delete(job)) return;
        job.state = 'over';
        event(job, 'success', 'ours');
        soon(0.01);
      });
    };
    const lookUp = (): void => {
      const seen = queueValue;
      // Mostly quick, sometimes not.
      seconds(0.01 + 3 * random() ** 6, () => {
        if (!isOn) return;
        const job = jobs.find(({ state, isForeign }) => state === 'waiting' && !isForeign);
        // Only an answer without a job says up to where the queue was seen (lib/api/ci/runner.rb).
        if (job === undefined) lastUpdate = seen;
        else {
          job.state = 'running';
          given = job;
          event(job, 'running', 'ours');
        }
        seconds(replySeconds * random(), () => answered(job));
      });
    };
    const poll = (evenWhenStopped: boolean): void => {
      if (!isOn || inFlight > 0 || running.size >= concurrent || !(isPolling || evenWhenStopped)) return;
      inFlight += 1;
      if (longPollSeconds === 0 || lastUpdate !== queueValue) {
        lookUp();
        return;
      }
      // GitLab's proxy answers 204 when something is new, before anybody has looked, and when the time is over.
      let isHeld = true;
      const letGo = (): void => {
        if (!isHeld) return;
        isHeld = false;
        answered(undefined);
      };
      watchers.push(letGo);
      seconds(longPollSeconds, letGo);
    };
    return {
      look: () => ({
        running: running.size,
        concurrent,
        inFlight,
        polling: isPolling ? [{ id: 'runner', requestConcurrency: 1, inFlight, ...ended, refused: 0 }] : [],
      }),
      stopPolling: () => {
        isPolling = false;
      },
      pollAgain: () => {
        isPolling = true;
        soon(0.1);
      },
      isOn: () => isOn,
      quit: () => {
        isOn = false;
        if (given !== undefined) given.state = 'killed';
      },
      die: () => {
        isOn = false;
        const killed = [...running, ...(given === undefined || running.has(given) ? [] : [given])];
        for (const job of killed) job.state = 'killed';
        running.clear();
        return killed;
      },
    };
  };
  return { jobs, startRunner };
}
