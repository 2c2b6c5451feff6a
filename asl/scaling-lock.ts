import { fencedSuffix, leaseSeconds, lockItem } from '../ami/contract.ts';
import { States } from './intrinsic.ts';
import type { Path } from './path.ts';
import type { Fixed } from './payload.ts';

/**
 * The lock's half of the protocol: what each access writes, and on which condition. Every access is one atomic UpdateItem, and each holder's
 * name is used for one acquisition only. That is why whoever sees the same name twice knows that it was held in between.
 */

/** What the protocol reads of the item. Any of it can be missing: an operator may delete the item. */
export interface LockItem {
  readonly [lockItem.holder]?: { readonly S?: string };
  readonly [lockItem.releases]?: { readonly N?: string };
  /** Demand strategy only: a set of ids; missing where no job is open. */
  readonly [lockItem.open]?: object;
}

/** Whoever has seen the same holder for this long may take the lock over. */
export const lease = leaseSeconds;

const { holder, wakeCount, releases } = lockItem;
const one = { ':one': { N: '1' } } as const;

/** Counts an accepted event, and answers with the item as it then is. `Releases` is there from now on. */
export const recordWake = {
  UpdateExpression: `ADD ${wakeCount} :one SET ${releases} = if_not_exists(${releases}, :none)`,
  ExpressionAttributeValues: { ...one, ':none': { N: '0' } },
  ReturnValues: 'ALL_NEW',
} as const;

/** Takes a free lock. `OR = :me`: a retry after a lost answer must not wait for itself. */
export const acquire = (me: Path<string>, seen: Path<string>) => ({
  UpdateExpression: `SET ${holder} = :me`,
  ConditionExpression: `${releases} = :seen AND (attribute_not_exists(${holder}) OR ${holder} = :me)`,
  ExpressionAttributeValues: { ':me': { S: me }, ':seen': { N: seen } },
});

/** Takes the lock from the holder `lapsed`, who has kept it for a whole lease, unless it has let go or somebody else was faster. */
export const takeOver = (me: Path<string>, seen: Path<string>, lapsed: Path<string>) => ({
  UpdateExpression: `SET ${holder} = :me`,
  ConditionExpression: `${releases} = :seen AND (attribute_not_exists(${holder}) OR ${holder} = :me OR ${holder} = :lapsed)`,
  ExpressionAttributeValues: { ':me': { S: me }, ':seen': { N: seen }, ':lapsed': { S: lapsed } },
});

/** Held under the name of the acquisition, or under the one that the fence has written. */
const held = `(${holder} = :me OR ${holder} = :fenced)`;

const names = (me: Path<string>) => ({ ':me': { S: me }, ':fenced': { S: States.Format(`{}${fencedSuffix}`, me) } });

/**
 * Succeeds for the holder alone, and so proves that the lock was still held when it ran. It writes another name, which begins the lease anew:
 * who has watched the first one for a whole lease, and takes it over on condition that it is still there, comes too late.
 */
export const fence = (me: Path<string>) => ({
  UpdateExpression: `SET ${holder} = :fenced`,
  ConditionExpression: held,
  ExpressionAttributeValues: names(me),
});

/** Lets go of what is held; a failed condition means that there is nothing to let go of. */
export const release = (me: Path<string>) => ({
  UpdateExpression: `REMOVE ${holder} ADD ${releases} :one`,
  ConditionExpression: held,
  ExpressionAttributeValues: { ...one, ...names(me) },
});

/** The one item of the table. */
export const theItem = (table: Fixed<string>) => ({
  TableName: table,
  Key: { [lockItem.key]: { S: lockItem.id } },
});
