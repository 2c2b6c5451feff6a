import { launchHook, rehearse, terminateHook } from './rehearse.ts';

const fleetIs = { AutoScalingGroupName: 'fleet' };
const refusedWith = (code: string, message: string) => ({ status: 400, type: 'Sender', code, message });
const invalid = (message: string) => refusedWith('ValidationError', message);

describe('SetDesiredCapacity', () => {
  it('refuses a value outside the bounds, and changes nothing', () => {
    const fleet = rehearse({ minSize: 1, maxSize: 4 });
    expect(fleet.desire(5)).toEqual(
      invalid('New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.'),
    );
    expect(fleet.desire(0)).toEqual(
      invalid('New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.'),
    );
    expect(fleet.group().desiredCapacity).toBe(1);
  });

  it('tells an observer who asked for a change, and nothing when nothing changed', () => {
    const fleet = rehearse();
    fleet.desire(2);
    fleet.desire(2);
    expect(fleet.changes.filter(({ kind }) => kind === 'desired capacity')).toEqual([
      {
        kind: 'desired capacity',
        at: Date.UTC(2026, 0, 1),
        group: 'fleet',
        from: 0,
        to: 2,
        by: { operation: 'SetDesiredCapacity', accessKeyId: 'AKIATEST' },
      },
    ]);
  });

  it('waits for the cooldown only when it is told to honour it', () => {
    const fleet = rehearse({ defaultCooldown: 300 });
    fleet.desire(1);
    const patient = { ...fleetIs, DesiredCapacity: 2, HonorCooldown: true };
    fleet.wait(299);
    expect(fleet.ask('SetDesiredCapacity', patient)).toEqual(
      refusedWith(
        'ScalingActivityInProgress',
        `Scaling activity ${fleet.activities()[0]?.id} is in progress and blocks this action`,
      ),
    );
    fleet.wait(1);
    fleet.ask('SetDesiredCapacity', patient);
    fleet.desire(3);
    expect(fleet.states()).toHaveLength(3);
  });

  it('is blocked by an instance in its hook for as long as it honours the cooldown', () => {
    const fleet = rehearse({ hooks: [{ ...launchHook, heartbeatTimeout: 7200 }] });
    fleet.desire(1);
    fleet.wait(3600);
    expect(fleet.ask('SetDesiredCapacity', { ...fleetIs, DesiredCapacity: 2, HonorCooldown: true })).toHaveProperty(
      'code',
      'ScalingActivityInProgress',
    );
  });
});

describe('UpdateAutoScalingGroup', () => {
  const update = (fleet: ReturnType<typeof rehearse>, sizes: Record<string, number | string>) =>
    fleet.ask('UpdateAutoScalingGroup', { ...fleetIs, ...sizes });
  const sizes = (fleet: ReturnType<typeof rehearse>) => {
    const { minSize, desiredCapacity, maxSize } = fleet.group();
    return [minSize, desiredCapacity, maxSize];
  };

  it('pulls the desired capacity along with bounds that leave it behind', () => {
    const fleet = rehearse();
    update(fleet, { MinSize: 2 });
    expect(sizes(fleet)).toEqual([2, 2, 4]);
    expect(fleet.states()).toHaveLength(2);
    update(fleet, { MinSize: 0, MaxSize: 1 });
    expect(sizes(fleet)).toEqual([0, 1, 1]);
    expect(fleet.states()).toHaveLength(1);
  });

  it('refuses a desired capacity outside its own bounds', () => {
    const fleet = rehearse();
    expect(update(fleet, { MaxSize: 2, DesiredCapacity: 3 })).toEqual(
      invalid('Desired capacity:3 must be between the specified min size:0 and max size:2'),
    );
    expect(sizes(fleet)).toEqual([0, 0, 4]);
  });

  it('refuses a minimum above the maximum', () => {
    expect(update(rehearse(), { MinSize: 5 })).toEqual(
      invalid('Max bound, 4, must be greater than or equal to min bound, 5'),
    );
  });

  it('says so when it is asked for more than sizes', () => {
    expect(update(rehearse(), { VPCZoneIdentifier: 'subnet-1' })).toEqual(
      invalid(
        'The rehearsal cannot take VPCZoneIdentifier here; it takes AutoScalingGroupName, MinSize, MaxSize, DesiredCapacity, DefaultCooldown.',
      ),
    );
  });
});

describe('TerminateInstanceInAutoScalingGroup', () => {
  it('with decrement lowers the desired capacity at once, and nobody else has to leave', () => {
    const fleet = rehearse({ desiredCapacity: 2, hooks: [terminateHook] });
    const { id } = fleet.instance();
    expect(fleet.terminate(id, true)).toMatchObject({
      result: {
        Activity: {
          AutoScalingGroupName: 'fleet',
          Description: `Terminating EC2 instance: ${id}`,
          StatusCode: 'InProgress',
        },
      },
    });
    expect(fleet.group().desiredCapacity).toBe(1);
    expect(fleet.states()).toEqual(['Terminating:Wait', 'InService']);
  });

  it('without decrement launches a replacement while the old instance waits', () => {
    const fleet = rehearse({ desiredCapacity: 1, minSize: 1, hooks: [launchHook, terminateHook] });
    fleet.complete('start', fleet.instance().id);
    fleet.terminate(fleet.instance().id, false);
    expect(fleet.group().desiredCapacity).toBe(1);
    expect(fleet.states()).toEqual(['Terminating:Wait', 'Pending:Wait']);
  });

  it('refuses to go below the minimum, and leaves the instance alone', () => {
    const fleet = rehearse({ minSize: 1 });
    expect(fleet.terminate(fleet.instance().id, true)).toEqual(
      invalid(
        "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
      ),
    );
    expect(fleet.states()).toEqual(['InService']);
  });

  it('does not know instances that are not there', () => {
    expect(rehearse().terminate('i-0123456789abcdef0', true)).toEqual(
      invalid('Instance Id not found - No managed instance found for instance ID: i-0123456789abcdef0'),
    );
  });

  it('takes a protected instance all the same', () => {
    const fleet = rehearse({ desiredCapacity: 1 });
    const { id } = fleet.instance();
    fleet.ask('SetInstanceProtection', { ...fleetIs, 'InstanceIds.member.1': id, ProtectedFromScaleIn: true });
    expect(fleet.instance().protectedFromScaleIn).toBe(true);
    fleet.terminate(id, true);
    expect(fleet.states()).toEqual([]);
  });

  it('refuses an instance that terminates already, so that the desired capacity falls once', () => {
    const fleet = rehearse({ desiredCapacity: 2, hooks: [terminateHook] });
    const { id } = fleet.instance();
    fleet.terminate(id, true);
    expect(fleet.terminate(id, true)).toEqual(
      refusedWith('ScalingActivityInProgress', `Activity ${fleet.instance().activity} is in progress.`),
    );
    expect(fleet.group().desiredCapacity).toBe(1);
  });

  it('refuses an instance that is still launching, unless the other assumption is made', () => {
    const usual = rehearse({ hooks: [launchHook] });
    usual.desire(1);
    expect(usual.terminate(usual.instance().id, true)).toHaveProperty('code', 'ScalingActivityInProgress');

    const lenient = rehearse({ hooks: [launchHook] }, { assumptions: { terminateWhilePending: 'accepted' } });
    lenient.desire(1);
    lenient.terminate(lenient.instance().id, true);
    expect(lenient.states()).toEqual([]);
    expect(lenient.group().desiredCapacity).toBe(0);
  });

  it('works while Terminate is suspended: that holds back scale-in only', () => {
    const fleet = rehearse({ desiredCapacity: 1, suspendedProcesses: ['Terminate'] });
    fleet.terminate(fleet.instance().id, true);
    expect(fleet.states()).toEqual([]);
  });
});

describe('CompleteLifecycleAction and RecordLifecycleActionHeartbeat', () => {
  it('take the token instead of the instance', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    const LifecycleActionToken = fleet.instance().actions[0]?.token ?? '';
    const named = { ...fleetIs, LifecycleHookName: 'start', LifecycleActionToken };
    fleet.wait(150);
    fleet.ask('RecordLifecycleActionHeartbeat', named);
    fleet.wait(150);
    fleet.ask('CompleteLifecycleAction', { ...named, LifecycleActionResult: 'CONTINUE' });
    expect(fleet.states()).toEqual(['InService']);
    expect(fleet.ask('CompleteLifecycleAction', { ...named, LifecycleActionResult: 'CONTINUE' })).toEqual(
      invalid(`No active Lifecycle Action found with token ${LifecycleActionToken}`),
    );
  });

  it.each(['start', 'stop'])('refuse hook %s for an instance in service', (hook) => {
    const fleet = rehearse({ hooks: [launchHook, terminateHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    fleet.complete('start', id);
    const gone = invalid(`No active Lifecycle Action found with instance ID ${id}`);
    expect(fleet.complete(hook, id)).toEqual(gone);
    expect(fleet.heartbeat(hook, id)).toEqual(gone);
  });

  it('refuse a hook that the group does not have, a wait that is not named, and a result that is none', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    expect(fleet.heartbeat('nope', id)).toHaveProperty('code', 'ValidationError');
    expect(fleet.ask('RecordLifecycleActionHeartbeat', { ...fleetIs, LifecycleHookName: 'start' })).toHaveProperty(
      'code',
      'ValidationError',
    );
    expect(fleet.complete('start', id, 'continue')).toEqual(
      invalid(
        "1 validation error detected: Value 'continue' at 'lifecycleActionResult' failed to satisfy constraint: Member must satisfy enum value set: [CONTINUE, ABANDON]",
      ),
    );
    expect(fleet.states()).toEqual(['Pending:Wait']);
  });
});

describe('SetInstanceProtection', () => {
  const protect = (fleet: ReturnType<typeof rehearse>, ids: readonly string[]) =>
    fleet.ask('SetInstanceProtection', {
      ...fleetIs,
      ProtectedFromScaleIn: true,
      ...Object.fromEntries(ids.map((id, index) => [`InstanceIds.member.${index + 1}`, id])),
    });

  it('refuses instances that are not in service, or not of this group', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    expect(protect(fleet, [id])).toEqual(
      invalid(`The instance ${id} is not in InService or EnteringStandby or Standby.`),
    );
    expect(protect(fleet, ['i-0123456789abcdef0'])).toEqual(
      invalid('The instance i-0123456789abcdef0 is not part of Auto Scaling group fleet.'),
    );
  });

  it('takes at most fifty', () => {
    const ids = Array.from({ length: 51 }, (_, index) => `i-${index}`);
    expect(protect(rehearse(), ids)).toEqual(
      refusedWith('LimitExceeded', 'At most 50 instance IDs may be given, and 51 were.'),
    );
  });
});

describe('SuspendProcesses and ResumeProcesses', () => {
  it('mean all processes when none is named', () => {
    const fleet = rehearse();
    fleet.ask('SuspendProcesses', fleetIs);
    expect(fleet.group().suspensions).toHaveLength(9);
    fleet.ask('ResumeProcesses', { ...fleetIs, 'ScalingProcesses.member.1': 'AZRebalance' });
    expect(fleet.group().suspensions).toHaveLength(8);
    fleet.ask('ResumeProcesses', fleetIs);
    expect(fleet.group().suspensions).toEqual([]);
  });

  it('refuse a process that does not exist', () => {
    expect(rehearse().ask('SuspendProcesses', { ...fleetIs, 'ScalingProcesses.member.1': 'Rebalance' })).toHaveProperty(
      'code',
      'ValidationError',
    );
  });
});

describe('every operation', () => {
  it.each([
    ['SetDesiredCapacity', { DesiredCapacity: 1 }],
    ['UpdateAutoScalingGroup', { MinSize: 1 }],
    ['DescribeLifecycleHooks', {}],
    ['DescribeScalingActivities', {}],
    ['CompleteLifecycleAction', { LifecycleHookName: 'start', InstanceId: 'i-1', LifecycleActionResult: 'CONTINUE' }],
    ['RecordLifecycleActionHeartbeat', { LifecycleHookName: 'start', InstanceId: 'i-1' }],
    ['SetInstanceProtection', { 'InstanceIds.member.1': 'i-1', ProtectedFromScaleIn: true }],
    ['SuspendProcesses', {}],
    ['ResumeProcesses', {}],
  ] as const)('%s refuses a group that is not there', (operation, parameters) => {
    expect(rehearse().ask(operation, { AutoScalingGroupName: 'other', ...parameters })).toEqual(
      invalid("AutoScalingGroup name not found - AutoScalingGroup 'other' not found"),
    );
  });

  it.each([
    ['SetDesiredCapacity', ['autoScalingGroupName', 'desiredCapacity']],
    ['UpdateAutoScalingGroup', ['autoScalingGroupName']],
    ['TerminateInstanceInAutoScalingGroup', ['instanceId', 'shouldDecrementDesiredCapacity']],
    ['CompleteLifecycleAction', ['lifecycleHookName', 'autoScalingGroupName', 'lifecycleActionResult']],
    ['RecordLifecycleActionHeartbeat', ['lifecycleHookName', 'autoScalingGroupName']],
    ['SetInstanceProtection', ['instanceIds', 'autoScalingGroupName', 'protectedFromScaleIn']],
    ['SuspendProcesses', ['autoScalingGroupName']],
    ['ResumeProcesses', ['autoScalingGroupName']],
    ['DescribeLifecycleHooks', ['autoScalingGroupName']],
  ] as const)('%s names each parameter that it misses', (operation, missing) => {
    const each = missing.map((name) => `Value null at '${name}' failed to satisfy constraint: Member must not be null`);
    expect(rehearse().ask(operation)).toEqual(
      invalid(`${each.length} validation error${each.length > 1 ? 's' : ''} detected: ${each.join('; ')}`),
    );
  });

  it('refuses what is not a number, not a boolean, too long or empty', () => {
    const fleet = rehearse();
    const message = (parameters: Record<string, string>, operation = 'SetDesiredCapacity' as const) =>
      fleet.ask(operation, { DesiredCapacity: '1', ...fleetIs, ...parameters });
    for (const parameters of [
      { DesiredCapacity: 'one' },
      { DesiredCapacity: '1.5' },
      { HonorCooldown: 'yes' },
      { AutoScalingGroupName: '' },
      { AutoScalingGroupName: 'x'.repeat(256) },
    ]) {
      expect(message(parameters)).toMatchObject({
        code: 'ValidationError',
        message: expect.stringMatching(/^1 validation error detected: /) as unknown,
      });
    }
    expect(fleet.group().desiredCapacity).toBe(0);
  });
});
