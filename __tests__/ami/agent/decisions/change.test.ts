import type { Change } from '../../../../ami/agent/decisions/change.ts';
import { ask, isShown, leave, wakeAgain } from '../../../../ami/agent/decisions/change.ts';
import type { Group } from '../../../../ami/agent/decisions/group.ts';
import type { Item } from '../../../../ami/agent/decisions/item.ts';
import { demand, firstInstance, group, item, me, without } from './play.ts';

const set = (capacity: number, asked?: number): Change => ({
  kind: 'set',
  capacity,
  ...(asked !== undefined && { asked }),
});
/** Leaves; `settled` is the count up to which it need not look at the events a second time. */
const out = (settled?: number): Extract<Change, { kind: 'leave' }> => ({
  kind: 'leave',
  decrement: true,
  clearsOpen: false,
  ...(settled !== undefined && { settled }),
});
const surplus = (settled?: number): Change => ({ ...out(settled), decrement: false });
const nothing = (why: string, asked?: number): Change => ({ kind: 'none', why, ...(asked !== undefined && { asked }) });

interface Case {
  readonly what: string;
  readonly settings: typeof demand;
  readonly item?: Partial<Item>;
  readonly group: Group;
  readonly change: Change;
}

const notOut = nothing('a job may be waiting');

describe('an idle instance that holds the lock', () => {
  it.each<Case & { readonly covered?: number; readonly isPatienceOver?: boolean }>([
    {
      what: 'leaves when another stays, which sees to every event so far',
      settings: firstInstance,
      group: group(2),
      change: out(5),
    },
    {
      what: 'stays when it is the last and knows nothing of the events',
      settings: firstInstance,
      group: group(1),
      change: notOut,
    },
    {
      what: 'leaves as the last one when it has covered every event',
      settings: firstInstance,
      group: group(1),
      covered: 5,
      change: out(5),
    },
    {
      what: 'stays when an event came after those it has covered',
      settings: firstInstance,
      group: group(1),
      covered: 4,
      change: notOut,
    },
    {
      what: 'leaves all the same when its patience is over, with that event for a second look',
      settings: firstInstance,
      group: group(1),
      covered: 4,
      isPatienceOver: true,
      change: out(4),
    },
    {
      what: 'leaves so with every event for a second look when it has covered none',
      settings: firstInstance,
      group: group(1),
      isPatienceOver: true,
      change: out(),
    },
    {
      what: 'stays when the group is at its minimum, however patient',
      settings: firstInstance,
      group: group(2, { min: 2 }),
      covered: 5,
      isPatienceOver: true,
      change: nothing('the group is at its minimum'),
    },
    { what: 'leaves down to the minimum', settings: firstInstance, group: group(3, { min: 2 }), change: out(5) },
    {
      what: 'does not leave twice',
      settings: firstInstance,
      group: without(1),
      covered: 5,
      change: { kind: 'none', why: 'it is leaving already', isLeaving: true },
    },
    {
      what: 'does not leave a group that has it no more',
      settings: firstInstance,
      group: group(1, { instances: [] }),
      covered: 5,
      change: { kind: 'none', why: 'it is leaving already', isLeaving: true },
    },
    {
      what: 'leaves without lowering a capacity that was lowered already',
      settings: firstInstance,
      group: group(1, { instances: group(2).instances }),
      change: surplus(5),
    },
    {
      what: 'leaves so even below the minimum, which is not its doing',
      settings: firstInstance,
      group: group(1, { min: 1, instances: group(2).instances }),
      change: surplus(5),
    },
    {
      what: 'leaves a group that is to be empty, with every event for a second look that it has not covered',
      settings: firstInstance,
      group: group(0),
      covered: 4,
      change: surplus(4),
    },
    {
      what: 'leaves it with every event for a second look when it has covered none',
      settings: demand,
      group: group(0),
      change: surplus(),
    },
    {
      what: 'leaves when the rest can run every open job',
      settings: demand,
      item: { open: 6 },
      group: group(2),
      change: out(5),
    },
    {
      what: 'stays when one open job is too many for the rest',
      settings: demand,
      item: { open: 7 },
      group: group(2),
      change: notOut,
    },
    {
      what: 'leaves an open job behind that it has covered: nobody waits for it',
      settings: demand,
      item: { open: 7 },
      group: group(2),
      covered: 5,
      change: out(5),
    },
    {
      what: 'is the last, and no job is open',
      settings: demand,
      group: group(1),
      change: out(5),
    },
    { what: 'is the last, and one job is open', settings: demand, item: { open: 1 }, group: group(1), change: notOut },
    {
      what: 'is the last, and leaves an open job of which it knows nothing as it is, when its patience is over',
      settings: demand,
      item: { open: 1 },
      group: group(1),
      isPatienceOver: true,
      change: out(),
    },
    {
      what: 'is the last, and forgets the open job that it knows for a phantom',
      settings: demand,
      item: { open: 1 },
      group: group(1),
      covered: 5,
      change: { kind: 'leave', decrement: true, clearsOpen: true, settled: 5 },
    },
  ])(
    '$what ($settings.strategy)',
    ({ settings, item: given, group: seen, covered, isPatienceOver = false, change }) => {
      expect(leave(item(given), seen, settings, { ...(covered !== undefined && { covered }), isPatienceOver })).toEqual(
        change,
      );
    },
  );
});

describe('a full instance that holds the lock', () => {
  const coming = nothing('another instance is on its way');
  const oneBoots = group(2, { instances: [...group(1).instances, { id: 'i-0', lifecycleState: 'Pending:Wait' }] });
  it.each<Case & { readonly becameFull?: boolean }>([
    { what: 'asks for one more', settings: firstInstance, group: group(1), change: set(2, 5) },
    { what: 'asks for one more than there are', settings: firstInstance, group: group(3), change: set(4, 5) },
    {
      what: 'asks only once for what has happened so far',
      settings: firstInstance,
      item: { asked: 5 },
      group: group(1),
      change: nothing('nothing has happened since an instance last asked'),
    },
    {
      what: 'asks again when an event came after the last time',
      settings: firstInstance,
      item: { asked: 4 },
      group: group(1),
      change: set(2, 5),
    },
    {
      what: 'asks again when it has just become full',
      settings: firstInstance,
      item: { asked: 5 },
      group: group(1),
      becameFull: true,
      change: set(2, 5),
    },
    {
      what: 'does not ask while one boots, nor counts that as an answer',
      settings: firstInstance,
      group: oneBoots,
      becameFull: true,
      change: coming,
    },
    {
      what: 'does not ask while one has yet to be launched',
      settings: firstInstance,
      group: group(2, { instances: group(1).instances }),
      becameFull: true,
      change: coming,
    },
    {
      what: 'cannot go above the maximum, and that is no answer: another may leave',
      settings: firstInstance,
      group: group(4),
      becameFull: true,
      change: nothing('the group is at its maximum'),
    },
    {
      what: 'asks for what the open jobs need',
      settings: demand,
      item: { open: 13 },
      group: group(1),
      change: set(3, 5),
    },
    {
      what: 'asks for no more than the maximum',
      settings: demand,
      item: { open: 50 },
      group: group(1),
      change: set(4),
    },
    {
      what: 'does not ask when the capacity is enough',
      settings: demand,
      item: { open: 12 },
      group: group(2),
      becameFull: true,
      change: nothing('the capacity is enough', 5),
    },
    {
      what: 'does not ask above the maximum',
      settings: demand,
      item: { open: 50 },
      group: group(4),
      change: nothing('the group is at its maximum'),
    },
    {
      what: 'never lowers what is there',
      settings: demand,
      group: group(3),
      change: nothing('the capacity is enough', 5),
    },
  ])('$what ($settings.strategy)', ({ settings, item: given, group: seen, becameFull = false, change }) => {
    expect(ask(item(given), seen, settings, becameFull)).toEqual(change);
  });
});

describe('an instance that leaves, and finds an event that may have relied on it', () => {
  it.each<Case>([
    { what: 'sets the empty group to one', settings: firstInstance, group: without(0), change: set(1) },
    {
      what: 'sets it to what the open jobs need',
      settings: demand,
      item: { open: 7 },
      group: without(0),
      change: set(2),
    },
    {
      what: 'sets it to one though no job is known: not every event names one',
      settings: demand,
      group: without(0),
      change: set(1),
    },
    {
      what: 'sets it to no more than the maximum',
      settings: demand,
      item: { open: 50 },
      group: without(0),
      change: set(4),
    },
    {
      what: 'leaves a group alone that has, or awaits, another',
      settings: demand,
      item: { open: 7 },
      group: without(1),
      change: nothing('an instance is there or on its way'),
    },
    {
      what: 'cannot wake a group that may have none',
      settings: firstInstance,
      group: { ...without(0), max: 0 },
      change: nothing('the group may have no instance'),
    },
  ])('$what ($settings.strategy)', ({ settings, item: given, group: seen, change }) => {
    expect(wakeAgain(item(given), seen, settings)).toEqual(change);
  });
});

describe('an answer of Describe', () => {
  const leaving = { kind: 'leave', decrement: true, clearsOpen: false } as const;
  const setting = { kind: 'set', capacity: 2 } as const;
  it.each([
    { what: 'shows a capacity when it is reached', change: setting, seen: group(2), isIt: true },
    { what: 'shows it when it was raised still further', change: setting, seen: group(3), isIt: true },
    { what: 'does not show it while it is lower', change: setting, seen: group(1), isIt: false },
    { what: 'shows the leaving of an instance that waits for its end', change: leaving, seen: without(1), isIt: true },
    {
      what: 'shows the leaving of an instance that is gone',
      change: leaving,
      seen: group(1, { instances: [] }),
      isIt: true,
    },
    { what: 'does not show it by a lower capacity alone', change: leaving, seen: group(0), isIt: false },
  ])('$what', ({ change, seen, isIt }) => {
    expect(isShown(change, seen, me)).toBe(isIt);
  });
});
