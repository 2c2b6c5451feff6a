import { isAbsolute, join } from 'node:path';
import { metricsPort, paths } from '../contract.ts';
import type { Configuration } from './configuration/configuration.ts';
import {
  ConfigurationError,
  metricsUrl,
  renderConfiguration,
  requestConcurrency,
  toToml,
  usesDocker,
  withoutRunners,
} from './configuration/configuration.ts';
import { defaultImage } from './configuration/placeholders.ts';
import type { Settings } from './decisions/settings.ts';
import type { Log } from './log.ts';
import type { Ports } from './perform.ts';
import { connectAws } from './ports/aws-clients.ts';
import type { Clock } from './ports/clock.ts';
import { putFigures } from './ports/cloudwatch.ts';
import { run } from './ports/commands.ts';
import { dockerSocket, pingDocker } from './ports/docker.ts';
import { readIfThere, writeWhole } from './ports/files.ts';
import { connectGitLab } from './ports/gitlab.ts';
import { connectGroup } from './ports/group.ts';
import type { Identity, Imds } from './ports/imds.ts';
import { connectLockItem } from './ports/lock-item.ts';
import { readMetrics } from './ports/metrics.ts';
import { connectRunnerUnit } from './ports/systemd.ts';
import { fetchToken } from './ports/token.ts';
import type { Figures } from './publishing.ts';
import type { Brought, Parts, Remembered } from './runner-on-host.ts';
import { runnerOnHost } from './runner-on-host.ts';
import type { AgentSettings, Membership } from './settings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where this instance has its files: as the contract says, or under another root for tests. */
export function placesIn({ GITLAB_RUNNER_AGENT_ROOT: root = '/' }: Environment) {
  const at = (path: string): string => (isAbsolute(path) ? join(root, path) : path);
  return {
    settings: at(paths.settings),
    runnerConfig: at(paths.runnerConfig),
    config: at(paths.config),
    caCertificate: at(paths.caCertificate),
    systemId: at(paths.systemId),
    made: at(join(paths.state, 'runner.json')),
    note: at(join(paths.state, 'agent.json')),
    runner: at(paths.runner),
  } as const;
}
export type Places = ReturnType<typeof placesIn>;

export interface InstanceOptions {
  readonly settings: AgentSettings;
  readonly identity: Identity;
  readonly imds: Imds;
  readonly environment: Environment;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** An instance: what the decisions want to know of it, and everything that the agent can do. */
export interface Instance {
  readonly settings: Settings;
  readonly ports: Ports;
  /** Tells CloudWatch; never rejects. */
  readonly publish: (figures: Figures) => Promise<void>;
  readonly close: () => void;
}

/** Puts the ports of this instance together. */
export function onThisInstance(options: InstanceOptions): Instance {
  const { settings, identity, version, clock, log } = options;
  const { instanceId } = identity;
  const aws = connectAws(settings.region, version);
  const runner = runnerOnHost(partsOf(options, aws.ssm));
  return {
    settings: settingsOf(settings, identity),
    ports: {
      lockItem: connectLockItem(aws.dynamodb, settings.lockTable),
      group: connectGroup(aws.autoScaling, membershipOf(settings, identity)),
      runner,
      pause: (seconds) => clock.pause(seconds),
    },
    publish: async (figures) => {
      try {
        const publisher = { group: settings.autoScalingGroup, instanceId, isPerInstance: settings.isMeasuredAlone };
        await putFigures(aws.cloudwatch, publisher, figures);
      } catch (error) {
        log.warn({ why: (error as Error).message }, 'metrics were not published');
      }
    },
    close: () => aws.destroy(),
  };
}

export const settingsOf = (
  { hookSeconds, ...settings }: Membership & Partial<AgentSettings>,
  { instanceId }: Identity,
): Settings => ({
  instanceId,
  strategy: settings.strategy ?? 'first-instance',
  jobsPerInstance: settings.jobsPerInstance ?? 1,
  idleSeconds: settings.idleSeconds ?? 0,
  hookSeconds,
});

export const membershipOf = (
  { autoScalingGroup, launchHook, terminateHook }: Membership,
  { instanceId }: Identity,
) => ({ name: autoScalingGroup, instanceId, hooks: { launch: launchHook, terminate: terminateHook } });

function partsOf(
  { settings, identity, imds, environment, clock }: InstanceOptions,
  ssm: ReturnType<typeof connectAws>['ssm'],
): Parts {
  const places = placesIn(environment);
  const unit = connectRunnerUnit();
  let configuration: Configuration | undefined;

  /** Each time anew: what cannot be read now may be readable later. */
  const configurationWith = async (token: string): Promise<Brought<Configuration>> => {
    const yaml = await readIfThere(places.runnerConfig);
    if (yaml === undefined) return { kind: 'refused', why: `${places.runnerConfig} is missing; user data writes it` };
    try {
      configuration = withCertificate(renderConfiguration(yaml, valuesOf(settings, identity, token)), settings, places);
      return { kind: 'brought', value: configuration };
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      return { kind: 'refused', why: error.message };
    }
  };

  return {
    fetchToken: () => fetchToken(ssm, settings.tokenParameter),
    gitLab: connectGitLab({
      apiUrl: settings.gitlabApiUrl,
      ...(settings.caCertificate !== undefined && { caCertificate: settings.caCertificate }),
      runner: {
        ...(settings.groupId !== undefined && { groupId: settings.groupId }),
        tags: settings.runnerTags,
        description: `${settings.autoScalingGroup} ${identity.instanceId}`,
      },
    }),
    render: async (token) => {
      const made = await configurationWith(token);
      if (made.kind !== 'brought') return made;
      return {
        kind: 'brought',
        value: { withRunners: toToml(made.value, true), withoutRunners: toToml(made.value, false) },
      };
    },
    strip: withoutRunners,
    lint: async (config) => {
      const beside = `${places.config}.lint`;
      const written = await writeWhole(beside, config);
      if (written.kind !== 'done') return written;
      const { code, stdout, stderr } = await run(places.runner, ['lint', '--config', beside], 20);
      if (code === 0) return { kind: 'done' };
      return { kind: 'refused', why: `gitlab-runner lint: ${`${stdout}${stderr}`.trim().slice(0, 1000)}` };
    },
    files: {
      readConfig: () => readIfThere(places.config),
      writeConfig: async (text) => {
        const { caCertificate } = settings;
        const written = caCertificate === undefined ? undefined : await writeWhole(places.caCertificate, caCertificate);
        return written === undefined || written.kind === 'done' ? writeWhole(places.config, text) : written;
      },
      systemId: async () => {
        const id = (await readIfThere(places.systemId))?.trim();
        // The runner makes the file first, and fills it then.
        return id === '' ? undefined : id;
      },
      recall: async () => recalled(await readIfThere(places.made)),
      remember: (what) => writeWhole(places.made, JSON.stringify(what)),
    },
    unit,
    checkExecutor: async () => {
      const made = await configurationWith('');
      if (made.kind !== 'brought') return made;
      return usesDocker(made.value) ? pingDocker(dockerSocket(environment)) : { kind: 'done' };
    },
    metrics: (isPolling) =>
      configuration === undefined
        ? readMetrics(`http://127.0.0.1:${metricsPort}/metrics`, isPolling)
        : readMetrics(metricsUrl(configuration), isPolling, requestConcurrency(configuration)),
    signals: async () => {
      const { targetLifecycleState, spotAt } = await imds.signals();
      return {
        isToldToGo: targetLifecycleState === 'Terminated',
        ...(spotAt !== undefined && { spotEndsAt: clock.after(spotAt.getTime() - Date.now()) }),
      };
    },
    isNoted: settings.strategy === 'demand',
  };
}

const valuesOf = (settings: AgentSettings, { instanceId }: Identity, token: string) => ({
  gl_concurrency: settings.jobsPerInstance,
  gl_metrics_port: metricsPort,
  ansible_ec2_instance_id: instanceId,
  gl_url: settings.gitlabApiUrl.replace(/\/api\/v4\/$/, ''),
  gl_runner_token: token,
  ...defaultImage,
  gl_cache_path: settings.cachePath,
  gl_cache_bucket: settings.cacheBucket,
  gl_bucket_location: settings.region,
});

/** The runner has to trust the same certificate as the agent, unless its entry names one of its own. */
const withCertificate = (
  configuration: Configuration,
  { caCertificate }: AgentSettings,
  places: Places,
): Configuration =>
  caCertificate === undefined
    ? configuration
    : {
        ...configuration,
        runners: configuration.runners.map((entry) => ({ 'tls-ca-file': places.caCertificate, ...entry })),
      };

/** A file that a crash has spoilt says nothing. */
function recalled(text: string | undefined): Remembered {
  try {
    return JSON.parse(text ?? '{}') as Remembered;
  } catch {
    return {};
  }
}
