import type { Coverage } from './coverage.ts';
import { looked, nothingCovered } from './coverage.ts';
import type { Health } from './health.ts';
import { examined, healthy } from './health.ts';
import type { Seen } from './step.ts';
import { isFull } from './view.ts';

/** What an instance remembers while it works and while it tries to leave. Times are those of the monotonic clock. */
export interface Memory {
  readonly coverage: Coverage;
  readonly health: Health;
  /** When a job was last seen, or the agent began. */
  readonly busyAt: number;
  readonly isFull: boolean;
  /** It became full, and has not yet asked for more. */
  readonly mayAsk: boolean;
  /** No attempt to leave or to ask before. */
  readonly notBefore: number;
}

export const nothingRemembered = (now: number): Memory => ({
  coverage: nothingCovered,
  health: healthy(now),
  busyAt: now,
  isFull: false,
  mayAsk: false,
  notBefore: now,
});

/** What a look adds. Without the runner's metrics nothing is known: the instance counts neither as idle nor as full. */
export function remember(memory: Memory, { answer, view, now }: Seen): Memory {
  if (answer.kind !== 'looked') return memory;
  const { runner } = view;
  const health = examined(memory.health, view, now);
  if (runner === undefined) return { ...memory, health, busyAt: now, isFull: false, mayAsk: false };
  const full = isFull(runner);
  return {
    health,
    coverage: looked(memory.coverage, runner, now),
    busyAt: runner.running > 0 ? now : memory.busyAt,
    isFull: full,
    mayAsk: full && (memory.mayAsk || !memory.isFull),
    notBefore: memory.notBefore,
  };
}
