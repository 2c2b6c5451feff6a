import type { Figures } from '../../../ami/agent/publishing.ts';
import { publishing } from '../../../ami/agent/publishing.ts';
import { noMetrics, view } from './decisions/play.ts';

function published(looks: readonly (readonly [seconds: number, seen: ReturnType<typeof view>])[]): readonly Figures[] {
  const all: Figures[] = [];
  const look = publishing((figures) => {
    all.push(figures);
    return Promise.resolve();
  });
  for (const [seconds, seen] of looks) look(seen, seconds * 1000);
  return all;
}

const idle = { jobsRunning: 0, jobConcurrency: 6 };
const busy = { jobsRunning: 3, jobConcurrency: 6 };

describe('what CloudWatch is told', () => {
  it('is the jobs that run and the most that may, once a minute', () => {
    const looks = Array.from({ length: 25 }, (_, index) => [index * 5, view({ running: index < 12 ? 0 : 3 })] as const);
    expect(published(looks)).toEqual([idle, busy, busy]);
  });

  it('is nothing while the runner cannot be seen', () => {
    expect(
      published([
        [0, noMetrics],
        [5, view()],
        [70, noMetrics],
        [75, view()],
      ]),
    ).toEqual([idle, idle]);
  });
});
