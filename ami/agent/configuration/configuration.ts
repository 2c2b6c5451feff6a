import { parse as parseToml, stringify } from 'smol-toml';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { metricsPort } from '../../contract.ts';
import type { Value } from './check.ts';
import { checked } from './check.ts';
import type { Values } from './placeholders.ts';
import { filled, sampleValues } from './placeholders.ts';

/** The configuration of GitLab Runner: config.toml as a value. */
export interface Configuration {
  readonly [key: string]: Value;
  readonly listen_address: string;
  readonly runners: readonly Entry[];
}

/** One `[[runners]]`. */
export interface Entry {
  readonly [key: string]: Value;
  readonly executor: string;
}

/** Names everything that is wrong with a runner configuration, each with its place. It never holds a value that was filled in. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(problems: readonly string[]) {
    super(`The runner configuration cannot be used:\n${problems.map((problem) => `- ${problem}`).join('\n')}`);
  }
}

/** The sections of gitlab_config.yaml; what is in them comes to stand at the top of config.toml. */
const sections = ['gitlab_global_section', 'gitlab_session_server_section', 'gitlab_runners_section'] as const;

const tokenPlaceholder = '{{ gl_runner_token }}';

const isTable = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Makes the configuration of an instance of gitlab_config.yaml. Throws a `ConfigurationError`. */
export function renderConfiguration(yaml: string, values: Values): Configuration {
  const problems: string[] = [];
  const problem = (words: string): void => {
    // The same may be wrong at several keys.
    if (!problems.includes(words)) problems.push(words);
  };
  const top = sectionsOf(yaml, problem);
  for (const [index, entry] of entriesIn(top).entries())
    if (entry.token !== undefined && !isTokenPlaceholder(entry.token))
      problem(
        `gitlab_runners_section.runners[${index}].token must be '${tokenPlaceholder}': the user data of an instance can be read by whoever may see the instance, so the token stands in the SSM parameter`,
      );

  // Checked with values that are no secrets, so that no message can hold one.
  const sample = filledIn(top, sampleValues, problem);
  checked(sample, problem, placeOf);
  const entries = isTable(sample) && Array.isArray(sample.runners) ? (sample.runners as unknown[]) : [];
  if (entries.length === 0) problem('gitlab_runners_section.runners must have at least one entry');
  for (const [index, entry] of entries.entries())
    for (const key of ['url', 'token', 'executor'])
      if (!isTable(entry) || typeof entry[key] !== 'string' || entry[key] === '')
        problem(`gitlab_runners_section.runners[${index}].${key} is missing`);
  const names = entries.map((entry) => (isTable(entry) ? entry.name : undefined));
  if (new Set(names).size < names.length)
    problem(
      "gitlab_runners_section.runners must each have a name of its own, such as '{{ ansible_ec2_instance_id }}-small': with the same one the runner cannot tell its metrics",
    );
  const address = isTable(sample) ? (sample.listen_address ?? loopback) : loopback;
  if (typeof address !== 'string' || !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(address))
    problem(
      `gitlab_global_section.listen_address must be a port on loopback, such as '127.0.0.1:{{ gl_metrics_port }}': the runner's profiler answers there as well`,
    );
  if (problems.length > 0) throw new ConfigurationError(problems);
  const real = checked(filledIn(top, values, problem), problem, placeOf) as Configuration;
  return { ...real, listen_address: real.listen_address ?? loopback };
}

const loopback = `127.0.0.1:${metricsPort}`;

/** The sections put together, as config.toml has them; keys of several sections must not clash. */
function sectionsOf(yaml: string, problem: (words: string) => void): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = parseYaml(yaml);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    const line = error.linePos?.[0].line;
    throw new ConfigurationError([
      `it is not YAML${line === undefined ? '' : `, line ${line}`}: ${error.message.split(/ at line|\n/)[0]}`,
    ]);
  }
  if (!isTable(document)) throw new ConfigurationError([`it must have the sections ${sections.join(', ')}`]);
  for (const key of Object.keys(document))
    if (!(sections as readonly string[]).includes(key))
      problem(`${key} is no section; the sections are ${sections.join(', ')}`);
  return Object.fromEntries(
    sections.flatMap((section) => {
      const inside = document[section];
      if (inside === undefined || inside === null) return [];
      if (isTable(inside)) return Object.entries(inside);
      problem(`${section} must be a table of keys and values`);
      return [];
    }),
  );
}

const entriesIn = ({ runners }: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] =>
  Array.isArray(runners) ? runners.map((each) => (isTable(each) ? each : {})) : [];

const isTokenPlaceholder = (token: unknown): boolean =>
  typeof token === 'string' && token.replace(/\s/g, '') === tokenPlaceholder.replace(/\s/g, '');

function filledIn(value: unknown, values: Values, problem: (words: string) => void): unknown {
  if (typeof value === 'string')
    return filled(value, values, (name) =>
      problem(`{{ ${name} }} is no placeholder; those that are: ${Object.keys(values).join(', ')}`),
    );
  if (Array.isArray(value)) return value.map((each) => filledIn(each, values, problem));
  if (!isTable(value)) return value;
  return Object.fromEntries(
    // A key without a value is as if it were not there.
    Object.entries(value).flatMap(([key, each]) =>
      each === null ? [] : [[key, filledIn(each, values, problem)] as const],
    ),
  );
}

/** Where a key of config.toml stands in gitlab_config.yaml. */
function placeOf(path: string): string {
  const [first] = path.split(/[.[]/);
  if (first === 'runners') return `gitlab_runners_section.${path}`;
  return first === 'session_server' ? `gitlab_session_server_section.${path}` : `gitlab_global_section.${path}`;
}

/** config.toml, with or without the entries by which the runner polls. */
export function toToml(configuration: Configuration, withRunners: boolean): string {
  const { runners, ...others } = configuration;
  return `${stringify(withRunners ? { ...others, runners } : others)}\n`;
}

/** A config.toml without its `[[runners]]`, whoever wrote it. */
export function withoutRunners(toml: string): string {
  const { runners: _, ...others } = parseToml(toml);
  return `${stringify(others)}\n`;
}

/** Where the runner tells its metrics. */
export const metricsUrl = ({ listen_address: address }: Configuration): string => `http://${address}/metrics`;

/** The most requests for a job that an entry has in flight at once. */
export const requestConcurrency = ({ runners }: Configuration): number =>
  Math.max(1, ...runners.map(({ request_concurrency: given }) => (typeof given === 'number' ? given : 1)));

/** Whether jobs run in Docker, whose daemon has to be there before the runner polls. */
export const usesDocker = ({ runners }: Configuration): boolean =>
  runners.some(({ executor }) => executor === 'docker' || executor === 'docker-windows');
