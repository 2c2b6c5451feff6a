import { nextDue, targetLifecycleState } from '../../../rehearsal/auto-scaling/lifecycle.ts';
import { launchHook, rehearse, terminateHook } from './rehearse.ts';

describe('a launch', () => {
  it('goes from Pending to InService when the machine has booted and no hook holds it', () => {
    const fleet = rehearse({}, { bootSeconds: 40 });
    fleet.desire(1);
    expect(fleet.states()).toEqual(['Pending']);
    fleet.wait(39);
    expect(fleet.states()).toEqual(['Pending']);
    fleet.wait(1);
    expect(fleet.states()).toEqual(['InService']);
  });

  it('waits in its hook until somebody says CONTINUE', () => {
    const fleet = rehearse({ hooks: [launchHook] }, { bootSeconds: 40, proceedSeconds: 5 });
    fleet.desire(1);
    fleet.wait(40);
    const { id } = fleet.instance();
    fleet.wait(199);
    fleet.complete('start', id);
    fleet.wait(5);
    expect(fleet.lifeOf(id)).toEqual(['Pending', 'Pending:Wait', 'Pending:Proceed', 'InService']);
  });

  it('is abandoned and replaced when nobody answers in time', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    fleet.wait(200);
    expect(fleet.lifeOf(id)).toEqual(['Pending', 'Pending:Wait', 'Terminating', 'Terminated']);
    expect(fleet.states()).toEqual(['Pending:Wait']);
    expect(fleet.instance().id).not.toBe(id);
    expect(fleet.group().desiredCapacity).toBe(1);
  });

  it('loops for ever while each instance is abandoned, one heartbeat at a time', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    fleet.wait(2000);
    expect(fleet.activities().filter(({ status }) => status === 'Cancelled')).toHaveLength(10);
    expect(fleet.states()).toEqual(['Pending:Wait']);
  });

  it('goes into service after the time-out when that is the default of the hook', () => {
    const fleet = rehearse({ hooks: [{ ...launchHook, defaultResult: 'CONTINUE' }] });
    fleet.desire(1);
    fleet.wait(200);
    expect(fleet.states()).toEqual(['InService']);
  });

  it('ends in the terminate hook when its own hook is abandoned, while its replacement starts', () => {
    const fleet = rehearse({ hooks: [launchHook, terminateHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    fleet.complete('start', id, 'ABANDON');
    expect(fleet.states()).toEqual(['Terminating:Wait', 'Pending:Wait']);
    fleet.complete('stop', id);
    expect(fleet.lifeOf(id).slice(-2)).toEqual(['Terminating:Proceed', 'Terminated']);
  });

  it('is held by every hook until the last lets go', () => {
    const fleet = rehearse({ hooks: [launchHook, { ...launchHook, name: 'second' }] });
    fleet.desire(1);
    const { id } = fleet.instance();
    fleet.complete('start', id);
    expect(fleet.states()).toEqual(['Pending:Wait']);
    fleet.complete('second', id);
    expect(fleet.states()).toEqual(['InService']);
  });

  it('spreads over the zones', () => {
    const fleet = rehearse();
    fleet.desire(3);
    expect(fleet.group().instances.map(({ zone }) => zone)).toEqual(['zone-a', 'zone-b', 'zone-a']);
  });

  it('does not happen while Launch is suspended, and happens when it is resumed', () => {
    const fleet = rehearse({ suspendedProcesses: ['Launch'] });
    fleet.desire(2);
    expect(fleet.states()).toEqual([]);
    fleet.ask('ResumeProcesses', { AutoScalingGroupName: 'fleet', 'ScalingProcesses.member.1': 'Launch' });
    expect(fleet.states()).toEqual(['InService', 'InService']);
  });

  it('takes the first type of the mixed policy', () => {
    const fleet = rehearse({
      minSize: 1,
      mixedInstancesPolicy: {
        LaunchTemplate: { Overrides: [{ InstanceType: 'c6i.large' }, { InstanceType: 'm6i.large' }] },
      },
    });
    expect(fleet.instance().type).toBe('c6i.large');
  });
});

describe('a heartbeat', () => {
  it('restarts the whole time of the hook', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    fleet.wait(150);
    fleet.heartbeat('start', id);
    fleet.wait(199);
    expect(fleet.states()).toEqual(['Pending:Wait']);
    fleet.wait(1);
    expect(fleet.lifeOf(id)).toContain('Terminated');
  });

  it('cannot hold an instance longer than a hundred times the hook', () => {
    const fleet = rehearse({ minSize: 0, desiredCapacity: 1, hooks: [terminateHook] });
    const { id } = fleet.instance();
    fleet.terminate(id, true);
    for (let beat = 0; beat < 133; beat += 1) {
      fleet.wait(150);
      fleet.heartbeat('stop', id);
    }
    expect(fleet.states()).toEqual(['Terminating:Wait']);
    fleet.wait(49);
    expect(fleet.states()).toEqual(['Terminating:Wait']);
    fleet.wait(1);
    expect(fleet.states()).toEqual([]);
  });

  it('cannot hold an instance longer than 48 hours', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [{ ...terminateHook, heartbeatTimeout: 7200 }] });
    const { id } = fleet.instance();
    fleet.terminate(id, true);
    for (let hour = 1; hour < 48; hour += 1) {
      fleet.wait(3600);
      fleet.heartbeat('stop', id);
    }
    fleet.wait(3599);
    expect(fleet.states()).toEqual(['Terminating:Wait']);
    fleet.wait(1);
    expect(fleet.states()).toEqual([]);
  });
});

describe('a termination', () => {
  it('waits in its hook, and leaves the group when that lets go', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [terminateHook] }, { proceedSeconds: 5 });
    fleet.wait(0);
    const { id } = fleet.instance();
    fleet.desire(0);
    expect(fleet.states()).toEqual(['Terminating:Wait']);
    fleet.complete('stop', id);
    expect(fleet.states()).toEqual(['Terminating:Proceed']);
    fleet.wait(5);
    expect(fleet.lifeOf(id).slice(-4)).toEqual([
      'Terminating',
      'Terminating:Wait',
      'Terminating:Proceed',
      'Terminated',
    ]);
    expect(fleet.states()).toEqual([]);
  });

  it('goes on with either result, and ABANDON skips the other hooks', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [terminateHook, { ...terminateHook, name: 'second' }] });
    const { id } = fleet.instance();
    fleet.desire(0);
    fleet.complete('stop', id, 'ABANDON');
    expect(fleet.states()).toEqual([]);
  });

  it('goes on when nobody answers in time', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [terminateHook] });
    fleet.desire(0);
    fleet.wait(199);
    expect(fleet.states()).toEqual(['Terminating:Wait']);
    fleet.wait(1);
    expect(fleet.states()).toEqual([]);
  });

  it('does not count any more: an instance asked for meanwhile is launched beside it', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [terminateHook] });
    fleet.desire(0);
    fleet.desire(1);
    expect(fleet.states()).toEqual(['Terminating:Wait', 'InService']);
  });
});

describe('a scale-in', () => {
  it('takes from the fuller zone first, and the oldest there', () => {
    const fleet = rehearse();
    fleet.desire(1);
    fleet.wait(10);
    fleet.desire(3);
    const [oldest, other, younger] = fleet.group().instances.map(({ id }) => id);
    fleet.desire(2);
    expect(fleet.group().instances.map(({ id }) => id)).toEqual([other, younger]);
    expect(fleet.lifeOf(oldest ?? '')).toContain('Terminated');
  });

  it('passes over protected instances, even when the fuller zone has only such', () => {
    const fleet = rehearse();
    fleet.desire(3);
    const [first, second, third] = fleet.group().instances.map(({ id }) => id);
    fleet.ask('SetInstanceProtection', {
      AutoScalingGroupName: 'fleet',
      'InstanceIds.member.1': first ?? '',
      'InstanceIds.member.2': third ?? '',
      ProtectedFromScaleIn: true,
    });
    fleet.desire(0);
    expect(fleet.group().instances.map(({ id }) => id)).toEqual([first, third]);
    expect(fleet.lifeOf(second ?? '')).toContain('Terminated');
  });

  it('does not happen while Terminate is suspended', () => {
    const fleet = rehearse({ desiredCapacity: 2, suspendedProcesses: ['Terminate'] });
    fleet.desire(0);
    expect(fleet.states()).toEqual(['InService', 'InService']);
    fleet.ask('ResumeProcesses', { AutoScalingGroupName: 'fleet' });
    expect(fleet.states()).toEqual([]);
  });

  it('waits for an instance that is still launching, unless the other assumption is made', () => {
    const patient = rehearse({ hooks: [launchHook] });
    patient.desire(1);
    patient.desire(0);
    expect(patient.states()).toEqual(['Pending:Wait']);
    patient.complete('start', patient.instance().id);
    expect(patient.states()).toEqual([]);

    const eager = rehearse({ hooks: [launchHook] }, { assumptions: { scaleInTakesPending: true } });
    eager.desire(1);
    eager.desire(0);
    expect(eager.states()).toEqual([]);
  });
});

describe('a Spot reclaim', () => {
  it('leaves two minutes, then takes the machine without asking the hook, and it is replaced', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [terminateHook] });
    const { id } = fleet.instance();
    fleet.notice(id, 120);
    fleet.wait(119);
    expect(fleet.states()).toEqual(['InService']);
    fleet.wait(1);
    expect(fleet.lifeOf(id)).toEqual(['Pending', 'InService', 'Terminated']);
    expect(fleet.states()).toEqual(['InService']);
    expect(fleet.instance().id).not.toBe(id);
    expect(fleet.complete('stop', id)).toMatchObject({
      code: 'ValidationError',
      message: `No active Lifecycle Action found with instance ID ${id}`,
    });
  });

  it('ends a wait in the terminate hook', () => {
    const fleet = rehearse({ desiredCapacity: 1, hooks: [terminateHook] });
    const { id } = fleet.instance();
    fleet.notice(id, 120);
    fleet.desire(0);
    fleet.wait(120);
    expect(fleet.states()).toEqual([]);
    expect(fleet.activities().map(({ description, status }) => [description.split(' EC2')[0], status])).toEqual([
      ['Launching a new', 'Successful'],
      ['Terminating', 'Successful'],
    ]);
  });

  it('ends a launch that its hook still holds', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(1);
    const { id } = fleet.instance();
    fleet.notice(id, 120);
    fleet.wait(120);
    expect(fleet.lifeOf(id)).toEqual(['Pending', 'Pending:Wait', 'Terminated']);
    expect(
      fleet.activities().find(({ description }) => description.includes(`Launching a new EC2 instance: ${id}`))?.status,
    ).toBe('Cancelled');
  });

  it('is announced once, and a second notice moves nothing', () => {
    const fleet = rehearse({ desiredCapacity: 1 });
    const { id } = fleet.instance();
    fleet.notice(id, 120);
    fleet.wait(60);
    fleet.notice(id, 120);
    fleet.wait(60);
    expect(fleet.lifeOf(id)).toContain('Terminated');
    expect(fleet.changes.filter(({ kind }) => kind === 'spot notice')).toHaveLength(1);
  });
});

describe('a launch that EC2 refuses', () => {
  it('is recorded as failed, tried again each minute, and succeeds when there is capacity', () => {
    const reason = 'Could not launch Spot Instances. UnfulfillableCapacity';
    const fleet = rehearse();
    fleet.refuseLaunches(reason);
    fleet.desire(1);
    fleet.desire(2);
    fleet.wait(119);
    expect(fleet.states()).toEqual([]);
    expect(fleet.activities().map(({ status, statusMessage }) => [status, statusMessage])).toEqual([
      ['Failed', reason],
      ['Failed', reason],
    ]);
    fleet.refuseLaunches(undefined);
    expect(fleet.states()).toEqual(['InService', 'InService']);
  });
});

describe('the activities', () => {
  it('tell a launch from its request to its end, in AWS’s words', () => {
    const fleet = rehearse({ hooks: [launchHook] }, { bootSeconds: 40 });
    fleet.desire(1);
    const { id } = fleet.instance();
    expect(fleet.activities()).toEqual([
      expect.objectContaining({
        description: `Launching a new EC2 instance: ${id}`,
        cause:
          'At 2026-01-01T00:00:00Z a user request explicitly set group desired capacity changing the desired capacity from 0 to 1.' +
          '  At 2026-01-01T00:00:00Z an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 1.',
        status: 'PreInService',
      }),
    ]);
    fleet.wait(40);
    expect(fleet.activities()[0]).toHaveProperty('status', 'MidLifecycleAction');
    fleet.complete('start', id);
    expect(fleet.activities()[0]).toMatchObject({ status: 'Successful', endedAt: Date.UTC(2026, 0, 1, 0, 0, 40) });
  });

  it('say with which token a launch was abandoned, and how', () => {
    const fleet = rehearse({ hooks: [launchHook] });
    fleet.desire(2);
    const [byHand, late] = fleet.group().instances;
    if (!byHand || !late) throw new Error('two instances were asked for');
    fleet.complete('start', byHand.id, 'ABANDON');
    fleet.wait(200);
    const messages = fleet.activities().flatMap(({ statusMessage }) => statusMessage ?? []);
    expect(messages.slice(0, 2)).toEqual([
      `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${byHand.actions[0]?.token} was abandoned: Lifecycle Action Completed with ABANDON Result`,
      `Instance failed to complete user's Lifecycle Action: Lifecycle Action with token ${late.actions[0]?.token} was abandoned: Heartbeat Timeout`,
    ]);
  });

  it('say who or what ended an instance', () => {
    const fleet = rehearse({ desiredCapacity: 3 });
    const [first, second, third] = fleet.group().instances.map(({ id }) => id);
    fleet.terminate(first ?? '', true);
    fleet.notice(second ?? '', 0);
    fleet.wait(0);
    fleet.desire(1);
    const causes = fleet
      .activities()
      .flatMap(({ description, cause }) => (description.startsWith('Terminating') ? [cause] : []));
    expect(causes).toEqual([
      `At 2026-01-01T00:00:00Z instance ${first} was taken out of service in response to a user request, shrinking the capacity from 3 to 2.`,
      'At 2026-01-01T00:00:00Z an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.',
      'At 2026-01-01T00:00:00Z a user request explicitly set group desired capacity changing the desired capacity from 2 to 1.' +
        '  At 2026-01-01T00:00:00Z an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 2 to 1.' +
        `  At 2026-01-01T00:00:00Z instance ${third} was selected for termination.`,
    ]);
  });

  it('leave none open when everything has come to rest', () => {
    const fleet = rehearse({ hooks: [launchHook, terminateHook] }, { bootSeconds: 40, proceedSeconds: 5 });
    fleet.desire(3);
    fleet.wait(60);
    fleet.complete('start', fleet.instance().id);
    fleet.wait(60);
    fleet.desire(0);
    fleet.wait(10_000);
    expect(fleet.states()).toEqual([]);
    expect(fleet.activities().filter(({ endedAt }) => endedAt === undefined)).toEqual([]);
    expect(nextDue(fleet.world())).toBeUndefined();
  });
});

describe('the target lifecycle state of IMDS', () => {
  it('is absent until the machine has booted, then InService, then Terminated, and never a wait', () => {
    const fleet = rehearse({ hooks: [launchHook, terminateHook] }, { bootSeconds: 40, proceedSeconds: 5 });
    fleet.desire(1);
    const { id } = fleet.instance();
    const target = () => [fleet.states()[0], targetLifecycleState(fleet.world(), id)];
    const seen = [target()];
    for (const step of [
      () => fleet.wait(40),
      () => fleet.complete('start', id),
      () => fleet.wait(5),
      () => fleet.desire(0),
      () => fleet.complete('stop', id),
      () => fleet.wait(5),
    ]) {
      step();
      seen.push(target());
    }
    expect(seen).toEqual([
      ['Pending', undefined],
      ['Pending:Wait', 'InService'],
      ['Pending:Proceed', 'InService'],
      ['InService', 'InService'],
      ['Terminating:Wait', 'Terminated'],
      ['Terminating:Proceed', 'Terminated'],
      [undefined, undefined],
    ]);
  });
});

describe('time', () => {
  it('brings about in one leap what it brings about step by step', () => {
    const options = [{ hooks: [launchHook, terminateHook] }, { bootSeconds: 40, proceedSeconds: 5 }] as const;
    const leaping = rehearse(...options);
    const walking = rehearse(...options);
    for (const fleet of [leaping, walking]) fleet.desire(2);
    leaping.wait(1000);
    for (let second = 0; second < 1000; second += 1) walking.wait(1);
    expect(leaping.world()).toEqual(walking.world());
    expect(leaping.changes).toEqual(walking.changes);
  });
});
