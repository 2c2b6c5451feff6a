import { lockItem } from '../../ami/contract.ts';
import { demand } from '../../asl/demand.ts';
import type { Machine } from '../../asl/machine.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import type { Fault } from './fault-table-faults.ts';
import type { FaultWorld, Item } from './fault-table-world.ts';
import { hold, names } from './fault-table-world.ts';

/**
 * What a task is in the protocol; the rules say what follows from it.
 * `prepares`: before the lock. `closes`: takes a job away, for which no lock is needed. `acquires`: asks for the lock. `holds`: looks or
 * proves, under the lock. `changes`: sets the capacity, under the lock; it is sent again only when it was refused. `raises`: the same, and the change is then looked for.
 * `sees`: looks, still under the lock, whether others can see the change. `releases`: the work is done. `lets go`: it is not.
 */
export type Role =
  'prepares' | 'closes' | 'acquires' | 'holds' | 'changes' | 'raises' | 'sees' | 'releases' | 'lets go';

/** How an execution comes to a task. */
export interface Situation {
  readonly role: Role;
  /** Completes "called when"; nothing for a task that every event reaches which finds too few machines. */
  readonly when?: string;
  /** Who holds the lock and will never let it go. */
  readonly holder?: string;
  /** Done before the event. */
  readonly arrange?: (world: FaultWorld) => Promise<void>;
  /** What the requests of other tasks meet before, one after the other. */
  readonly leading?: Readonly<Record<string, readonly Fault[]>>;
  /** Where it is not the machine's own. */
  readonly event?: Readonly<Record<string, string>>;
  /** Makes the condition of a task fail whose condition is not about the lock. */
  readonly lose?: (world: FaultWorld) => Promise<void>;
}

/** A machine of the table. */
export interface Subject {
  /** Also the name of its part of the page. */
  readonly title: string;
  readonly machine: Machine;
  readonly group: { readonly desired: number; readonly max: number };
  /** The event whose execution meets the fault, and the webhook after it. */
  readonly event: Readonly<Record<string, string>>;
  readonly next: Readonly<Record<string, string>>;
  /** The desired capacity that is right after an event, by the item as it then is. */
  readonly wanted: (item: Item | undefined) => number;
  /** A row for each task: a machine with a task that has none is refused. */
  readonly situations: Readonly<Record<string, Situation>>;
}

const dead = 'workflow/dead';

export const firstInstance: Subject = {
  title: 'First instance',
  machine: scaleOut({
    secretTokenHash: names.secretTokenHash,
    buildStatuses: ['created', 'pending'],
    lockTable: names.table,
    group: names.group,
  }),
  group: { desired: 0, max: 3 },
  event: { status: 'pending', job: '1', project: '2' },
  next: { status: 'pending', job: '2', project: '2' },
  wanted: () => 1,
  situations: {
    RecordWake: { role: 'prepares' },
    GetCurrentCapacity: { role: 'prepares' },
    ReadLock: {
      role: 'prepares',
      when: 'somebody else holds the lock, who is dead',
      holder: dead,
      arrange: (world) => hold(world, dead),
    },
    AcquireLock: { role: 'acquires' },
    TakeOver: {
      role: 'acquires',
      when: 'somebody else has held the lock for a lease',
      holder: dead,
      arrange: (world) => hold(world, dead),
    },
    ConfirmCapacity: { role: 'holds' },
    Fence: { role: 'holds' },
    ScaleUp: { role: 'changes' },
    ReleaseLock: { role: 'releases' },
    LetGo: {
      role: 'lets go',
      when: 'the group has refused to be changed, twice',
      leading: { ScaleUp: ['condition failed', 'condition failed'] },
    },
  },
};

const jobsOpen = (...ids: readonly string[]) => ({
  UpdateExpression: `SET ${lockItem.releases} = if_not_exists(${lockItem.releases}, :none) ADD #open :ids`,
  ExpressionAttributeNames: { '#open': lockItem.open },
  ExpressionAttributeValues: { ':none': { N: '0' }, ':ids': { NS: [...ids] } },
});

/** One job is open already, so that one more wants two machines. */
const oneIsOpen = (world: FaultWorld): Promise<void> => world.write(jobsOpen('7'));
const oneIsOpenAndHeld = async (world: FaultWorld): Promise<void> => {
  await oneIsOpen(world);
  await hold(world, dead);
};

const openLimit = 6;
const most = 3;

export const demandStrategy: Subject = {
  title: 'Demand',
  machine: demand({
    secretTokenHash: names.secretTokenHash,
    lockTable: names.table,
    group: names.group,
    capacity: 1,
    // As deployed; somebody has lowered the group's maximum since.
    openLimit,
  }),
  group: { desired: 0, max: most },
  event: { status: 'pending', job: '1', project: '2', runner: '' },
  next: { status: 'pending', job: '2', project: '2', runner: '' },
  wanted: (item) => Math.min(most, Math.max(1, item?.[lockItem.open]?.NS?.length ?? 0)),
  situations: {
    CloseJob: {
      role: 'closes',
      when: 'a job that is open has ended',
      arrange: (world) => world.write(jobsOpen('1', '7')),
      event: { status: 'success', job: '1', project: '2', runner: '3' },
      lose: (world) => world.deleteItem(),
    },
    CloseForeignJob: {
      role: 'closes',
      when: 'a runner that is not one of this fleet runs a job that is open',
      arrange: (world) => world.write(jobsOpen('1', '7')),
      event: { status: 'running', job: '1', project: '2', runner: '3' },
      lose: (world) =>
        world.write({
          UpdateExpression: `ADD ${lockItem.runners} :runner`,
          ExpressionAttributeValues: { ':runner': { NS: ['3'] } },
        }),
    },
    OpenJob: {
      role: 'prepares',
      arrange: oneIsOpen,
      lose: (world) =>
        world.write(jobsOpen(...Array.from({ length: openLimit - 1 }, (_, index) => String(100 + index)))),
    },
    RecordWake: {
      role: 'prepares',
      when: 'an event names no job, and finds too few machines',
      arrange: oneIsOpen,
      event: { status: 'pending', job: '', project: '2', runner: '' },
    },
    GetCurrentCapacity: { role: 'prepares', arrange: oneIsOpen },
    AcquireLock: { role: 'acquires', arrange: oneIsOpen },
    ConfirmCapacity: { role: 'holds', arrange: oneIsOpen },
    Fence: { role: 'holds', arrange: oneIsOpen },
    ScaleUp: { role: 'raises', arrange: oneIsOpen },
    ScaleToMax: {
      role: 'raises',
      when: 'the open jobs want more machines than the group may have',
      arrange: (world) => world.write(jobsOpen('7', '8', '9')),
    },
    SeeChange: { role: 'sees', arrange: oneIsOpen },
    ReleaseLock: { role: 'releases', arrange: oneIsOpen },
    LetGo: {
      role: 'lets go',
      when: 'the group has refused to be changed, twice',
      arrange: oneIsOpen,
      leading: { ScaleUp: ['condition failed', 'condition failed'] },
    },
    TakeOver: {
      role: 'acquires',
      when: 'somebody else has held the lock for a lease',
      holder: dead,
      arrange: oneIsOpenAndHeld,
    },
    ReadLock: {
      role: 'prepares',
      when: 'somebody else holds the lock, who is dead',
      holder: dead,
      arrange: oneIsOpenAndHeld,
    },
  },
};

/** Every machine of the table. */
export const subjects: readonly Subject[] = [firstInstance, demandStrategy];
