import { leaseSeconds } from '../../ami/contract.ts';
import { patience, pauses } from '../../asl/patience.ts';
import { transitions } from '../../asl/transitions.ts';
import type { Meddle } from './intercepting-proxy.ts';
import type { Route } from './routes.ts';
import { attempts, entered, errors, taken, waitedSince, walk, written } from './routes.ts';
import { machine, after, goesWrong, startScaleOutWorld, times } from './scale-out-world.ts';
import type { World } from './scale-out-world.ts';

const atZero = { desired: 0, max: 3 } as const;
const withMachine = { desired: 1, max: 3 } as const;
const { throttled, denied, broken, groupThrottled, groupBusy, groupContended, answerLost, hangs, vanishes } = goesWrong;
const pass = (): Promise<void> => Promise.resolve();

const routes: readonly Route[] = [
  {
    title: 'an event that finds the group at zero raises it',
    by: [
      'RecordWake',
      'NameAcquisition',
      'AcquireLock',
      'ConfirmCapacity',
      'Fence',
      'ScaleUp',
      'ReleaseLock',
      'CapacityIsThere',
    ],
    desired: 1,
    wakes: 1,
    then: async (_, world) => expect(await world.item()).toMatchObject({ Releases: { N: '1' } }),
  },
  {
    title: 'an event that finds a machine enters seven states, and leaves the lock alone',
    group: withMachine,
    by: ['CapacityIsThere'],
    desired: 1,
    then: (execution) => {
      expect(execution.states).toEqual([
        'ParseWebhook',
        'ValidateSecretToken',
        'CheckBuildStatus',
        'RecordWake',
        'GetCurrentCapacity',
        'CheckDesiredCapacity',
        'CapacityIsThere',
      ]);
    },
  },
  {
    title: 'a group that may have no machine is left as it is',
    group: { desired: 0, max: 0 },
    by: ['CheckDesiredCapacity', 'CapacityIsThere'],
    desired: 0,
  },
  {
    title: 'a wrong token is refused before anything is counted',
    event: { token: 'guessed' },
    fails: 'InvalidTokenError',
    by: ['ValidateSecretToken', 'InvalidToken'],
    desired: 0,
    wakes: 0,
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
  {
    title: 'a status that wakes nobody ends there',
    event: { status: 'running' },
    by: ['CheckBuildStatus', 'ExitStateMachine'],
    desired: 0,
    wakes: 0,
  },
  {
    title: 'without the group it says so',
    group: undefined,
    fails: 'AutoScalingGroupNotFound',
    by: ['CheckDesiredCapacity', 'AutoScalingGroupNotFound'],
  },
  {
    title: 'the item deleted after the wake-up was counted: it is counted again',
    meddling: (world) => ({ GetCurrentCapacity: [after(() => world.deleteItem())], AcquireLock: [after(pass)] }),
    // The item that AcquireLock wanted is gone, then read, then made anew.
    by: [
      'RecordWake',
      'AcquireLock',
      'StandAside',
      'ReadLock',
      'CheckDesiredCapacity',
      'RecordWake',
      'AcquireLock',
      'ScaleUp',
    ],
    desired: 1,
  },
  {
    title: 'another workflow holds the lock and lets it go: the waiter looks again, and counts no second wake',
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
      'KeepWatching',
      'IsLeaseOver',
      'WaitForTurn',
      'ReadLock',
      'CapacityIsThere',
    ],
    desired: 1,
    wakes: 1,
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
    title: 'a workflow that holds the lock while a machine is there keeps nobody waiting',
    group: withMachine,
    before: (world) => world.hold('workflow/other'),
    by: ['CheckDesiredCapacity', 'CapacityIsThere'],
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
      expect(execution.states.length).toBeLessThanOrEqual(100);
      // Eight states a look, and what comes before and after, when every pause is as short as it can be.
      const looks = 1 + Math.ceil((leaseSeconds - pauses.short.first) / pauses.watching.first);
      expect(8 * looks + 14).toBeLessThanOrEqual(100);
      expect(execution.states.length).toBe(8 * entered(execution, 'ReadLock') + 14);
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
    by: [
      'ReadLock',
      'DoesAgentHold',
      'GetCurrentCapacity',
      'RecordWake',
      'KeepWatching',
      'ReadLock',
      'CapacityIsThere',
    ],
    desired: 1,
    wakes: 1,
  },
  {
    title: 'a dead holder is waited for one lease, and not less',
    before: (world) => world.hold('agent/i-dead/x'),
    by: ['StartWatching', 'KeepWatching', 'NameTakeOver', 'TakeOver', 'ConfirmCapacity', 'ScaleUp', 'ReleaseLock'],
    desired: 1,
    then: (execution) => {
      const waited = waitedSince('StartWatching', execution);
      expect(waited).toBeGreaterThanOrEqual(leaseSeconds);
      expect(waited).toBeLessThan(leaseSeconds + pauses.watching.end);
    },
  },
  {
    title: 'a new holder is waited for anew, a whole lease',
    before: (world) => world.hold('workflow/first'),
    meddling: (world) => ({ ReadLock: [...times(5, after(pass)), after(() => world.hold('workflow/second'))] }),
    by: ['StartWatching', 'KeepWatching', 'StartWatching', 'KeepWatching', 'TakeOver', 'ScaleUp'],
    desired: 1,
    then: (execution) => {
      expect(entered(execution, 'StartWatching')).toBe(2);
      expect(waitedSince('StartWatching', execution)).toBeGreaterThanOrEqual(leaseSeconds);
    },
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
    by: ['NameAcquisition', 'AcquireLock', 'StandAside', 'ReadLock', 'CheckDesiredCapacity', 'CapacityIsThere'],
    desired: 1,
    then: (execution) => expect(execution.states).not.toContain('ConfirmCapacity'),
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
    then: (execution) => expect(errors(execution, 'AcquireLock')).toEqual(['DynamoDb.ConditionalCheckFailedException']),
  },
  {
    title: 'the answer to acquiring is lost: the retry does not wait for itself',
    meddling: () => ({ AcquireLock: [answerLost] }),
    by: ['AcquireLock', 'ConfirmCapacity', 'ScaleUp'],
    desired: 1,
    then: (execution) => {
      expect(errors(execution, 'AcquireLock')).toEqual(['DynamoDb.SdkClientException']);
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
      expect(errors(execution, 'AcquireLock')).toEqual(['DynamoDb.DynamoDbException', 'DynamoDb.DynamoDbException']);
      expect(errors(execution, 'LetGo')).toEqual(['DynamoDb.ConditionalCheckFailedException']);
    },
  },
  {
    title: 'the group cannot be read under the lock: it is let go, and all begins again',
    meddling: () => ({ ConfirmCapacity: times(2, groupThrottled) }),
    by: ['ConfirmCapacity', 'LetGo', 'CountFailure', 'ReadLock', 'GetCurrentCapacity', 'AcquireLock', 'ScaleUp'],
    desired: 1,
    then: (execution) =>
      expect(errors(execution, 'ConfirmCapacity')).toEqual([
        'AutoScaling.AutoScalingException',
        'AutoScaling.AutoScalingException',
      ]),
  },
  {
    title: 'the group goes while the lock is held: the lock is let go, then it says so',
    meddling: () => {
      const gone: Meddle = (forward, body) => forward(body.replace('glab-runner-test', 'gone'));
      return { ConfirmCapacity: [gone], GetCurrentCapacity: [after(pass), gone] };
    },
    fails: 'AutoScalingGroupNotFound',
    by: ['IsCapacityMissing', 'GroupIsGone', 'LetGo', 'CountFailure', 'GetCurrentCapacity', 'AutoScalingGroupNotFound'],
    desired: 0,
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
      expect(errors(execution, 'Fence').slice(0, 2)).toEqual([
        'DynamoDb.InternalServerErrorException',
        'DynamoDb.InternalServerErrorException',
      ]),
  },
  {
    title: 'the group refuses to be changed: the lock is let go, and it is tried again',
    meddling: () => ({ ScaleUp: [groupBusy, groupContended] }),
    by: ['ScaleUp', 'LetGo', 'CountFailure', 'AcquireLock', 'ScaleUp', 'ReleaseLock'],
    desired: 1,
    then: (execution) =>
      expect(errors(execution, 'ScaleUp')).toEqual([
        'AutoScaling.ScalingActivityInProgressException',
        'AutoScaling.ResourceContentionException',
      ]),
  },
  {
    title: 'the answer to the change is lost: it is not sent again, and the lock is left to lapse',
    meddling: () => ({ ScaleUp: [answerLost] }),
    by: ['ScaleUp', 'CountFailure', 'GetCurrentCapacity', 'CapacityIsThere'],
    desired: 1,
    holder: /^workflow\/[0-9a-f-]{36}\/fenced$/,
    then: (execution) => expect(attempts(execution, 'ScaleUp')).toBe(1),
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
    title: 'throttled three times, then fine',
    meddling: () => ({ RecordWake: times(3, throttled), GetCurrentCapacity: times(3, groupThrottled) }),
    by: ['RecordWake', 'GetCurrentCapacity', 'CapacityIsThere'],
    group: withMachine,
    desired: 1,
    then: (execution) => {
      expect(execution.states).toHaveLength(7);
      expect(errors(execution, 'RecordWake')[0]).toBe('DynamoDb.ThrottlingException');
    },
  },
  {
    title: 'the wake-up cannot be counted for minutes: it begins again with counting it',
    meddling: () => ({ RecordWake: times(11, throttled) }),
    by: ['RecordWake', 'CountOutage', 'IsPatienceLeft', 'WaitForTurn', 'IsWakeRecorded', 'RecordWake', 'ScaleUp'],
    desired: 1,
    wakes: 1,
    then: (execution) => expect(execution.states).not.toContain('ReadLock'),
  },
  {
    title: 'the group cannot be read for minutes: it begins again, and counts no second wake',
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
    title: 'calls that hang are cut off, under the lock too',
    meddling: () => ({ RecordWake: [hangs], ScaleUp: [vanishes] }),
    timeoutScale: 0.1,
    by: ['RecordWake', 'ScaleUp', 'CountFailure', 'TakeOver', 'ScaleUp', 'ReleaseLock', 'CapacityIsThere'],
    desired: 1,
    then: (execution) => {
      expect(errors(execution, 'RecordWake')[0]).toBe('States.Timeout');
      expect(errors(execution, 'ScaleUp')[0]).toBe('States.Timeout');
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

describe('the scale-out machine', () => {
  const walked = new Set<string>();
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it.each(routes)('$title', async (route) => {
    const { meddling, timeoutScale } = route;
    const group = 'group' in route ? route.group : atZero;
    world = await startScaleOutWorld({ group, waitScale: 0.001, timeoutScale, meddling });
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
