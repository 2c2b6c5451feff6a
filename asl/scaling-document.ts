import { holderPrefix, lockItem } from '../ami/contract.ts';
import { document } from './path.ts';
import type { LockItem } from './scaling-lock.ts';
import type { ErrorOutput } from './states.ts';

/** What both machines read of the Auto Scaling group. */
interface Group {
  readonly DesiredCapacity: number;
  readonly MaxSize: number;
}

/** The part of the document that both machines have: the states that they share read and write it. */
export interface ScalingDocument {
  readonly tokenHash: string;
  /** The lock's item as it was last read. */
  readonly lock?: { readonly Item?: LockItem };
  readonly asg: { readonly groups: readonly Group[] };
  /** This acquisition's name. */
  readonly acquisition: { readonly name: string };
  readonly turn: {
    /** The holder that is being watched, and the seconds since it was first seen. */
    readonly holder: string;
    readonly held: number;
    /** Seconds spent on waiting and on failed rounds. */
    readonly spent: number;
    /** Seconds to wait next. They are counted afterwards. */
    readonly pause: number;
    /** The end of the next short pause. */
    readonly most: number;
    /** Why the execution would fail if it gave up now. Each round says it anew, so that an old outage is not blamed. */
    readonly why: ErrorOutput;
  };
  /** What the last call that failed for good failed with. */
  readonly error?: ErrorOutput;
  /** Set when a conditional write found somebody else: an expected outcome. */
  readonly lost?: ErrorOutput;
  readonly cause: string;
}

const $ = document<ScalingDocument>();

/** Who holds the lock; most often nobody does, and there is no such path. */
export const holder = $.lock.Item[lockItem.holder].S;

/** Missing only where the item was deleted. */
export const releasesSeen = $.lock.Item[lockItem.releases].N;

/** The group, or nothing where it was deleted. */
export const group0 = $.asg.groups[0];

/** Only agents lower the capacity, so while one holds the lock nothing is settled. */
export const agentHolds = [
  { Variable: holder, IsPresent: true },
  { Variable: holder, StringMatches: `${holderPrefix.agent}*` },
] as const;
