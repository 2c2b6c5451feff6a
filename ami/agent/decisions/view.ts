/** The instance as a look shows it. */
export interface View {
  /** Absent when the runner's metrics did not answer. */
  readonly runner?: Runner;
  /** Whether the runner's process is there. */
  readonly isRunnerOn: boolean;
  /** Whether IMDS gave `Terminated` as the target lifecycle state. No other answer, and no failure, means it. */
  readonly isToldToGo: boolean;
  /** When Spot takes the machine, on the monotonic clock; absent without a notice. */
  readonly spotEndsAt?: number;
}

/** What GitLab Runner's metrics say (https://docs.gitlab.com/runner/monitoring/). */
export interface Runner {
  /** Jobs that run now, of all entries together. */
  readonly running: number;
  /** The most that may run at once: `concurrent`. */
  readonly concurrent: number;
  /** One for each `[[runners]]`; none while polling is stopped. */
  readonly polling: readonly Polling[];
  /** Requests for a job that wait for GitLab's answer, also of entries that were taken out. */
  readonly inFlight: number;
}

/** The requests of one `[[runners]]` entry for a job. */
export interface Polling {
  readonly id: string;
  /** How many it may have in flight at once. */
  readonly requestConcurrency: number;
  /** How many are. */
  readonly inFlight: number;
  /** How many have ended with 204, no job, since the runner was started. */
  readonly empty: number;
  /** How many have ended otherwise: with a job, an error or no connection. */
  readonly others: number;
  /** How many of the others ended with 403: GitLab refuses the token. */
  readonly refused: number;
}

export const isFull = (runner: Runner): boolean => runner.running >= runner.concurrent;

/** Whether this instance has to go, by the group's wish or because Spot takes the machine back. */
export const hasToGo = ({ isToldToGo, spotEndsAt }: View): boolean => isToldToGo || spotEndsAt !== undefined;
