import { randomBytes } from 'node:crypto';

/** A runner as GitLab keeps it. */
export interface RunnerRecord {
  readonly id: number;
  readonly token: string;
  readonly description: string;
  readonly groupId?: number;
  readonly tags: readonly string[];
  readonly runsUntagged: boolean;
  /** A manager is one process of a runner; several share a `glrt-` token, and their system ids tell them apart. */
  readonly managers: Map<string, { contactedAt: number }>;
}

export type JobStatus = 'pending' | 'running' | 'success' | 'failed' | 'canceled';

export interface JobPlan {
  /** Shell commands. */
  readonly script: readonly string[];
  readonly name?: string;
  readonly tags?: readonly string[];
  readonly timeoutSeconds?: number;
}

/** A job as GitLab keeps it. Times are milliseconds since the double was started. */
export interface Job extends Required<JobPlan> {
  readonly id: number;
  readonly token: string;
  status: JobStatus;
  runnerId?: number;
  systemId?: string;
  failureReason?: string;
  trace: Buffer;
  readonly pendingAt: number;
  assignedAt?: number;
  /** The runner has acknowledged it. */
  runningAt?: number;
  endedAt?: number;
}

/** What GitLab knows: runners, jobs, tokens. Plain data and the rules for it; no HTTP. */
export class Runners {
  readonly runners: RunnerRecord[] = [];
  readonly jobs: Job[] = [];
  readonly apiTokens = new Map<string, readonly string[]>();
  private lastId = 0;

  constructor(
    private readonly now: () => number,
    private readonly onJob: (job: Job) => void,
  ) {}

  addRunner(given: Partial<Omit<RunnerRecord, 'id' | 'managers'>> = {}): RunnerRecord {
    this.lastId += 1;
    const runner = {
      id: this.lastId,
      token: `glrt-${randomBytes(10).toString('hex')}`,
      description: '',
      tags: [],
      runsUntagged: true,
      ...given,
      managers: new Map<string, { contactedAt: number }>(),
    };
    this.runners.push(runner);
    return runner;
  }

  runnerWith(token: unknown): RunnerRecord | undefined {
    return this.runners.find((runner) => runner.token === token);
  }

  removeRunner(id: number): boolean {
    const index = this.runners.findIndex((runner) => runner.id === id);
    if (index >= 0) this.runners.splice(index, 1);
    return index >= 0;
  }

  addJob({ script, name = 'test', tags = [], timeoutSeconds = 3600 }: JobPlan): Job {
    const id = 1000 + this.jobs.length;
    const job: Job = {
      id,
      token: `glcbt-${randomBytes(8).toString('hex')}`,
      script,
      name,
      tags,
      timeoutSeconds,
      status: 'pending',
      trace: Buffer.alloc(0),
      pendingAt: this.now(),
    };
    this.jobs.push(job);
    this.onJob(job);
    return job;
  }

  /** The oldest job that this runner may take; it is running from now on, whether or not anybody hears of it. */
  assign(runner: RunnerRecord, systemId: string): Job | undefined {
    const job = this.jobs.find(
      ({ status, tags }) =>
        status === 'pending' &&
        (tags.length === 0 ? runner.runsUntagged : tags.every((tag) => runner.tags.includes(tag))),
    );
    if (job === undefined) return undefined;
    Object.assign(job, { status: 'running', runnerId: runner.id, systemId, assignedAt: this.now() });
    this.onJob(job);
    return job;
  }

  end(job: Job, status: 'success' | 'failed' | 'canceled', failureReason?: string): void {
    job.status = status;
    job.endedAt = this.now();
    if (failureReason !== undefined) job.failureReason = failureReason;
    this.onJob(job);
  }
}
