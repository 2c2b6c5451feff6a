import type { Agent } from '../../../ami/agent/decisions/agent.ts';
import { start } from '../../../ami/agent/decisions/agent.ts';
import { fail } from '../../../ami/agent/decisions/failing.ts';
import { supervised, watchdogMilliseconds } from '../../../ami/agent/supervised.ts';

const { state: booting } = start(0);
const { state: failing } = fail('x', 0);

function told(
  limit: number | undefined,
  states: readonly (readonly [seconds: number, state: Agent])[],
): readonly string[] {
  const all: string[] = [];
  let now = 0;
  const tell = supervised(
    (words) => {
      all.push(words);
      return Promise.resolve();
    },
    limit,
    () => now,
  );
  for (const [seconds, state] of states) {
    now = seconds * 1000;
    tell(state);
  }
  return all;
}

it('shows the phase when it changes', () => {
  expect(
    told(undefined, [
      [0, booting],
      [5, booting],
      [10, failing],
    ]),
  ).toEqual(['STATUS=booting', 'STATUS=failing']);
});

it('keeps the watchdog quiet three times within its limit', () => {
  const every5 = Array.from({ length: 25 }, (_, index) => [index * 5, booting] as const);
  expect(told(120_000, every5)).toEqual(['STATUS=booting\nWATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1']);
});

it.each([
  ['120000000', 120_000],
  [undefined, undefined],
  ['', undefined],
  ['0', undefined],
  ['soon', undefined],
])('takes WATCHDOG_USEC=%s for %s ms', (given, limit) => {
  expect(watchdogMilliseconds({ WATCHDOG_USEC: given })).toBe(limit);
});
