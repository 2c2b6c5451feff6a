import { lockItem } from '../ami/contract.ts';
import { document } from './path.ts';
import type { ScalingDocument } from './scaling-document.ts';
import type { LockItem } from './scaling-lock.ts';
import type { ErrorOutput } from './states.ts';

/** What the gateway starts an execution with. */
export interface DemandInput {
  readonly status: string;
  /** The caller's; no state after the first one sees it. */
  readonly token: string;
  /** The job's id in digits; empty when the event names none. */
  readonly job: string;
  /** For the reader of the execution. */
  readonly project: string;
  /** The id, in digits, of the runner that runs the job; empty when the event names none. */
  readonly runner: string;
}

/**
 * The document of the demand machine. A state holds at most 262,144 bytes, and two things in it can come near: the open jobs in the item, and
 * the instances in the group's description. So they are never there together: the jobs go once they are counted, and the
 * description is a part of the round, which is written anew at its end.
 */
interface Demand extends DemandInput, Omit<ScalingDocument, 'asg'> {
  /** The lock's item as it was last read, and the machines that its open jobs want. */
  readonly lock?: { readonly Item?: LockItem; readonly wanted: number };
  readonly turn: ScalingDocument['turn'] & { readonly asg: ScalingDocument['asg'] };
  readonly acquisition: ScalingDocument['acquisition'] & {
    /** Seconds before the next look at what was changed; none before the first. */
    readonly look: { readonly pause: number };
    /** How the change failed, if nobody answered it: it may still take effect. */
    readonly unanswered?: ErrorOutput;
  };
}

export const $ = document<Demand>();

/** The group as this round has seen it, or nothing where it was deleted. */
export const group0 = $.turn.asg.groups[0];

/** Missing where no job is open. */
export const openJobs = $.lock.Item[lockItem.open];

/** Every machine that is wanted is there or on its way, or as many as the group may have. */
export const enough = {
  Or: [
    { Variable: group0.DesiredCapacity, NumericGreaterThanEqualsPath: $.lock.wanted },
    { Variable: group0.DesiredCapacity, NumericGreaterThanEqualsPath: group0.MaxSize },
  ],
} as const;
