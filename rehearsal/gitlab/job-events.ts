/**
 * Statuses of which GitLab sends a job event (app/models/ci/build.rb and BuildFinishedWorker): nothing is sent for preparing,
 * waiting_for_resource, scheduled, manual, skipped and canceling.
 */
export type SentStatus = 'created' | 'pending' | 'running' | 'success' | 'failed' | 'canceled';

/** The runner that took a job, as the event describes it. */
export interface EventRunner {
  readonly id: number;
  readonly description: string;
  readonly runner_type: 'instance_type' | 'group_type' | 'project_type';
  readonly active: boolean;
  readonly is_shared: boolean;
  readonly tags: readonly string[];
}

/**
 * Body of a job event (https://docs.gitlab.com/user/project/integrations/webhook_events/#job-events, built by
 * lib/gitlab/data_builder/build.rb). `tag` says whether the ref is a git tag; the job's own tags are not in it.
 */
export interface JobEvent {
  readonly object_kind: 'build';
  readonly ref: string;
  readonly tag: boolean;
  readonly before_sha: string;
  readonly sha: string;
  readonly retries_count: number;
  readonly build_id: number;
  readonly build_name: string;
  readonly build_stage: string;
  readonly build_status: SentStatus;
  readonly build_created_at: string;
  readonly build_started_at: string | null;
  readonly build_finished_at: string | null;
  readonly build_created_at_iso: string;
  readonly build_started_at_iso: string | null;
  readonly build_finished_at_iso: string | null;
  /** Seconds. */
  readonly build_duration: number | null;
  /** Seconds. */
  readonly build_queued_duration: number | null;
  readonly build_allow_failure: boolean;
  /** GitLab's default when nothing failed is `unknown_failure`, not null. */
  readonly build_failure_reason: string;
  readonly pipeline_id: number;
  /** Null until a runner has taken the job. */
  readonly runner: EventRunner | null;
  readonly project_id: number;
  readonly project_name: string;
  readonly user: {
    readonly id: number;
    readonly name: string;
    readonly username: string;
    readonly avatar_url: string;
    readonly email: string;
  };
  readonly commit: {
    /** The id of the pipeline. */
    readonly id: number;
    readonly name: string | null;
    readonly sha: string;
    readonly message: string;
    readonly author_name: string;
    readonly author_email: string;
    readonly author_url: string;
    readonly status: string;
    readonly duration: number | null;
    readonly started_at: string | null;
    readonly finished_at: string | null;
    readonly started_at_iso: string | null;
    readonly finished_at_iso: string | null;
  };
  readonly repository: {
    readonly name: string;
    readonly url: string;
    readonly description: string;
    readonly homepage: string;
    readonly git_http_url: string;
    readonly git_ssh_url: string;
    readonly visibility_level: number;
  };
  readonly project: {
    readonly id: number;
    readonly name: string;
    readonly description: string;
    readonly web_url: string;
    readonly avatar_url: string | null;
    readonly git_ssh_url: string;
    readonly git_http_url: string;
    readonly namespace: string;
    readonly visibility_level: number;
    readonly path_with_namespace: string;
    readonly default_branch: string;
    readonly ci_config_path: string | null;
  };
  readonly environment: { readonly name: string; readonly action: string; readonly deployment_tier: string } | null;
  /** Only in events of a pipeline that another one triggered. */
  readonly source_pipeline?: {
    readonly project: { readonly id: number; readonly web_url: string; readonly path_with_namespace: string };
    readonly pipeline_id: number;
    readonly job_id: number;
  };
}

export interface JobEventOptions {
  readonly status: SentStatus;
  readonly jobId: number;
  readonly projectId?: number;
  readonly pipelineId?: number;
  readonly jobName?: string;
  readonly ref?: string;
  readonly retriesCount?: number;
  /** When the job was created; the later times follow from it. */
  readonly createdAt?: Date;
  /** Who took the job; only a running or finished job has one. By default a canceled job has none, any other such job the fleet's. */
  readonly runner?: EventRunner | null;
  readonly environment?: JobEvent['environment'];
  readonly sourcePipeline?: Required<JobEvent>['source_pipeline'];
}

const gitlab = 'https://gitlab.example.com';
const repository = 'acme/webshop';
const sha = '2293ada6b400935a1378653304eaf6221e0fdb8f';

/** The first runner of a fleet: one shared group runner, as `gitlab-runner` registers it. */
export const fleetRunner: EventRunner = {
  id: 380987,
  description: 'glab-runner-dev',
  runner_type: 'group_type',
  active: true,
  is_shared: false,
  tags: ['docker', 'linux'],
};

interface Progress {
  /** Whether a runner can have taken the job, and whether one has if nothing else is said. */
  readonly runner: 'never' | 'usually' | 'seldom';
  readonly hasFinished: boolean;
  readonly pipelineStatus: string;
}

const progress: Readonly<Record<SentStatus, Progress>> = {
  created: { runner: 'never', hasFinished: false, pipelineStatus: 'created' },
  pending: { runner: 'never', hasFinished: false, pipelineStatus: 'pending' },
  running: { runner: 'usually', hasFinished: false, pipelineStatus: 'running' },
  success: { runner: 'usually', hasFinished: true, pipelineStatus: 'success' },
  failed: { runner: 'usually', hasFinished: true, pipelineStatus: 'failed' },
  // Most often while it waited: no runner has seen it.
  canceled: { runner: 'seldom', hasFinished: true, pipelineStatus: 'canceled' },
};

const queuedSeconds = 12.25;
const runningSeconds = 41.5;

const after = (start: Date, seconds: number): string => new Date(start.getTime() + seconds * 1000).toISOString();
const withoutFraction = (time: string | null): string | null => time?.replace(/\.\d+Z$/, 'Z') ?? null;

/** The body of the event that GitLab sends when a job gets a status. */
export function jobEvent(options: JobEventOptions): JobEvent {
  const {
    status,
    jobId,
    projectId = 380,
    pipelineId = 2366,
    createdAt = new Date('2026-01-05T08:15:30.886Z'),
  } = options;
  const { hasFinished, pipelineStatus, ...could } = progress[status];
  const { runner: given = could.runner === 'usually' ? fleetRunner : null } = options;
  const runner = could.runner === 'never' ? null : given;
  const hasRunner = runner !== null;
  const created = createdAt.toISOString();
  const started = hasRunner ? after(createdAt, queuedSeconds) : null;
  const finished = hasFinished ? after(createdAt, queuedSeconds + (hasRunner ? runningSeconds : 0)) : null;
  const duration = hasRunner && hasFinished ? runningSeconds : null;
  return {
    object_kind: 'build',
    ref: options.ref ?? 'main',
    tag: false,
    before_sha: '0000000000000000000000000000000000000000',
    sha,
    retries_count: options.retriesCount ?? 0,
    build_id: jobId,
    build_name: options.jobName ?? 'unit tests',
    build_stage: 'test',
    build_status: status,
    build_created_at: created,
    build_started_at: started,
    build_finished_at: finished,
    build_created_at_iso: withoutFraction(created) ?? created,
    build_started_at_iso: withoutFraction(started),
    build_finished_at_iso: withoutFraction(finished),
    build_duration: duration,
    build_queued_duration: status === 'created' ? null : queuedSeconds,
    build_allow_failure: false,
    build_failure_reason: status === 'failed' ? 'script_failure' : 'unknown_failure',
    pipeline_id: pipelineId,
    runner,
    project_id: projectId,
    project_name: 'Acme / Webshop',
    user: {
      id: 3,
      name: 'Renée O\'Hara "Ren"',
      username: 'renee',
      avatar_url: 'https://www.gravatar.com/avatar/e32bd13e2add097461cb96824b7a829c?s=80&d=identicon',
      email: 'renee@example.com',
    },
    commit: {
      id: pipelineId,
      name: null,
      sha,
      message: 'Escape <b>quotes</b> & backslashes: "\\"\n',
      author_name: 'Renée O\'Hara "Ren"',
      author_email: 'renee@example.com',
      author_url: `${gitlab}/renee`,
      status: pipelineStatus,
      // Of a pipeline, GitLab gives whole seconds.
      duration: duration === null ? null : Math.floor(duration),
      started_at: started,
      finished_at: finished,
      started_at_iso: withoutFraction(started),
      finished_at_iso: withoutFraction(finished),
    },
    repository: {
      name: 'Webshop',
      url: `git@gitlab.example.com:${repository}.git`,
      description: 'The shop',
      homepage: `${gitlab}/${repository}`,
      git_http_url: `${gitlab}/${repository}.git`,
      git_ssh_url: `git@gitlab.example.com:${repository}.git`,
      visibility_level: 0,
    },
    project: {
      id: projectId,
      name: 'Webshop',
      description: 'The shop',
      web_url: `${gitlab}/${repository}`,
      avatar_url: null,
      git_ssh_url: `git@gitlab.example.com:${repository}.git`,
      git_http_url: `${gitlab}/${repository}.git`,
      namespace: 'Acme',
      visibility_level: 0,
      path_with_namespace: repository,
      default_branch: 'main',
      ci_config_path: null,
    },
    environment: options.environment ?? null,
    ...(options.sourcePipeline === undefined ? {} : { source_pipeline: options.sourcePipeline }),
  };
}
