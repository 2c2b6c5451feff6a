import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  agentUnit,
  contractVersion,
  launchHookName,
  lockItem,
  lockTableName,
  paths,
  runnerUnit,
  settingsKeys,
  terminateHookName,
  tokenParameter,
} from '../ami/contract.ts';
import type { AutoScalingDouble } from './auto-scaling/server.ts';
import { startAutoScaling } from './auto-scaling/server.ts';
import type { Change } from './auto-scaling/world.ts';
import type { CloudWatchDouble } from './cloudwatch.ts';
import { startCloudWatch } from './cloudwatch.ts';
import type { DynamoDb } from './dynamodb.ts';
import { startDynamoDb } from './dynamodb.ts';
import type { GitLabDouble, GitLabDoubleOptions } from './gitlab/server.ts';
import { startGitLab } from './gitlab/server.ts';
import type { Host } from './host/host.ts';
import { startHost } from './host/host.ts';
import type { ImdsDouble } from './imds.ts';
import { startImds } from './imds.ts';
import type { SsmDouble } from './ssm.ts';
import { startSsm } from './ssm.ts';

export interface FleetOptions {
  /** The program of GitLab Runner, and the bundle of the agent. */
  readonly runner: string;
  readonly agent: string;
  readonly name?: string;
  readonly minSize?: number;
  readonly maxSize?: number;
  /** The value of the token parameter; by default the token of a runner that GitLab knows. Null: there is no parameter. */
  readonly token?: string | null;
  /** In place of the usual ones; keys as user data writes them. */
  readonly settings?: Partial<Record<keyof typeof settingsKeys, unknown>>;
  /** gitlab_config.yaml; by default one entry whose jobs are shell scripts. */
  readonly configuration?: string;
  /** The agent's seconds pass so many times as fast. */
  readonly pace?: number;
  readonly bootSeconds?: number;
  readonly hasLaunchHook?: boolean;
  readonly gitlab?: GitLabDoubleOptions;
  /** More for the environment of the agents. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onChange?: (change: Change) => void;
  /** Boots an instance on a machine of its own; without it the instances are folders and processes here. */
  readonly bootElsewhere?: (id: string, data: UserData) => void;
}

/** An instance: its host, its metadata service, and where its files are. */
export interface FleetInstance {
  readonly id: string;
  readonly host: Host;
  readonly imds: ImdsDouble;
  /** What the agent has logged, a line each. */
  readonly log: () => readonly Readonly<Record<string, unknown>>[];
  readonly isGone: boolean;
}

/** What user data writes on an instance, and the environment in which its agent finds this fleet. */
export interface UserData {
  readonly settings: string;
  readonly configuration: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A fleet on one machine: real agents and real runners, against AWS and GitLab on loopback. */
export interface Fleet {
  readonly name: string;
  readonly region: string;
  readonly autoScaling: AutoScalingDouble;
  readonly dynamodb: DynamoDb;
  readonly gitlab: GitLabDouble;
  readonly ssm: SsmDouble;
  readonly cloudwatch: CloudWatchDouble;
  /** All that there ever were. */
  readonly instances: readonly FleetInstance[];
  readonly folder: string;
  desired(): number;
  /** Ends everything and leaves nothing behind. */
  close(): Promise<void>;
}

const region = 'eu-north-1';

/** One entry, for jobs that are shell scripts: there is no Docker in a rehearsal. */
const shellConfiguration = `
gitlab_global_section:
  concurrent: '{{ gl_concurrency }}'
  check_interval: 1
  shutdown_timeout: 5
  listen_address: '127.0.0.1:{{ port }}'
gitlab_runners_section:
  runners:
    - name: '{{ ansible_ec2_instance_id }}'
      url: '{{ gl_url }}'
      token: '{{ gl_runner_token }}'
      executor: shell
      shell: bash
`;

/** For the metrics of one instance: all of them share the loopback device here. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

const unitFile = (name: string): string =>
  readFileSync(new URL(`../ami/roles/gitlab_runner/files/${name}`, import.meta.url), 'utf8');

export async function startFleet({
  runner,
  agent,
  name = 'glab-runner-rehearsal',
  minSize = 0,
  maxSize = 4,
  token,
  settings = {},
  configuration,
  pace = 1,
  bootSeconds = 0,
  hasLaunchHook = true,
  gitlab: gitlabOptions = {},
  environment = {},
  onChange = () => undefined,
  bootElsewhere,
}: FleetOptions): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
  const gitlab = await startGitLab(gitlabOptions);
  const parameter = token === undefined ? gitlab.runners.addRunner({ description: 'shared' }).token : token;
  const ssm = await startSsm(parameter === null ? {} : { [tokenParameter]: parameter });
  const cloudwatch = await startCloudWatch();
  const table = lockTableName(name);
  const dynamodb = await startDynamoDb({ table: { name: table, hashKey: lockItem.key, attributeType: 'S' }, region });
  const instances = new Map<string, FleetInstance & { isGone: boolean }>();
  const metadata = new Map<string, ImdsDouble>();
  const booting = new Set<Promise<unknown>>();
  let isClosed = false;
  // A group with a minimum launches instances before its double is known here.
  let open = (): void => undefined;
  const isThere = new Promise<void>((resolve) => (open = resolve));

  const hookSeconds = Number(settings.lifecycle_heartbeat_seconds ?? 200);
  const autoScaling = await startAutoScaling({
    region,
    bootSeconds,
    groups: [
      {
        name,
        minSize,
        maxSize,
        desiredCapacity: minSize,
        availabilityZones: [`${region}a`],
        hooks: [
          ...(hasLaunchHook
            ? [
                {
                  name: launchHookName(name),
                  transition: 'autoscaling:EC2_INSTANCE_LAUNCHING' as const,
                  heartbeatTimeout: hookSeconds,
                  defaultResult: 'ABANDON' as const,
                },
              ]
            : []),
          {
            name: terminateHookName(name),
            transition: 'autoscaling:EC2_INSTANCE_TERMINATING' as const,
            heartbeatTimeout: hookSeconds,
            defaultResult: 'ABANDON' as const,
          },
        ],
      },
    ],
    onChange: (change) => {
      onChange(change);
      if (change.kind !== 'instance' || isClosed) return;
      if (change.state === (hasLaunchHook ? 'Pending:Wait' : 'InService') && !metadata.has(change.instanceId)) {
        const booted = boot(change.instanceId);
        booting.add(booted);
        void booted.finally(() => booting.delete(booted));
      }
      if (change.state === 'Terminated') {
        const gone = instances.get(change.instanceId);
        if (gone === undefined) return;
        gone.isGone = true;
        gone.host.powerOff();
      }
    },
  });

  /** Writes what user data would, and starts what it would start. */
  async function boot(id: string): Promise<void> {
    await isThere;
    const root = join(folder, id);
    const at = (path: string): string => join(root, path);
    const port = await freePort();
    const written: Record<keyof typeof settingsKeys, unknown> = {
      contract_version: contractVersion,
      region,
      auto_scaling_group: name,
      lock_table: table,
      launch_hook: launchHookName(name),
      terminate_hook: terminateHookName(name),
      lifecycle_heartbeat_seconds: hookSeconds,
      token_parameter: tokenParameter,
      gitlab_api_url: gitlab.apiUrl,
      gitlab_ca_certificate: '',
      group_id: 1347,
      runner_tags: null,
      capacity_per_instance: 2,
      idle_threshold: 5,
      cache_bucket: name,
      cache_path: 'cache',
      scale_out_strategy: 'first-instance',
      instance_metrics: false,
      ...settings,
    };
    const imds = await startImds({
      instanceId: id,
      region,
      targetLifecycleState: () => autoScaling.targetLifecycleState(id),
      spotAt: () => autoScaling.spotNotice(id),
    });
    metadata.set(id, imds);
    const data: UserData = {
      settings: JSON.stringify(written),
      configuration: (configuration ?? shellConfiguration).replaceAll('{{ port }}', String(port)),
      environment: {
        GITLAB_RUNNER_AGENT_PACE: String(pace),
        AWS_EC2_METADATA_SERVICE_ENDPOINT: imds.url,
        AWS_ENDPOINT_URL_AUTO_SCALING: autoScaling.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
        AWS_ENDPOINT_URL_SSM: ssm.url,
        AWS_ENDPOINT_URL_CLOUDWATCH: cloudwatch.url,
        ...environment,
      },
    };
    if (bootElsewhere !== undefined) {
      bootElsewhere(id, data);
      return;
    }
    for (const [path, text] of [
      [paths.settings, data.settings],
      [paths.runnerConfig, data.configuration],
      // The runner would make it of the machine's id, which all instances share here, as they must not on real ones.
      [paths.systemId, `s_${id.slice(2, 14)}`],
    ] as const) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text, { mode: 0o600 });
    }
    mkdirSync(at('/var/lib/gitlab-runner'), { recursive: true });
    const programs: Readonly<Record<string, string | undefined>> = {
      // There is no such user here, and nobody to become it.
      '--user': undefined,
      'gitlab-runner': undefined,
      [paths.node]: process.execPath,
      [paths.agent]: agent,
      [paths.runner]: runner,
      [paths.config]: at(paths.config),
      // The condition of the agent's unit.
      [paths.settings]: at(paths.settings),
      '/var/lib/gitlab-runner': at('/var/lib/gitlab-runner'),
    };
    mkdirSync(dirname(at(paths.runner)), { recursive: true });
    writeFileSync(at(paths.runner), `#!/bin/sh\nexec ${runner} "$@"\n`, { mode: 0o755 });
    const host = await startHost({
      root,
      units: { [agentUnit]: [unitFile(agentUnit)], [runnerUnit]: [unitFile(runnerUnit)] },
      pathOf: (word) => (word in programs ? programs[word] : word),
      environment: { HOME: root, GITLAB_RUNNER_AGENT_ROOT: root, ...data.environment },
    });
    instances.set(id, {
      id,
      host,
      imds,
      isGone: false,
      log: () =>
        host
          .journal(agentUnit)
          .split('\n')
          .filter((line) => line.startsWith('{'))
          .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
    });
    if (isClosed) return;
    void host.service(agentUnit).start();
  }
  open();

  return {
    name,
    region,
    autoScaling,
    dynamodb,
    gitlab,
    ssm,
    cloudwatch,
    get instances() {
      return [...instances.values()];
    },
    folder,
    desired: () => autoScaling.snapshot().groups[0]?.desiredCapacity ?? 0,
    close: async () => {
      isClosed = true;
      await Promise.allSettled(booting);
      for (const { host } of instances.values()) await host.close();
      for (const imds of metadata.values()) await imds.close();
      await autoScaling.close();
      await dynamodb.close();
      await gitlab.close();
      await ssm.close();
      await cloudwatch.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
