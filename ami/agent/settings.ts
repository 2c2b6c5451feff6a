import { X509Certificate } from 'node:crypto';
import type { Strategy } from '../contract.ts';
import { contractVersion, defaults, settingsKeys, strategies } from '../contract.ts';

/** What user data tells an instance about its fleet. */
export interface AgentSettings {
  readonly region: string;
  readonly autoScalingGroup: string;
  readonly lockTable: string;
  readonly launchHook: string;
  readonly terminateHook: string;
  /** How long a lifecycle hook holds an instance between two heartbeats. */
  readonly hookSeconds: number;
  readonly tokenParameter: string;
  /** Ends with `/api/v4/`. */
  readonly gitlabApiUrl: string;
  /** PEM. */
  readonly caCertificate?: string;
  readonly groupId?: number;
  readonly runnerTags: readonly string[];
  readonly jobsPerInstance: number;
  readonly idleSeconds: number;
  readonly cacheBucket: string;
  readonly cachePath: string;
  readonly strategy: Strategy;
  /** Whether CloudWatch is told of each instance besides the fleet. */
  readonly isMeasuredAlone: boolean;
}

type Key = keyof typeof settingsKeys;

/** Names every value that is wrong, and the Terraform variable that sets it. `usable` is what the instance needs to leave its group. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(
    problems: readonly string[],
    readonly usable?: Membership,
  ) {
    super(problems.join('\n'));
  }
}

/** What an instance must know of its fleet to be able to leave it. */
export type Membership = Pick<
  AgentSettings,
  'region' | 'autoScalingGroup' | 'lockTable' | 'launchHook' | 'terminateHook' | 'hookSeconds'
>;

interface Rule<T> {
  readonly isRight: (value: unknown) => value is T;
  readonly allowed: string;
}

const text: Rule<string> = {
  isRight: (value): value is string => typeof value === 'string' && value.trim() !== '',
  allowed: 'a text that is not empty',
};
const whole = (from: number, to: number): Rule<number> => ({
  isRight: (value): value is number => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
  allowed: `a whole number from ${from} to ${to}`,
});
const boolean: Rule<boolean> = {
  isRight: (value): value is boolean => typeof value === 'boolean',
  allowed: 'true or false',
};
const texts: Rule<readonly string[]> = {
  isRight: (value): value is readonly string[] => Array.isArray(value) && value.every((each) => text.isRight(each)),
  allowed: 'a list of texts, each not empty',
};
const apiUrl: Rule<string> = {
  isRight: (value): value is string =>
    typeof value === 'string' && /^https?:\/\/[^/\s@?#]+(\/[^\s?#]*)?\/api\/v4\/?$/.test(value) && URL.canParse(value),
  allowed: `an http or https URL that ends in /api/v4/ and has no user name, such as ${defaults.gitlabApiUrl}`,
};
const certificate: Rule<string> = {
  isRight: (value): value is string => typeof value === 'string' && areCertificates(value),
  allowed: 'one or more certificates in PEM format, and no private key',
};
const oneOf = <const T extends string>(names: readonly T[]): Rule<T> => ({
  isRight: (value): value is T => (names as readonly unknown[]).includes(value),
  allowed: names.join(' or '),
});

const weekSeconds = 604_800;

/** Reads the settings file. Throws a `SettingsError` that names everything that is wrong with it. */
export function parseSettings(file: string): AgentSettings {
  const given = objectIn(file);
  const problems: string[] = [];

  const optional = <T>(key: Key, rule: Rule<T>): T | undefined => {
    const value = given[key];
    if (value === undefined || value === null) return undefined;
    if (rule.isRight(value)) return value;
    problems.push(
      `${key} must be ${rule.allowed}, but is ${shortened(value)}. Set the Terraform variable ${settingsKeys[key]}.`,
    );
    return undefined;
  };
  const required = <T>(key: Key, rule: Rule<T>): T => {
    const value = optional(key, rule);
    if (value === undefined && (given[key] === undefined || given[key] === null))
      problems.push(
        `${key} is missing; it must be ${rule.allowed}. Set the Terraform variable ${settingsKeys[key]}, and apply the stack again.`,
      );
    return value as T;
  };

  const version = required('contract_version', text);
  if (version !== undefined && version !== contractVersion)
    problems.push(
      `contract_version is ${shortened(version)}, but this image was built for ${contractVersion}. Boot an image that was built for this stack: set the Terraform variable ${settingsKeys.contract_version} or image_name.`,
    );
  const membership: Membership = {
    region: required('region', text),
    autoScalingGroup: required('auto_scaling_group', text),
    lockTable: required('lock_table', text),
    launchHook: required('launch_hook', text),
    terminateHook: required('terminate_hook', text),
    hookSeconds: required('lifecycle_heartbeat_seconds', whole(30, 7200)),
  };
  const isMember = Object.values(membership).every((value) => value !== undefined);
  const url = optional('gitlab_api_url', apiUrl) ?? defaults.gitlabApiUrl;
  // Empty: a public authority vouches for GitLab.
  const caCertificate = given.gitlab_ca_certificate === '' ? undefined : optional('gitlab_ca_certificate', certificate);
  const groupId = optional('group_id', whole(1, Number.MAX_SAFE_INTEGER));
  const settings: AgentSettings = {
    ...membership,
    tokenParameter: required('token_parameter', text),
    gitlabApiUrl: url.endsWith('/') ? url : `${url}/`,
    ...(caCertificate !== undefined && { caCertificate }),
    ...(groupId !== undefined && { groupId }),
    runnerTags: optional('runner_tags', texts) ?? [],
    jobsPerInstance: optional('capacity_per_instance', whole(1, 9999)) ?? defaults.jobsPerInstance,
    idleSeconds: optional('idle_threshold', whole(1, weekSeconds)) ?? defaults.idleSeconds,
    cacheBucket: required('cache_bucket', text),
    cachePath:
      optional('cache_path', { ...text, isRight: (value): value is string => typeof value === 'string' }) ??
      defaults.cachePath,
    strategy: required('scale_out_strategy', oneOf(strategies)),
    isMeasuredAlone: optional('instance_metrics', boolean) ?? false,
  };
  if (problems.length > 0) throw new SettingsError(problems, isMember ? membership : undefined);
  return settings;
}

function objectIn(file: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(file);
  } catch (cause) {
    throw new SettingsError([
      `The settings are not JSON: ${(cause as Error).message}. User data writes them; apply the stack again.`,
    ]);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError([
      `The settings must be a JSON object, but are ${shortened(value)}. User data writes them; apply the stack again.`,
    ]);
  return value as Readonly<Record<string, unknown>>;
}

/** Read as the connection to GitLab will read them: with one that is none, no attempt could ever succeed. */
function areCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length > 0 && !pem.includes('PRIVATE KEY') && blocks.every((block) => new X509Certificate(block));
  } catch {
    return false;
  }
}

/** A value for a message, without what somebody may have put there that belongs nowhere: a password in a URL, a private key. */
const shortened = (value: unknown): string => {
  const words = (JSON.stringify(value) ?? String(value))
    .replace(/\/\/[^\s\x22]*@/g, '//…@')
    .replace(/(PRIVATE KEY-----).*/, '$1…');
  return words.length > 80 ? `${words.slice(0, 79)}…` : words;
};
