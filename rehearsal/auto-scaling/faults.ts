import type { Operation } from './operations.ts';

/** What goes wrong with one request, at the HTTP port. */
export type Fault =
  /** The service refuses, and nothing happens. A 5xx is told as the service's own fault. */
  | { readonly kind: 'error'; readonly status: number; readonly code: string; readonly message: string }
  /**
   * The answer is late: `effect: 'late'` for a request that was held up on its way, `'at once'` for an answer that was. Without
   * `seconds` until `release()`. If the caller has hung up by then, the effect is there all the same.
   */
  | { readonly kind: 'stall'; readonly effect: 'at once' | 'late'; readonly seconds?: number }
  /** The effect happens and the connection is cut before the answer. */
  | { readonly kind: 'lost response' }
  /**
   * A Describe… answers with the world as it was just before the last request that changed something: `answers` times, or
   * until `clear()`. AWS does not promise that a read sees the last write (aws/aws-sdk-go#2388, spinnaker/orca#2746).
   */
  | { readonly kind: 'stale'; readonly answers?: number };

/** The switches of a test: faults wait in one queue for each operation, first come, first met. */
export interface Faults {
  add(operation: Operation, ...faults: readonly Fault[]): void;
  /** How many requests of this operation will still meet a fault; Infinity while an unlimited stale read is on. */
  waiting(operation: Operation): number;
  /** Forgets the faults of one operation, or all; those that hold a request now are not touched. */
  clear(operation?: Operation): void;
  /** Lets go of every request that is stalled now. */
  release(): void;
}

export interface FaultQueue extends Faults {
  /** The fault that the next request of this operation meets. */
  take(operation: Operation): Fault | undefined;
  /** Pending until `release()`. */
  held(): Promise<void>;
}

export function faultQueue(): FaultQueue {
  const queues = new Map<Operation, readonly Fault[]>();
  let holding: readonly (() => void)[] = [];
  const queue = (operation: Operation): readonly Fault[] => queues.get(operation) ?? [];

  return {
    add: (operation, ...faults) => {
      const misplaced = faults.some(({ kind }) => kind === 'stale') && !operation.startsWith('Describe');
      if (misplaced) throw new Error(`${operation} reads nothing, so it cannot be stale; give a Describe… operation`);
      queues.set(operation, [...queue(operation), ...faults]);
    },
    waiting: (operation) =>
      queue(operation).reduce((sum, fault) => sum + (fault.kind === 'stale' ? (fault.answers ?? Infinity) : 1), 0),
    clear: (operation) => {
      if (operation) queues.delete(operation);
      else queues.clear();
    },
    release: () => {
      const released = holding;
      holding = [];
      for (const letGo of released) letGo();
    },
    take: (operation) => {
      const [first, ...rest] = queue(operation);
      if (first?.kind !== 'stale') queues.set(operation, rest);
      else if (first.answers !== undefined) {
        const left = first.answers - 1;
        queues.set(operation, left > 0 ? [{ kind: 'stale', answers: left }, ...rest] : rest);
      }
      return first;
    },
    held: () =>
      new Promise((resolve) => {
        holding = [...holding, resolve];
      }),
  };
}
