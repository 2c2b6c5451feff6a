import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readMetrics, runnerOf } from '../../../../ami/agent/ports/metrics.ts';

/** Written down from GitLab Runner 19.4. */
const seen = (name: string): string => readFileSync(new URL(`metrics/${name}.txt`, import.meta.url), 'utf8');
const entry = { id: 'cecbf58f0', requestConcurrency: 1, inFlight: 0, empty: 5, others: 0, refused: 0 };
const idle = { running: 0, concurrent: 2, inFlight: 0, polling: [entry] };

describe('the metrics of a runner', () => {
  it.each([
    ['idle', idle],
    ['busy', { ...idle, running: 1, polling: [{ ...entry, empty: 8, others: 1 }] }],
    ['refused', { ...idle, polling: [{ ...entry, empty: 14, others: 4, refused: 3 }] }],
  ])('are understood when it is %s', (name, runner) => {
    expect(runnerOf(seen(name), true)).toEqual(runner);
  });

  it('tell of no entry while polling is stopped, but of what is in flight', () => {
    const text = seen('idle').replace(/(request_concurrency\{.*\}) 0/, '$1 1');
    expect(runnerOf(text, false)).toEqual({ ...idle, inFlight: 1, polling: [] });
  });

  it('are those of each entry where there are several', () => {
    const two = seen('idle')
      .replaceAll('cecbf58f0', 'other')
      .replace(/\} 5/, '} 9')
      .replace(/(hard_limit\{.*\}) 1/, '$1 4');
    expect(runnerOf(`${seen('idle')}${two}`, true)?.polling).toEqual([
      entry,
      { ...entry, id: 'other', empty: 9, requestConcurrency: 4 },
    ]);
  });

  it('count the limit of each of several entries with one token', () => {
    const line = /gitlab_runner_limit.*/.exec(seen('idle'))?.[0] ?? '';
    const text = `${seen('idle')}${line.replace('i-0abc', 'i-0abc-large')}\n`;
    expect(runnerOf(text, true, 3)?.polling).toEqual([{ ...entry, requestConcurrency: 6 }]);
  });

  it('may have labels in any order, with spaces, braces and escapes in them', () => {
    const text = [
      '# TYPE gitlab_runner_jobs gauge',
      'gitlab_runner_concurrent 6',
      'gitlab_runner_jobs{state="running",runner_name="a \\"b\\" } 7, \\\\",runner="x"} 2 1700000000',
      'gitlab_runner_jobs{state="idle"} 0',
      'gitlab_runner_jobs_total{runner="x"} 90',
      'gitlab_runner_limit{runner="x"} 0',
      'nonsense',
    ].join('\n');
    expect(runnerOf(text, true)).toEqual({
      running: 2,
      concurrent: 6,
      inFlight: 0,
      polling: [{ id: 'x', requestConcurrency: 1, inFlight: 0, empty: 0, others: 0, refused: 0 }],
    });
  });

  it.each(['', 'not metrics', '<html>502</html>', 'go_threads 8'])('are not these: %j', (text) => {
    expect(runnerOf(text, true)).toBeUndefined();
  });
});

it.each([
  [200, seen('idle'), idle],
  [500, seen('idle'), undefined],
  [200, '', undefined],
])('a port that answers %d shows what it says', async (status, text, expected) => {
  const server = createServer((_, answer) => answer.writeHead(status).end(text)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  expect(await readMetrics(`http://127.0.0.1:${port}/metrics`, true)).toEqual(expected);
  await new Promise((resolve) => server.close(resolve));
  expect(await readMetrics(`http://127.0.0.1:${port}/metrics`, true)).toBeUndefined();
});
