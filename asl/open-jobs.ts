import { lockItem } from '../ami/contract.ts';
import type { Expression } from './intrinsic.ts';
import { States } from './intrinsic.ts';
import type { LateBound } from './late-bound.ts';
import { isLateBound, lateBound } from './late-bound.ts';
import type { Path } from './path.ts';
import type { Fixed } from './payload.ts';
import type { LockItem } from './scaling-lock.ts';
import { recordWake } from './scaling-lock.ts';

/**
 * The demand strategy's half of the item: the set of the ids of open jobs. Adding to a set what is in it and taking from it what is not
 * are no errors and change nothing, so every write can be repeated. A set cannot be empty: the attribute goes with its last element.
 */

const { key, open, releases, runners, wakeCount } = lockItem;

/** `Open` is one of DynamoDB's reserved words. */
const names = { '#open': open } as const;

/** A number as it stands inside an intrinsic function, where it reads as it does in JSON. */
const inside = (number: Fixed<number>): number | LateBound<number, 'text'> =>
  isLateBound(number) ? lateBound.text<number>(number.source) : number;

/** Counts a wake-up and opens the job, if fewer than `limit` are open or this one is already; answers with the item as it then is. */
export const openJob = (job: Path<string>, limit: Fixed<number>) => ({
  UpdateExpression: `ADD ${wakeCount} :one, #open :job SET ${releases} = if_not_exists(${releases}, :none)`,
  ConditionExpression: 'attribute_not_exists(#open) OR size(#open) < :limit OR contains(#open, :id)',
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: {
    ...recordWake.ExpressionAttributeValues,
    ':job': { NS: States.Array(job) },
    ':id': { N: job },
    ':limit': { N: States.Format('{}', inside(limit)) },
  },
  ReturnValues: recordWake.ReturnValues,
});

const close = { UpdateExpression: 'DELETE #open :job', ExpressionAttributeNames: names } as const;

/** Takes the job out of the set. Never makes an item: without one nothing is open. */
export const closeJob = (job: Path<string>) => ({
  ...close,
  ConditionExpression: `attribute_exists(${key})`,
  ExpressionAttributeValues: { ':job': { NS: States.Array(job) } },
});

/** The same, unless the runner is one of this fleet's. A fleet that has named none has none. */
export const closeForeignJob = (job: Path<string>, runner: Path<string>) => ({
  ...close,
  ConditionExpression: `attribute_exists(${key}) AND NOT contains(${runners}, :runner)`,
  ExpressionAttributeValues: { ':job': { NS: States.Array(job) }, ':runner': { N: runner } },
});

/**
 * The machines that the open jobs want: their number by the jobs that one machine runs, rounded up. It is not established whether an answer
 * calls the set `NS` or `Ns`, so it is counted without its name: as text, the ids stand between commas (decision 0022).
 */
export const machinesFor = (jobs: Path<object>, capacity: Fixed<number>) =>
  States.ArrayLength(States.ArrayPartition(States.StringSplit(States.JsonToString(jobs), ','), inside(capacity)));

/** In base64, because inside an intrinsic braces need a backslash each, which not every interpreter takes away. */
const noSets = Buffer.from(JSON.stringify({ [open]: null, [runners]: null })).toString('base64');

/**
 * The item without its sets, which can be as large as a state may be. The other attributes are kept by taking the sets away, and not by
 * naming them: an attribute may be missing, and a path to it would end the execution. To be written after what counts the set, because
 * not every interpreter leaves alone what it merges into.
 */
export const withoutSets = (item: Expression<LockItem>) =>
  States.JsonMerge(item, States.StringToJson<object>(States.Base64Decode(noSets)), false);
