import { parse as parseToml, stringify } from 'smol-toml';
import type { YAMLError } from 'yaml';
import { parseDocument } from 'yaml';
import type { Table, Value } from './check.ts';
import { checked, isTable } from './check.ts';
import { checkForFleet, defaultAddress } from './fleet-rules.ts';
import type { Values } from './placeholders.ts';
import { filled, sampleValues } from './placeholders.ts';

/** The configuration of GitLab Runner: config.toml as a value. */
export interface Configuration {
  readonly [key: string]: Value;
  readonly concurrent: number;
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

/** Makes the configuration of an instance of gitlab_config.yaml. Throws a `ConfigurationError`. */
export function renderConfiguration(yaml: string, values: Values): Configuration {
  const problems: string[] = [];
  const problem = (words: string): void => {
    // The same may be wrong at several keys.
    if (!problems.includes(words)) problems.push(words);
  };
  const top = sectionsOf(yaml, problem);
  const ignored = (): void => undefined;
  // Everything is checked with values that are no secrets, so that no message can hold one.
  const sample = checked(filledIn(top, '', sampleValues, problem), problem, placeOf);
  const written = checked(top, ignored, placeOf);
  checkForFleet({ written: written as Table, sample: sample as Table }, problem);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const real = checked(filledIn(top, '', values, ignored), ignored, placeOf) as Partial<Configuration>;
  return { concurrent: 1, listen_address: defaultAddress, ...real } as Configuration;
}

/** How many jobs an instance runs at once where the file says so itself; undefined where that is left to `{{ gl_concurrency }}`. */
export function ownConcurrency(yaml: string): number | undefined {
  const [one, other] = [1, 2].map(
    (jobs) => renderConfiguration(yaml, { ...sampleValues, gl_concurrency: jobs }).concurrent,
  );
  return one === other ? one : undefined;
}

/** The sections put together, as config.toml has them. */
function sectionsOf(yaml: string, problem: (words: string) => void): Table {
  const document = documentIn(yaml, problem);
  for (const key of Object.keys(document))
    if (!(sections as readonly string[]).includes(key))
      problem(`${key} is no section; the sections are ${sections.join(', ')}`);
  const sectionOf = new Map<string, string>();
  return Object.fromEntries(
    sections.flatMap((section) => {
      const inside = document[section];
      if (inside === undefined || inside === null) return [];
      if (!isTable(inside)) {
        problem(`${section} must be a table of keys and values`);
        return [];
      }
      for (const key of Object.keys(inside)) {
        const first = sectionOf.get(key.toLowerCase());
        if (first !== undefined && first !== section) problem(`${section}.${key} is in ${first} as well`);
        sectionOf.set(key.toLowerCase(), section);
      }
      return Object.entries(inside);
    }),
  );
}

function documentIn(yaml: string, problem: (words: string) => void): Table {
  const parsed = parseDocument(yaml, { logLevel: 'error' });
  const [error] = parsed.errors;
  const told = ({ message, linePos }: YAMLError): string =>
    `${linePos === undefined ? '' : `, line ${linePos[0].line}`}: ${message.split(/ at line|\n/)[0]}`;
  if (error !== undefined) throw new ConfigurationError([`it is not YAML${told(error)}`]);
  for (const warning of parsed.warnings) problem(`it is not plain YAML${told(warning)}`);
  let value: unknown;
  try {
    value = parsed.toJS();
  } catch (cause) {
    // What an alias stands for is looked up only here.
    throw new ConfigurationError([`it is not YAML: ${(cause as Error).message}`]);
  }
  if (!isTable(value)) throw new ConfigurationError([`it must have the sections ${sections.join(', ')}`]);
  return value;
}

function filledIn(value: unknown, path: string, values: Values, problem: (words: string) => void): unknown {
  if (typeof value === 'string')
    return filled(value, values, (written) =>
      problem(
        `${placeOf(path)}: ${written} is no placeholder; those that are: ${Object.keys(values).join(', ')}. For the braces themselves write {{ '{{' }}`,
      ),
    );
  if (Array.isArray(value)) return value.map((each, index) => filledIn(each, `${path}[${index}]`, values, problem));
  if (!isTable(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) => {
      const inner = path === '' ? key : `${path}.${key}`;
      if (key.includes('{{')) problem(`${placeOf(inner)} is a key with a placeholder; only values may have them`);
      // A key without a value is as if it were not there.
      return each === null ? [] : [[key, filledIn(each, inner, values, problem)] as const];
    }),
  );
}

/** Where a key of config.toml stands in gitlab_config.yaml. */
function placeOf(path: string): string {
  const [first] = path.toLowerCase().split(/[.[]/);
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
