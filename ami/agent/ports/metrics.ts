import type { Polling, Runner } from '../decisions/view.ts';

/** One line of the Prometheus text format (https://prometheus.io/docs/instrumenting/exposition_formats/). */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

const unescaped = (text: string): string => text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char));

function samplesOf(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = (line.startsWith('#') ? null : sampleLine.exec(line.trim())) ?? [];
    if (name === undefined || value === undefined) return [];
    const pairs = [...labels.matchAll(label)].map(([, key, given]) => [key!, unescaped(given!)] as const);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
}

const sum = (samples: readonly Sample[]): number => samples.reduce((total, { value }) => total + value, 0);

/**
 * What the metrics of GitLab Runner say of its work (https://docs.gitlab.com/runner/monitoring/); undefined when the text is not that of a runner.
 * `isPolling`: whether entries are in the configuration; counters of entries that were taken out go on being told. Entries
 * with one token share its counters, and only one of their limits is told: `requestConcurrency`, the largest of the configuration, counts for each.
 */
export function runnerOf(text: string, isPolling: boolean, requestConcurrency = 1): Runner | undefined {
  const samples = samplesOf(text);
  const named = (name: string): readonly Sample[] => samples.filter((sample) => sample.name === name);
  const [concurrent] = named('gitlab_runner_concurrent');
  if (concurrent === undefined) return undefined;

  const inFlight = named('gitlab_runner_request_concurrency');
  const requests = named('gitlab_runner_api_request_statuses_total').filter(
    ({ labels }) => labels.endpoint === 'request_job',
  );
  const limits = named('gitlab_runner_limit');
  const entry = (id: string): Polling => {
    const own = (all: readonly Sample[]): readonly Sample[] => all.filter(({ labels }) => labels.runner === id);
    const ended = (isIt: (status: string) => boolean): number =>
      sum(own(requests).filter(({ labels }) => isIt(labels.status ?? '')));
    const told = own(named('gitlab_runner_request_concurrency_hard_limit')).map(({ value }) => value);
    return {
      id,
      requestConcurrency: Math.max(1, requestConcurrency, ...told) * own(limits).length,
      inFlight: sum(own(inFlight)),
      empty: ended((status) => status === '204'),
      others: ended((status) => status !== '204'),
      refused: ended((status) => status === '403'),
    };
  };
  const ids = new Set(limits.map(({ labels }) => labels.runner ?? ''));
  return {
    running: sum(named('gitlab_runner_jobs')),
    concurrent: concurrent.value,
    inFlight: sum(inFlight),
    polling: isPolling ? [...ids].map(entry) : [],
  };
}

const milliseconds = 2000;

/** Reads the metrics at a URL on this host; undefined when they do not answer in time. */
export async function readMetrics(
  url: string,
  isPolling: boolean,
  requestConcurrency?: number,
): Promise<Runner | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(milliseconds) });
    return answer.ok ? runnerOf(await answer.text(), isPolling, requestConcurrency) : undefined;
  } catch {
    return undefined;
  }
}
