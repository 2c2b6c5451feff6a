import { lockItem } from '../../ami/contract.ts';
import { demand } from '../../asl/demand.ts';
import type { Machine } from '../../asl/machine.ts';
import type { World, WorldOptions } from './scale-out-world.ts';
import { deployed, startScaleOutWorld } from './scale-out-world.ts';

export interface DemandWorldOptions extends WorldOptions {
  /** Jobs per instance; 2 by default. */
  readonly capacity?: number | undefined;
}

/** The demand machine as the stack would deploy it. */
export const demandMachine = ({ group, capacity = 2 }: Pick<DemandWorldOptions, 'group' | 'capacity'>): Machine =>
  demand({ ...deployed, capacity, openLimit: (group?.max ?? 3) * capacity });

/** The demand machine on all of its services. */
export const startDemandWorld = (options: DemandWorldOptions): Promise<World> =>
  startScaleOutWorld({ ...options, machine: demandMachine(options) });

/** The ids of the jobs that are open, in order. */
export const openIn = async (world: World): Promise<readonly string[]> =>
  ((await world.item())?.[lockItem.open]?.NS ?? []).toSorted((one, other) => Number(one) - Number(other));

/** Opens jobs as their events would have, without one. */
export const open = (world: World, jobs: readonly string[]): Promise<void> =>
  world.update({
    UpdateExpression: `ADD #open :jobs SET ${lockItem.releases} = if_not_exists(${lockItem.releases}, :none)`,
    ExpressionAttributeNames: { '#open': lockItem.open },
    ExpressionAttributeValues: { ':jobs': { NS: [...jobs] }, ':none': { N: '0' } },
  });

/** What an agent writes that takes the group to zero: nothing is open any more. */
export const closeAll = (world: World): Promise<void> =>
  world.update({ UpdateExpression: 'REMOVE #open', ExpressionAttributeNames: { '#open': lockItem.open } });

/** `count` ids in a row, of `digits` digits. */
export const jobIds = (count: number, digits = 11): readonly string[] =>
  Array.from({ length: count }, (_, index) => `1${String(index).padStart(digits - 1, '0')}`);
