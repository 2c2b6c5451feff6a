import { leaseSeconds, lockItem } from '../../ami/contract.ts';
import { patience, pauses } from '../../asl/patience.ts';
import { transitions } from '../../asl/transitions.ts';
import { looks } from '../../asl/visible-change.ts';
import { closeAll, demandMachine, jobIds, open, openIn, startDemandWorld } from './demand-world.ts';
import type { Meddle } from './intercepting-proxy.ts';
import type { Route } from './routes.ts';
import { attempts, entered, errors, taken, waitedSince, walk, written } from './routes.ts';
import { after, goesWrong, times } from './scale-out-world.ts';
import type { World } from './scale-out-world.ts';

/** Two jobs per instance, and three instances at most: six jobs. */
const machine = demandMachine({ group: { desired: 0, max: 3 } });
const atZero = { desired: 0, max: 3 } as const;
const withMachine = { desired: 1, max: 3 } as const;
const { throttled, denied, broken, groupThrottled, groupBusy, groupContended, answerLost, hangs } = goesWrong;
const pass = (): Promise<void> => Promise.resolve();
/** Nobody hears of it, and it never takes effect. */
const lostOnItsWay: Meddle = () => Promise.resolve('cut');

/** Others of the fleet's jobs. */
const others = jobIds(6);
const opened =
  (count: number) =>
  (world: World): Promise<void> =>
    open(world, others.slice(0, count));

/** The change takes effect, and the next `answers` descriptions do not show it. */
const unseen =
  (world: World, answers: number): Meddle =>
  async (forward) => {
    const answer = await forward();
    world.faults.add('DescribeAutoScalingGroups', { kind: 'stale', answers });
    return answer;
  };

/** The group of another name, which is not there. */
const gone: Meddle = (forward, body) => forward(body.replace('glab-runner-test', 'gone'));
/** The effect is at once, the answer long after the caller has given up. */
const hangsAfterItsEffect: Meddle = async (forward) => {
  const answer = await forward();
  return new Promise((late) => setTimeout(() => late(answer), 1000));
};
const twice = (error: string): readonly string[] => [error, error];

const usual = [
  'ParseWebhook',
  'ValidateSecretToken',
  'CheckBuildStatus',
  'OpenJob',
  'GetCurrentCapacity',
  'CheckDesiredCapacity',
  'CapacityIsThere',
];
const underTheLock = ['ConfirmCapacity', 'IsCapacityMissing', 'Fence', 'DoesGroupReach', 'ScaleUp'];
const letGo = ['SeeChange', 'IsChangeSeen', 'ReleaseLock', 'CapacityIsThere'];

const routes: readonly Route[] = [
  {
    title: 'a job that finds the group at zero raises it',
    by: ['OpenJob', 'NameAcquisition', 'AcquireLock', 'IsAnyJobOpen', 'CountDemand', ...underTheLock, ...letGo],
    desired: 1,
    wakes: 1,
    then: async (execution, world) => {
      expect(await openIn(world)).toEqual(['1']);
      expect(await world.item()).toMatchObject({ Releases: { N: '1' } });
      expect(execution.output).toBe('{"outcome":"the group has the capacity it needs"}');
    },
  },
  {
    title: 'a job that finds its machine enters seven states, and leaves the lock alone',
    group: withMachine,
    by: usual,
    desired: 1,
    wakes: 1,
    then: async (execution, world) => {
      expect(execution.states).toEqual(usual);
      expect(await openIn(world)).toEqual(['1']);
    },
  },
  {
    title: 'a job too many for the machines raises the group to the need, in one step',
    group: withMachine,
    before: opened(5),
    by: [...underTheLock, ...letGo],
    desired: 3,
    then: (_, world) => expect(world.capacities()).toEqual([3]),
  },
  {
    title: 'a repeated event changes nothing',
    group: { desired: 1, max: 3 },
    before: (world) => open(world, ['1', '2']),
    by: usual,
    desired: 1,
    then: async (execution, world) => {
      expect(execution.states).toEqual(usual);
      expect(await openIn(world)).toEqual(['1', '2']);
    },
  },
  {
    title: 'a group that may have no machine is left as it is',
    group: { desired: 0, max: 0 },
    by: usual,
    desired: 0,
  },
  {
    title: 'a group that may have no machine is left as it is, and no more than one job is open in it',
    group: { desired: 0, max: 0 },
    before: (world) => open(world, ['2']),
    by: ['OpenJob', 'RecordWake', 'CapacityIsThere'],
    desired: 0,
    then: async (_, world) => expect(await openIn(world)).toEqual(['2']),
  },
  {
    title: 'as many are open as the group may run: the event counts, the job is not opened',
    group: { desired: 3, max: 3 },
    before: opened(6),
    by: ['OpenJob', 'RecordWake', 'DoesAgentHold', 'CountDemandAgain', 'CheckDesiredCapacity', 'CapacityIsThere'],
    desired: 3,
    wakes: 1,
    then: async (execution, world) => {
      expect(errors(execution, 'OpenJob')).toEqual(['DynamoDB.ConditionalCheckFailedException']);
      expect(await openIn(world)).toEqual(others);
      expect(execution.states).toHaveLength(10);
    },
  },
  {
    title: 'as many are open as the group may run, and this one is among them: it is no news',
    group: { desired: 3, max: 3 },
    before: opened(6),
    event: { job: others[5] ?? '' },
    by: usual,
    desired: 3,
    then: (execution) => expect(execution.states).toEqual(usual),
  },
  {
    title: 'as many are open as the group may run, and it runs less: it grows to its most',
    before: opened(6),
    by: ['RecordWake', 'CountDemandAgain', 'AcquireLock', 'CountDemand', 'ScaleUp', 'ReleaseLock'],
    desired: 3,
    wakes: 1,
  },
  {
    title: 'the maximum was lowered since the machine was deployed: it grows to that, and no further',
    group: { desired: 1, max: 3 },
    before: (world) => open(world, ['1', ...others]),
    by: ['IsCapacityMissing', 'Fence', 'DoesGroupReach', 'ScaleToMax', ...letGo],
    desired: 3,
    then: (execution) => expect(execution.states).not.toContain('ScaleUp'),
  },
  {
    title: 'a waiting job without an id is counted, opens nothing, and wants one machine',
    event: { job: '' },
    by: ['CheckBuildStatus', 'RecordWake', 'DoesAgentHold', 'WantOneStill', 'IsAnyJobOpen', 'WantOne', ...underTheLock],
    desired: 1,
    wakes: 1,
    then: async (_, world) => expect(await openIn(world)).toEqual([]),
  },
  {
    title: 'a waiting job without an id wants what the open ones want',
    before: opened(3),
    event: { job: '' },
    by: ['CheckBuildStatus', 'RecordWake', 'CountDemandAgain', 'CountDemand', 'ScaleUp'],
    desired: 2,
    wakes: 1,
  },
  {
    title: 'a wrong token is refused before anything is opened',
    event: { token: 'guessed' },
    fails: 'InvalidTokenError',
    by: ['ValidateSecretToken', 'InvalidToken'],
    desired: 0,
    wakes: 0,
    then: async (_, world) => expect(await world.item()).toBeUndefined(),
  },
  {
    title: 'the token reaches no state after the first',
    by: ['CapacityIsThere'],
    desired: 1,
    then: (execution) => {
      const later = execution.history.filter(
        ({ type, state }) => type !== 'ExecutionStarted' && !(type === 'PassStateEntered' && state === 'ParseWebhook'),
      );
      expect(later.length).toBe(execution.history.length - 2);
      expect(JSON.stringify(later)).not.toContain('a secret of more than');
      expect(execution.input).toContain('a secret of more than');
    },
  },
  ...['created', 'preparing', 'manual', ''].map((status) => ({
    title: `the status '${status}' changes no demand`,
    event: { status },
    by: ['CheckBuildStatus', 'ExitStateMachine'],
    desired: 0,
    wakes: 0,
  })),
  ...['success', 'failed', 'canceled', 'running'].map((status) => ({
    title: `the status '${status}' of a job without an id changes no demand`,
    event: { status, job: '', runner: '9' },
    by: ['CheckBuildStatus', 'ExitStateMachine'],
    desired: 0,
    wakes: 0,
  })),
  ...['success', 'failed', 'canceled'].map((status) => ({
    title: `a job that ends as ${status} is closed, in five states, and the group stays as it is`,
    group: { desired: 3, max: 3 },
    before: (world: World) => open(world, ['1', '2']),
    event: { status },
    by: ['CloseJob', 'JobIsClosed'],
    desired: 3,
    wakes: 0,
    then: async (execution: { readonly states: readonly string[] }, world: World) => {
      expect(execution.states).toHaveLength(5);
      expect(await openIn(world)).toEqual(['2']);
    },
  })),
  {
    title: 'the last job that is closed takes the set with it',
    before: (world) => open(world, ['1']),
    event: { status: 'success' },
    by: ['CloseJob', 'JobIsClosed'],
    desired: 0,
    then: async (_, world) => expect(await world.item()).not.toHaveProperty('Open'),
  },
  {
    title: 'the end of a job that was never opened does no harm',
    before: (world) => open(world, ['2']),
    event: { status: 'failed' },
    by: ['CloseJob', 'JobIsClosed'],
    desired: 0,
    then: async (_, world) => expect(await openIn(world)).toEqual(['2']),
  },
  ...[
    { status: 'canceled', by: ['CloseJob', 'ExitStateMachine'] },
    { status: 'running', runner: '9', by: ['CloseForeignJob', 'ExitStateMachine'] },
  ].map(({ by, ...event }) => ({
    title: `${event.status} before there is an item makes none`,
    event,
    by,
    desired: 0,
    then: async (_: unknown, world: World) => expect(await world.item()).toBeUndefined(),
  })),
  {
    title: 'a job that a runner of another fleet runs is closed, in five states',
    before: async (world) => {
      await open(world, ['1', '2']);
      await world.update({
        UpdateExpression: `ADD ${lockItem.runners} :ours`,
        ExpressionAttributeValues: { ':ours': { NS: ['8', '10'] } },
      });
    },
    event: { status: 'running', runner: '9' },
    by: ['CloseForeignJob', 'JobIsClosed'],
    desired: 0,
    then: async (execution, world) => {
      expect(execution.states).toHaveLength(5);
      expect(await openIn(world)).toEqual(['2']);
    },
  },
  {
    title: 'a job that a runner of this fleet runs stays open',
    before: async (world) => {
      await open(world, ['1', '2']);
      await world.update({
        UpdateExpression: `ADD ${lockItem.runners} :ours`,
        ExpressionAttributeValues: { ':ours': { NS: ['8', '9'] } },
      });
    },
    event: { status: 'running', runner: '9' },
    by: ['CloseForeignJob', 'ExitStateMachine'],
    desired: 0,
    then: async (execution, world) => {
      expect(execution.states).toHaveLength(5);
      expect(await openIn(world)).toEqual(['1', '2']);
    },
  },
  {
    title: 'a fleet that has named no runner has none',
    before: (world) => open(world, ['1', '2']),
    event: { status: 'running', runner: '9' },
    by: ['CloseForeignJob', 'JobIsClosed'],
    desired: 0,
    then: async (_, world) => expect(await openIn(world)).toEqual(['2']),
  },
  {
    title: 'a running job without a runner changes no demand',
    before: (world) => open(world, ['1', '2']),
    event: { status: 'running' },
    by: ['CheckBuildStatus', 'ExitStateMachine'],
    desired: 0,
    then: async (_, world) => expect(await openIn(world)).toEqual(['1', '2']),
  },
  {
    title: 'without the group it says so',
    group: undefined,
    fails: 'AutoScalingGroupNotFound',
    by: ['CheckDesiredCapacity', 'AutoScalingGroupNotFound'],
  },
  {
    title: 'the item deleted after the job was opened: the wake-up is counted again, and the job is not opened again',
    meddling: (world) => ({ GetCurrentCapacity: [after(() => world.deleteItem())] }),
    by: [
      'OpenJob',
      'AcquireLock',
      'StandAside',
      'ReadLock',
      'WantOneStill',
      'CheckDesiredCapacity',
      'RecordWake',
      'AcquireLock',
      'WantOne',
      'ScaleUp',
    ],
    desired: 1,
    wakes: 1,
    then: async (execution, world) => {
      expect(entered(execution, 'OpenJob')).toBe(1);
      expect(await openIn(world)).toEqual([]);
    },
  },
  {
    title: 'another workflow holds the lock and lets it go: the waiter looks again, and opens and counts nothing twice',
    before: (world) => world.hold('workflow/other'),
    meddling: (world) => ({
      ReadLock: [
        after(pass),
        after(async () => {
          await world.setDesired(1);
          await world.hold(undefined);
        }),
      ],
    }),
    by: [
      'IsHolderKnown',
      'StartWatching',
      'WaitForTurn',
      'ReadLock',
      'CountDemandAgain',
      'KeepWatching',
      'IsLeaseOver',
      'WaitForTurn',
      'ReadLock',
      'CapacityIsThere',
    ],
    desired: 1,
    wakes: 1,
    then: (execution) => expect(entered(execution, 'OpenJob')).toBe(1),
  },
  {
    title: 'all jobs are closed while it waits: one machine is enough',
    before: async (world) => {
      await opened(5)(world);
      await world.hold('workflow/other');
    },
    meddling: (world) => ({
      ReadLock: [
        after(async () => {
          await closeAll(world);
          await world.setDesired(1);
          await world.hold(undefined);
        }),
      ],
    }),
    by: ['StartWatching', 'ReadLock', 'WantOneStill', 'CapacityIsThere'],
    desired: 1,
    then: (execution) => expect(execution.states).not.toContain('AcquireLock'),
  },
  {
    title: 'an agent holds the lock although a machine is there: nothing is settled before it lets go',
    group: withMachine,
    before: (world) => world.hold('agent/i-1/x'),
    meddling: (world) => ({
      ReadLock: [
        after(async () => {
          await world.setDesired(0);
          await world.hold(undefined);
        }),
      ],
    }),
    by: ['StartWatching', 'ReadLock', 'AcquireLock', 'ScaleUp', 'ReleaseLock', 'CapacityIsThere'],
    desired: 1,
    wakes: 1,
  },
  {
    title: 'an agent takes the group to zero and all open jobs with it: a machine is there for the job all the same',
    group: withMachine,
    before: (world) => world.hold('agent/i-1/x'),
    meddling: (world) => ({
      ReadLock: [
        after(async () => {
          await world.setDesired(0);
          await closeAll(world);
          await world.hold(undefined);
        }),
      ],
    }),
    by: ['StartWatching', 'ReadLock', 'WantOneStill', 'AcquireLock', 'IsAnyJobOpen', 'WantOne', 'ScaleUp'],
    desired: 1,
    then: async (_, world) => expect(await openIn(world)).toEqual([]),
  },
  {
    title: 'a workflow that holds the lock while the machines are there keeps nobody waiting',
    group: withMachine,
    before: (world) => world.hold('workflow/other'),
    by: usual,
    desired: 1,
    holder: 'workflow/other',
    then: (execution) => expect(execution.states).toHaveLength(7),
  },
  {
    title: 'an agent that dies with the lock, while a machine is there, costs each event few looks, and a lease',
    group: withMachine,
    before: (world) => world.hold('agent/i-dead/x'),
    by: [
      'GetCurrentCapacity',
      'StartWatching',
      'ReadLock',
      'DoesAgentHold',
      'KeepWatching',
      'TakeOver',
      'CountDemand',
      'ConfirmCapacity',
      'IsCapacityMissing',
      'ReleaseLock',
      'CapacityIsThere',
    ],
    desired: 1,
    wakes: 1,
    then: (execution) => {
      expect(entered(execution, 'GetCurrentCapacity')).toBe(1);
      expect(execution.states).not.toContain('ScaleUp');
      // Eight states a look, and what comes before and after, when every pause is as short as it can be.
      const most = 1 + Math.ceil((leaseSeconds - pauses.short.first) / pauses.watching.first);
      expect(8 * most + 16).toBeLessThanOrEqual(100);
      expect(execution.states.length).toBe(8 * entered(execution, 'ReadLock') + 16);
    },
  },
  {
    title: 'the item deleted and made anew by an agent, without Releases: the wake-up is counted again',
    group: withMachine,
    before: (world) => world.hold('agent/i-1/x'),
    meddling: (world) => ({
      ReadLock: [
        after(async () => {
          await world.deleteItem();
          await world.hold('agent/i-1/x');
        }),
        after(() => world.hold(undefined)),
      ],
    }),
    by: ['ReadLock', 'DoesAgentHold', 'WantOneStill', 'RecordWake', 'KeepWatching', 'ReadLock', 'CapacityIsThere'],
    desired: 1,
    wakes: 1,
  },
  {
    title: 'a dead holder is waited for one lease, and not less',
    before: (world) => world.hold('agent/i-dead/x'),
    by: ['StartWatching', 'KeepWatching', 'NameTakeOver', 'TakeOver', 'CountDemand', ...underTheLock, ...letGo],
    desired: 1,
    then: (execution) => {
      const waited = waitedSince('StartWatching', execution);
      expect(waited).toBeGreaterThanOrEqual(leaseSeconds);
      expect(waited).toBeLessThan(leaseSeconds + pauses.watching.end);
    },
  },
  {
    title: 'a dead holder, and no job is open any more',
    before: (world) => world.hold('agent/i-dead/x'),
    meddling: (world) => ({ TakeOver: [after(() => closeAll(world))] }),
    by: ['TakeOver', 'IsAnyJobOpen', 'WantOne', 'ScaleUp'],
    desired: 1,
  },
  {
    title: 'somebody else did the work between the look and the lock: the look is stale, and the lock is not taken',
    meddling: (world) => ({
      AcquireLock: [
        after(async () => {
          await world.setDesired(1);
          await world.letGo();
        }),
      ],
    }),
    by: ['NameAcquisition', 'AcquireLock', 'StandAside', 'ReadLock', 'CountDemandAgain', 'CapacityIsThere'],
    desired: 1,
    then: (execution) => expect(execution.states).not.toContain('ConfirmCapacity'),
  },
  {
    title: 'more jobs are opened before the lock is taken: what is set is the need of all',
    meddling: (world) => ({ AcquireLock: [after(() => opened(4)(world))] }),
    by: ['CountDemand', ...underTheLock, ...letGo],
    desired: 3,
    then: (_, world) => expect(world.capacities()).toEqual([3]),
  },
  {
    title: 'jobs are closed before the lock is taken: what is set is the need of those that are left',
    before: opened(4),
    meddling: (world) => ({
      AcquireLock: [
        after(async () => {
          await closeAll(world);
          await open(world, ['1']);
        }),
      ],
    }),
    by: ['CountDemand', ...underTheLock, ...letGo],
    desired: 1,
    then: (_, world) => expect(world.capacities()).toEqual([1]),
  },
  {
    title: 'somebody else takes over first: it stands aside',
    before: (world) => world.hold('workflow/dead'),
    meddling: (world) => ({
      TakeOver: [after(() => world.hold('workflow/faster'))],
      ReadLock: times(200, async (forward) => {
        if ((await world.item())?.Holder?.S === 'workflow/faster') await world.hold(undefined);
        return forward();
      }),
    }),
    by: ['TakeOver', 'StandAside', 'IsPatienceLeft', 'WaitForTurn', 'ReadLock', 'AcquireLock', 'ScaleUp'],
    desired: 1,
    then: (execution) => expect(errors(execution, 'TakeOver')).toEqual(['DynamoDB.ConditionalCheckFailedException']),
  },
  {
    title: 'the answer to taking over is lost: the retry does not wait for itself',
    before: (world) => world.hold('workflow/dead'),
    meddling: () => ({ TakeOver: [answerLost] }),
    by: ['TakeOver', 'ConfirmCapacity', 'ScaleUp', 'ReleaseLock'],
    desired: 1,
    then: (execution) => {
      expect(attempts(execution, 'TakeOver')).toBe(2);
      expect(entered(execution, 'TakeOver')).toBe(1);
    },
  },
  {
    title: 'taking over fails: what may be held is let go',
    before: (world) => world.hold('workflow/dead'),
    meddling: () => ({ TakeOver: times(2, broken) }),
    by: ['TakeOver', 'LetGo', 'CountFailure', 'ReadLock', 'TakeOver', 'ScaleUp'],
    desired: 1,
  },
  {
    title: 'somebody else acquires first: it stands aside',
    meddling: (world) => ({
      AcquireLock: [after(() => world.hold('workflow/faster'))],
      ReadLock: [after(pass), after(() => world.hold(undefined))],
    }),
    by: ['AcquireLock', 'StandAside', 'ReadLock', 'StartWatching', 'AcquireLock', 'ScaleUp'],
    desired: 1,
    then: (execution) => expect(errors(execution, 'AcquireLock')).toEqual(['DynamoDB.ConditionalCheckFailedException']),
  },
  {
    title: 'the answer to acquiring is lost: the retry does not wait for itself',
    meddling: () => ({ AcquireLock: [answerLost] }),
    by: ['AcquireLock', 'ConfirmCapacity', 'ScaleUp'],
    desired: 1,
    then: (execution) => {
      expect(errors(execution, 'AcquireLock')).toEqual(['DynamoDB.SdkClientException']);
      expect(entered(execution, 'AcquireLock')).toBe(1);
    },
  },
  {
    title: 'the answers to acquiring are lost: the lock it has got is let go',
    meddling: () => ({ AcquireLock: times(2, answerLost) }),
    by: ['AcquireLock', 'LetGo', 'CountFailure', 'IsPatienceLeft', 'ReadLock', 'AcquireLock', 'ScaleUp'],
    desired: 1,
    then: (execution) => expect(errors(execution, 'LetGo')).toEqual([]),
  },
  {
    title: 'acquiring fails without effect: there is nothing to let go, which is no error',
    meddling: () => ({ AcquireLock: times(2, denied) }),
    by: ['AcquireLock', 'LetGo', 'CountFailure', 'ReadLock', 'AcquireLock', 'ScaleUp'],
    desired: 1,
    then: (execution) => {
      expect(errors(execution, 'AcquireLock')).toEqual(twice('DynamoDB.AmazonDynamoDBException'));
      expect(errors(execution, 'LetGo')).toEqual(['DynamoDb.ConditionalCheckFailedException']);
    },
  },
  {
    title: 'the group cannot be read under the lock: it is let go, and all begins again',
    meddling: () => ({ ConfirmCapacity: times(2, groupThrottled) }),
    by: ['ConfirmCapacity', 'LetGo', 'CountFailure', 'ReadLock', 'GetCurrentCapacity', 'AcquireLock', 'ScaleUp'],
    desired: 1,
    then: (execution) =>
      expect(errors(execution, 'ConfirmCapacity')).toEqual(twice('AutoScaling.AutoScalingException')),
  },
  {
    title: 'the group goes while the lock is held: the lock is let go, then it says so',
    meddling: () => ({ ConfirmCapacity: [gone], GetCurrentCapacity: [after(pass), gone] }),
    fails: 'AutoScalingGroupNotFound',
    by: ['IsCapacityMissing', 'GroupIsGone', 'LetGo', 'CountFailure', 'GetCurrentCapacity', 'AutoScalingGroupNotFound'],
    desired: 0,
  },
  {
    title: 'the group goes after the change: the lock is let go, then it says so',
    meddling: () => ({ SeeChange: [gone], GetCurrentCapacity: [after(pass), gone] }),
    fails: 'AutoScalingGroupNotFound',
    by: ['ScaleUp', 'IsChangeSeen', 'GroupIsGone', 'LetGo', 'CountFailure', 'AutoScalingGroupNotFound'],
    desired: 1,
  },
  {
    title: 'somebody else has raised the group meanwhile: there is nothing left to do',
    meddling: (world) => ({ AcquireLock: [after(() => world.setDesired(2))] }),
    by: ['ConfirmCapacity', 'IsCapacityMissing', 'ReleaseLock', 'CapacityIsThere'],
    desired: 2,
    then: (execution) => expect(execution.states).not.toContain('ScaleUp'),
  },
  {
    title: 'the lock was taken over before the change: it changes nothing',
    meddling: (world) => ({
      Fence: [after(() => world.hold('workflow/taker'))],
      ReadLock: [after(() => world.hold(undefined))],
    }),
    by: ['Fence', 'StandAside', 'ReadLock', 'AcquireLock', 'Fence', 'ScaleUp'],
    desired: 1,
    then: (execution) => {
      expect(entered(execution, 'ScaleUp')).toBe(1);
      expect(execution.states.indexOf('ScaleUp')).toBeGreaterThan(execution.states.lastIndexOf('Fence'));
    },
  },
  {
    title: 'the fence fails: the lock is let go',
    meddling: () => ({ Fence: times(2, broken) }),
    by: ['Fence', 'LetGo', 'CountFailure', 'AcquireLock', 'Fence', 'ScaleUp'],
    desired: 1,
    then: (execution) =>
      expect(errors(execution, 'Fence').slice(0, 2)).toEqual(twice('DynamoDb.InternalServerErrorException')),
  },
  ...[
    { change: 'ScaleUp', jobs: ['1'], desired: 1 },
    { change: 'ScaleToMax', jobs: ['1', ...jobIds(6)], desired: 3 },
  ].flatMap(({ change, desired, jobs }): readonly Route[] => [
    {
      title: `the group refuses ${change}: the lock is let go, and it is tried again`,
      before: (world) => open(world, jobs),
      meddling: () => ({ [change]: [groupBusy, groupContended] }),
      by: [change, 'LetGo', 'CountFailure', 'AcquireLock', change, 'ReleaseLock'],
      desired,
      then: (execution) =>
        expect(errors(execution, change)).toEqual([
          'AutoScaling.ScalingActivityInProgressException',
          'AutoScaling.ResourceContentionException',
        ]),
    },
    {
      title: `the answer to ${change} is lost: it is not sent again, but looked for`,
      before: (world) => open(world, jobs),
      meddling: () => ({ [change]: [answerLost] }),
      by: [change, ...letGo],
      desired,
      then: (execution, world) => {
        expect(attempts(execution, change)).toBe(1);
        expect(errors(execution, change)).toEqual(['AutoScaling.SdkClientException']);
        expect(world.capacities()).toEqual([desired]);
      },
    },
    {
      title: `${change} is lost on its way: the lock is not let go, but lapses, and then it is tried again`,
      before: (world) => open(world, jobs),
      meddling: () => ({ [change]: [lostOnItsWay] }),
      by: [
        change,
        'SeeChange',
        'IsChangeSeen',
        'LookLater',
        'WaitToSee',
        'SeeChange',
        'CountUnanswered',
        'ReadLock',
        'StartWatching',
        'TakeOver',
        change,
        ...letGo,
      ],
      desired,
      then: (execution) => {
        expect(execution.states).not.toContain('LetGo');
        expect(entered(execution, 'WaitToSee')).toBe(looks.most - 1);
        expect(waitedSince('StartWatching', execution)).toBeGreaterThanOrEqual(leaseSeconds);
      },
    },
  ]),
  {
    title: 'the description is stale after the change: the lock is kept until it shows it',
    meddling: (world) => ({ ScaleUp: [unseen(world, 2)] }),
    by: ['ScaleUp', 'SeeChange', 'LookLater', 'SeeChange', 'LookLater', 'SeeChange', 'ReleaseLock', 'CapacityIsThere'],
    desired: 1,
    then: (execution) => {
      expect(entered(execution, 'SeeChange')).toBe(3);
      const waits = execution.history
        .filter(({ type, state }) => type === 'WaitStateEntered' && state === 'WaitToSee')
        .map(({ input }) => JSON.parse(input ?? '') as { acquisition: { look: { pause: number } } });
      expect(waits.map(({ acquisition }) => acquisition.look.pause)).toEqual([2, 4]);
    },
  },
  {
    title: 'the change is never seen: it looks for as long as a description can be stale, lets go, and begins again',
    meddling: (world) => ({
      ScaleUp: [unseen(world, looks.most)],
    }),
    by: ['ScaleUp', 'SeeChange', 'ChangeNotSeen', 'LetGo', 'CountFailure', 'ReadLock', 'CapacityIsThere'],
    desired: 1,
    then: (execution) => {
      expect(entered(execution, 'SeeChange')).toBe(looks.most);
      expect(entered(execution, 'ScaleUp')).toBe(1);
    },
  },
  {
    title: 'the group cannot be read after the change: that is a look that has seen nothing',
    meddling: () => ({ SeeChange: [groupThrottled] }),
    by: ['SeeChange', 'IsChangeSeen', 'LookLater', 'WaitToSee', ...letGo],
    desired: 1,
    then: (execution) => expect(attempts(execution, 'SeeChange')).toBe(2),
  },
  {
    title: 'the answer to the release is lost: the failed condition of the retry is no error',
    meddling: () => ({ ReleaseLock: [answerLost] }),
    by: ['ReleaseLock', 'CapacityIsThere'],
    desired: 1,
    then: (execution) =>
      expect(errors(execution, 'ReleaseLock')).toEqual([
        'DynamoDb.SdkClientException',
        'DynamoDb.ConditionalCheckFailedException',
      ]),
  },
  {
    title: 'the lock cannot be released: the capacity is set all the same, and the lock lapses',
    meddling: () => ({ ReleaseLock: times(6, broken) }),
    by: ['ScaleUp', 'ReleaseLock', 'CapacityIsThere'],
    desired: 1,
    holder: /^workflow\/[0-9a-f-]{36}(\/fenced)?$/,
  },
  {
    title: 'the answer to opening is lost: the job is opened once',
    group: withMachine,
    meddling: () => ({ OpenJob: [answerLost] }),
    by: usual,
    desired: 1,
    then: async (execution, world) => {
      expect(attempts(execution, 'OpenJob')).toBe(2);
      expect(await openIn(world)).toEqual(['1']);
    },
  },
  {
    title: 'the answer to opening the last job that fits is lost: the retry does not take it for one too many',
    group: { desired: 3, max: 3 },
    before: opened(5),
    meddling: () => ({ OpenJob: [answerLost] }),
    by: usual,
    desired: 3,
    then: (execution) => expect(execution.states).toEqual(usual),
  },
  ...[
    { state: 'CloseJob', event: { status: 'success' } },
    { state: 'CloseForeignJob', event: { status: 'running', runner: '9' } },
  ].flatMap(({ state, event }): readonly Route[] => [
    {
      title: `the answer to ${state} is lost: closing it again does no harm`,
      before: (world) => open(world, ['1', '2']),
      event,
      meddling: () => ({ [state]: [answerLost] }),
      by: [state, 'JobIsClosed'],
      desired: 0,
      then: async (execution, world) => {
        expect(attempts(execution, state)).toBe(2);
        expect(await openIn(world)).toEqual(['2']);
      },
    },
    {
      title: `${state} fails for minutes: it begins again`,
      before: (world) => open(world, ['1', '2']),
      event,
      meddling: () => ({ [state]: times(11, throttled) }),
      by: [state, 'CountOutage', 'WaitForTurn', 'IsWakeRecorded', 'CheckBuildStatus', state, 'JobIsClosed'],
      desired: 0,
      then: async (execution, world) => {
        expect(execution.states).not.toContain('OpenJob');
        expect(await openIn(world)).toEqual(['2']);
      },
    },
  ]),
  {
    title: 'throttled three times, then fine',
    meddling: () => ({ OpenJob: times(3, throttled), GetCurrentCapacity: times(3, groupThrottled) }),
    by: usual,
    group: withMachine,
    desired: 1,
    then: (execution) => {
      expect(execution.states).toHaveLength(7);
      expect(errors(execution, 'OpenJob')[0]).toBe('DynamoDB.ThrottlingException');
    },
  },
  {
    title: 'the job cannot be opened for minutes: it begins again with opening it',
    meddling: () => ({ OpenJob: times(11, throttled) }),
    by: ['OpenJob', 'CountOutage', 'IsPatienceLeft', 'WaitForTurn', 'IsWakeRecorded', 'OpenJob', 'ScaleUp'],
    desired: 1,
    wakes: 1,
    then: (execution) => expect(execution.states).not.toContain('ReadLock'),
  },
  {
    title: 'the wake-up cannot be counted for minutes: it begins again with counting it',
    event: { job: '' },
    meddling: () => ({ RecordWake: times(11, throttled) }),
    by: ['RecordWake', 'CountOutage', 'IsPatienceLeft', 'WaitForTurn', 'IsWakeRecorded', 'RecordWake', 'ScaleUp'],
    desired: 1,
    wakes: 1,
  },
  {
    title: 'the group cannot be read for minutes: it begins again, and opens and counts nothing twice',
    meddling: () => ({ GetCurrentCapacity: times(11, groupThrottled) }),
    by: [
      'GetCurrentCapacity',
      'CountOutage',
      'WaitForTurn',
      'IsWakeRecorded',
      'ReadLock',
      'GetCurrentCapacity',
      'ScaleUp',
    ],
    desired: 1,
    wakes: 1,
    then: (execution) => expect(entered(execution, 'OpenJob')).toBe(1),
  },
  {
    title: 'the item cannot be read for minutes: it begins again',
    before: (world) => world.hold('workflow/other'),
    meddling: (world) => ({ ReadLock: [...times(11, broken), after(() => world.hold(undefined))] }),
    by: ['ReadLock', 'CountOutage', 'WaitForTurn', 'ReadLock', 'ScaleUp'],
    desired: 1,
    wakes: 1,
  },
  {
    title: 'calls that hang are cut off; a change that takes effect all the same is seen, and not made twice',
    meddling: () => ({ OpenJob: [hangs], ScaleUp: [hangsAfterItsEffect] }),
    timeoutScale: 0.1,
    by: ['OpenJob', 'ScaleUp', ...letGo],
    desired: 1,
    then: (execution) => {
      expect(errors(execution, 'OpenJob')[0]).toBe('States.Timeout');
      expect(errors(execution, 'ScaleUp')).toEqual(['States.Timeout']);
    },
  },
  {
    title: 'nothing helps for half an hour: it gives up and says why',
    meddling: () => ({ GetCurrentCapacity: times(1000, groupThrottled) }),
    fails:
      /^\{"Error":"AutoScaling.AutoScalingException","Cause":"made by the test \(Service: AutoScaling, Status Code: 400/,
    by: ['CountOutage', 'SayWhy', 'ScalingFailed'],
    desired: 0,
    then: (execution) => {
      expect(execution.error).toBe('ScalingFailed');
      const rounds = entered(execution, 'CountOutage');
      expect(rounds).toBeGreaterThanOrEqual(Math.ceil(patience.seconds / (patience.outageSeconds + 60)));
      expect(rounds).toBeLessThanOrEqual(Math.ceil(patience.seconds / (patience.outageSeconds + 20)) + 1);
    },
  },
  {
    title:
      'an outage at first, then others hold the lock, one after the other: it gives up for the lock, not for the outage',
    group: withMachine,
    meddling: (world) => ({
      GetCurrentCapacity: times(11, groupThrottled),
      ReadLock: Array.from({ length: 1000 }, (_, each) => after(() => world.hold(`agent/i-${each}/x`))),
    }),
    fails: /^\{"Error":"LockNeverFree","Cause":"Others held the scaling lock/,
    by: ['CountOutage', 'DoesAgentHold', 'StartWatching', 'SayWhy', 'ScalingFailed'],
    desired: 1,
    holder: /^agent/,
  },
  {
    title: 'others hold the lock at first, then the group refuses to be changed: it gives up for that',
    before: (world) => world.hold('workflow/other'),
    meddling: (world) => ({ ReadLock: [after(() => world.hold(undefined))], ScaleUp: times(1000, groupBusy) }),
    fails: /^\{"Error":"AutoScaling.ScalingActivityInProgressException"/,
    by: ['StartWatching', 'ScaleUp', 'LetGo', 'CountFailure', 'SayWhy', 'ScalingFailed'],
    desired: 0,
  },
];

describe('the demand machine', () => {
  const walked = new Set<string>();
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it.each(routes)('$title', async (route) => {
    const { meddling, timeoutScale } = route;
    const group = 'group' in route ? route.group : atZero;
    world = await startDemandWorld({ group, waitScale: 0.001, timeoutScale, meddling });
    const execution = await walk(route, world);
    for (const transition of taken(machine, execution)) walked.add(written(transition));
  });

  it('has no arrow that none of these routes takes', () => {
    expect(
      transitions(machine)
        .map(written)
        .filter((each) => !walked.has(each)),
    ).toEqual([]);
  });
});
