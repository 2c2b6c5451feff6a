import { isIPv4 } from 'node:net';
import { metricsPort } from '../../contract.ts';
import type { Table } from './check.ts';
import { isTable } from './check.ts';
import { nearest } from './nearest.ts';
import { onlyPlaceholder, placeholdersIn } from './placeholders.ts';

/** The executors of GitLab Runner 19.4.0 (newExecutorProviders in its main.go). It takes another name, and then no job. */
export const executors = [
  'custom',
  'docker',
  'docker+machine',
  'docker-autoscaler',
  'docker-windows',
  'instance',
  'kubernetes',
  'parallels',
  'shell',
  'ssh',
  'virtualbox',
] as const;

/** Where the runner tells its metrics unless the file says another port. */
export const defaultAddress = `127.0.0.1:${metricsPort}`;

const mostJobs = 9999;
/** The agent takes a runner that has not polled for ten minutes for a broken one, and needs two polls to leave. */
const mostSecondsBetweenPolls = 300;

/** The same configuration twice, each with its keys spelt as the runner spells them. */
export interface Twice {
  /** As people wrote it, with its placeholders. */
  readonly written: Table;
  /** With something of the right type in their place. */
  readonly sample: Table;
}

/**
 * Tells `problem` of all that GitLab Runner takes without a word (`gitlab-runner lint` too), and that a fleet cannot live with. It also gets
 * configurations whose types are wrong; those have been told of before.
 */
export function checkForFleet({ written, sample }: Twice, problem: (words: string) => void): void {
  checkJobs(written, sample, problem);
  checkPolling(sample, problem);
  checkAddress(sample, problem);
  checkToken(written, problem);
  checkEntries(entriesOf(sample), problem);
}

const entriesOf = ({ runners }: Table): readonly Table[] =>
  Array.isArray(runners) ? runners.map((each) => (isTable(each) ? each : {})) : [];

const asked = "'{{ gl_concurrency }}'";

/** The number of jobs that fill an instance: machine, agent and runner must all reckon with the same one. */
function checkJobs(written: Table, sample: Table, problem: (words: string) => void): void {
  const { concurrent = 1 } = sample;
  const isAsked = onlyPlaceholder(written.concurrent) === 'gl_concurrency';
  const isOtherPlaceholder = typeof written.concurrent === 'string' && !isAsked;
  if (typeof concurrent === 'number' && (isOtherPlaceholder || concurrent < 1 || concurrent > mostJobs))
    problem(
      `gitlab_global_section.concurrent must be a number from 1 to ${mostJobs}, or ${asked}, which the variable capacity_per_instance fills in, but is ${String(written.concurrent)}`,
    );
  const limits = entriesOf(sample).map(({ limit }) => (typeof limit === 'number' && limit > 0 ? limit : Infinity));
  const most = limits.length === 0 ? Infinity : limits.reduce((sum, limit) => sum + limit, 0);
  if (most !== Infinity && (isAsked || (typeof concurrent === 'number' && concurrent > most)))
    problem(
      `gitlab_global_section.concurrent must be a number up to ${most}, because each entry of gitlab_runners_section.runners has a limit and they come to ${most}: an instance with a higher number is never full, and never asks for another one`,
    );
}

function checkPolling({ check_interval: seconds }: Table, problem: (words: string) => void): void {
  if (typeof seconds === 'number' && seconds > mostSecondsBetweenPolls)
    problem(
      `gitlab_global_section.check_interval must be at most ${mostSecondsBetweenPolls} seconds, but is ${seconds}: an instance whose runner polls more rarely is taken for a broken one`,
    );
}

function checkAddress({ listen_address: address = defaultAddress }: Table, problem: (words: string) => void): void {
  const [, host = '', port] = /^(.*):(\d{1,5})$/.exec(String(address)) ?? [];
  const isLoopback = host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'));
  if (!isLoopback || Number(port) < 1 || Number(port) > 65_535)
    problem(
      `gitlab_global_section.listen_address must be a port on loopback, such as '127.0.0.1:{{ gl_metrics_port }}': the runner's profiler answers there as well`,
    );
}

const token = 'gl_runner_token';

function checkToken(written: Table, problem: (words: string) => void): void {
  for (const [index, entry] of entriesOf(written).entries())
    if (entry.token !== undefined && onlyPlaceholder(entry.token) !== token)
      problem(
        `gitlab_runners_section.runners[${index}].token must be '{{ ${token} }}': the user data of an instance can be read by whoever may see the instance, so the token stands in the SSM parameter`,
      );
  const { runners: _, ...others } = written;
  const elsewhere = [...entriesOf(written).map(({ token: _own, ...entry }) => entry), others];
  if (elsewhere.some((part) => textsIn(part).some((text) => placeholdersIn(text).includes(token))))
    problem(`{{ ${token} }} may be nothing but the token of an entry: elsewhere jobs or metrics would tell it`);
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  return isTable(value) ? Object.values(value).flatMap(textsIn) : [];
}

function checkEntries(entries: readonly Table[], problem: (words: string) => void): void {
  if (entries.length === 0) problem('gitlab_runners_section.runners must have at least one entry');
  for (const [index, entry] of entries.entries()) {
    const place = `gitlab_runners_section.runners[${index}]`;
    for (const key of ['url', 'token', 'executor'])
      if (typeof entry[key] !== 'string' || entry[key] === '') problem(`${place}.${key} is missing`);
    const { executor } = entry;
    if (typeof executor === 'string' && executor !== '' && !(executors as readonly string[]).includes(executor)) {
      const meant = nearest(executor, executors);
      problem(
        `${place}.executor must be one of ${executors.join(', ')}, but is ${executor}${meant === undefined ? '' : `. Did you mean ${meant}?`}`,
      );
    }
  }
  if (new Set(entries.map(({ name }) => name)).size < entries.length)
    problem(
      "gitlab_runners_section.runners must each have a name of its own, such as '{{ ansible_ec2_instance_id }}-small': with the same one the runner cannot tell its metrics",
    );
}
