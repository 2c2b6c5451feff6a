import { passed } from './timing.ts';
import type { Runner, View } from './view.ts';

/**
 * Whether the runner on this instance works, as far as one can see from outside. A runner that GitLab refuses does not end: it stops polling
 * for an hour, and its machine would be a zombie.
 */
export interface Health {
  /** When a poll last ended. While jobs run there need not be any: an entry may have reached its `limit`. */
  readonly wellAt: number;
  readonly polls: number;
  /** Polls that GitLab refused since one that it did not refuse. */
  readonly refusals: number;
  readonly refused: number;
}

/** After so many polls in a row that end with 403 the runner stops polling for an hour (its own limit is 3). */
const mostRefusals = 3;
/** Longer than GitLab holds a request and than any `check_interval` in use. */
const silenceSeconds = 600;

export const healthy = (now: number): Health => ({ wellAt: now, polls: 0, refusals: 0, refused: 0 });

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const pollsOf = ({ polling }: Runner): number => sum(polling.map(({ empty, others }) => empty + others));
const refusedOf = ({ polling }: Runner): number => sum(polling.map(({ refused }) => refused));

/** What a look adds. */
export function examined(health: Health, { runner }: View, now: number): Health {
  if (runner === undefined) return health;
  const polls = pollsOf(runner);
  const refused = refusedOf(runner);
  // A runner that was restarted counts from zero.
  const isNew = polls < health.polls || refused < health.refused;
  const more = { polls: isNew ? polls : polls - health.polls, refused: isNew ? refused : refused - health.refused };
  const isOtherwise = more.polls > more.refused;
  return {
    polls,
    refused,
    refusals: isOtherwise ? 0 : health.refusals + more.refused,
    wellAt: more.polls > 0 || runner.running > 0 ? now : health.wellAt,
  };
}

/** What is wrong with it; undefined when nothing is. */
export function ailment({ refusals, wellAt }: Health, now: number): string | undefined {
  if (refusals >= mostRefusals) return 'GitLab refuses the runner';
  if (passed(silenceSeconds, wellAt, now)) return 'the runner does not poll';
  return undefined;
}
