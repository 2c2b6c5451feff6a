/**
 * The names that the stack, the state machine and the agent on each instance must agree on.
 * Nobody writes one of these a second time: what Ansible needs of it is generated from here.
 */

/** Grows when an image built for an older stack could no longer run with a newer one. */
export const contractVersion = '1';

/** Tag of the AMI that carries `contractVersion`; the launch template refuses an image with another one. */
export const contractTag = 'gitlab-runner-agent-contract';

/** Names derived from the stack's name, `glab-runner-<environment_name>`. */
export const stackName = (environmentName: string): string => `glab-runner-${environmentName}`;
export const lockTableName = (stack: string): string => `${stack}-lock`;
export const launchHookName = (stack: string): string => `${stack}-start`;
export const terminateHookName = (stack: string): string => `${stack}-stop`;

/** The one item of the lock table, and its attributes (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html). */
export const lockItem = {
  /** Partition key attribute, type S. */
  key: 'LockID',
  /** The key of the only item. */
  id: 'ScalingLock',
  /** N: grows by one with every accepted event. */
  wakeCount: 'WakeCount',
  /** S: present while somebody holds the lock; `workflow/…` or `agent/<instance id>/…`, unique to one acquisition. */
  holder: 'Holder',
  /**
   * N: grows whenever a state machine lets the lock go. An acquisition by the state machine names the count it saw, so that of many
   * executions that found the group empty at once only one gets through. Agents need not write it.
   */
  releases: 'Releases',
  /** N: the WakeCount for which a full instance last asked for one more. */
  asked: 'Asked',
  /** N: instances in a row that could not register. */
  bootFailures: 'BootFailures',
  /**
   * NS, demand strategy only: ids of the jobs that wait or run; at most `max_size` × jobs per instance. A set cannot be empty: the
   * attribute goes with its last element.
   */
  open: 'Open',
  /** NS, demand strategy only: ids of the runners of this fleet, written by the agents. A job that another runner runs is not ours. */
  runners: 'Runners',
} as const;

/** First segments of `Holder`. */
export const holderPrefix = { workflow: 'workflow/', agent: 'agent/' } as const;

/**
 * What the fence makes of a holder's name. It renews the lease: one who has watched the first name for a whole lease, and takes it over on
 * condition that it is still there, comes too late and begins to watch anew.
 */
export const fencedSuffix = '/fenced';
export const fenced = (holder: string): string => `${holder}${fencedSuffix}`;

/** Whoever has seen the same `Holder` for this long may take the lock over. */
export const leaseSeconds = 120;

/** How the webhook grows the fleet; the agent's rules differ with it. */
export const strategies = ['first-instance', 'demand'] as const;
export type Strategy = (typeof strategies)[number];

/** What an instance finds on disk. */
export const paths = {
  /** JSON, written by user data before the agent starts; mode 0600. */
  settings: '/etc/gitlab-runner-agent/settings.json',
  /** The runner configuration template that user data writes beside it. */
  runnerConfig: '/etc/gitlab-runner-agent/gitlab_config.yaml',
  /** What the agent remembers of this instance; mode 0700. */
  state: '/var/lib/gitlab-runner-agent',
  /** The configuration of GitLab Runner, which the agent writes; mode 0600. */
  config: '/etc/gitlab-runner/config.toml',
  /** GitLab Runner writes it beside its configuration when it starts (docs.gitlab.com/runner/fleet_scaling: a manager is told apart by it). */
  systemId: '/etc/gitlab-runner/.runner_system_id',
  /** The certificate of GitLab's authority, for a GitLab that no public one vouches for. */
  caCertificate: '/etc/gitlab-runner/ca.pem',
  runner: '/usr/bin/gitlab-runner',
  agent: '/opt/gitlab-runner-agent/agent.mjs',
  node: '/opt/gitlab-runner-agent/node/bin/node',
  command: '/usr/local/bin/gitlab-runner-agent',
} as const;

/**
 * What user data tells the agent: the keys of its settings file, and the Terraform variable that each comes from. Where a name stands, the value
 * follows from the stack itself, and the variable is the one to look at when it is wrong.
 */
export const settingsKeys = {
  contract_version: 'image_id',
  region: 'aws_region',
  auto_scaling_group: 'environment_name',
  lock_table: 'environment_name',
  launch_hook: 'environment_name',
  terminate_hook: 'environment_name',
  lifecycle_heartbeat_seconds: 'lifecycle_heartbeat_seconds',
  token_parameter: 'environment_name',
  gitlab_api_url: 'gitlab_api_url',
  gitlab_ca_certificate: 'gitlab_ca_certificate',
  group_id: 'group_id',
  runner_tags: 'gl_runner_tags',
  capacity_per_instance: 'capacity_per_instance',
  idle_threshold: 'idle_threshold',
  cache_bucket: 'environment_name',
  cache_path: 'gl_cache_path',
  scale_out_strategy: 'scale_out_strategy',
  instance_metrics: 'instance_metrics',
} as const;

/** systemd unit that user data starts; it registers the runner and then watches over it. */
export const agentUnit = 'gitlab-runner-agent.service';

/** systemd unit of GitLab Runner; the agent starts and stops it. */
export const runnerUnit = 'gitlab-runner.service';

/** SSM parameter with the GitLab token; String or SecureString. */
export const tokenParameter = '/gitlab_tokens';

/** CloudWatch namespace of a fleet's metrics is the name of its Auto Scaling group. */
export const metricNames = { jobsRunning: 'JOBS_RUNNING', jobConcurrency: 'JOB_CONCURRENCY' } as const;

/** Used where the Terraform variable is null. */
export const defaults = {
  jobsPerInstance: 6,
  idleSeconds: 180,
  gitlabApiUrl: 'https://gitlab.com/api/v4/',
  cachePath: 'cache',
} as const;

/** Where GitLab Runner tells its metrics; on loopback, since its profiler is on the same port. */
export const metricsPort = 9252;
