import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { GroupPort } from '../../../../ami/agent/ports/group.ts';
import { connectGroup } from '../../../../ami/agent/ports/group.ts';
import type { ManualClock } from '../../../../rehearsal/auto-scaling/clock.ts';
import { manualClock } from '../../../../rehearsal/auto-scaling/clock.ts';
import type { Fault } from '../../../../rehearsal/auto-scaling/faults.ts';
import type { Operation } from '../../../../rehearsal/auto-scaling/operations.ts';
import type { AutoScalingDouble } from '../../../../rehearsal/auto-scaling/server.ts';
import { startAutoScaling } from '../../../../rehearsal/auto-scaling/server.ts';

const name = 'glab-runner-test';
const hooks = { launch: 'glab-runner-test-start', terminate: 'glab-runner-test-stop' };
const region = 'eu-north-1';

let clock: ManualClock;
let autoScaling: AutoScalingDouble;
let client: AutoScalingClient;
let group: GroupPort;
let me: string;

beforeEach(async () => {
  clock = manualClock();
  autoScaling = await startAutoScaling({
    clock,
    groups: [
      {
        name,
        minSize: 1,
        maxSize: 4,
        desiredCapacity: 2,
        availabilityZones: [`${region}a`],
        hooks: [
          {
            name: hooks.terminate,
            transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
            heartbeatTimeout: 200,
            defaultResult: 'CONTINUE',
          },
        ],
      },
    ],
  });
  client = new AutoScalingClient({
    endpoint: autoScaling.url,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  me = autoScaling.snapshot().groups[0]?.instances[0]?.id ?? '';
  group = connectGroup(client, { name, instanceId: me, hooks });
});
afterEach(async () => {
  client.destroy();
  await autoScaling.close();
});

const done = { kind: 'done' };
const refused = (why: string) => ({ kind: 'refused', why: expect.stringContaining(why) as string });
const unknown = { kind: 'unknown', why: expect.stringMatching(/.+: /) as string };

const desired = (): number | undefined => autoScaling.snapshot().groups[0]?.desiredCapacity;
const state = (): string | undefined => autoScaling.snapshot().groups[0]?.instances.find(({ id }) => id === me)?.state;

describe('the group of an instance', () => {
  it('is described with its sizes and its instances', async () => {
    const [one, two] = autoScaling.snapshot().groups[0]?.instances ?? [];
    expect(await group.describe()).toEqual({
      kind: 'group',
      group: {
        desired: 2,
        min: 1,
        max: 4,
        instances: [
          { id: one?.id, lifecycleState: 'InService' },
          { id: two?.id, lifecycleState: 'InService' },
        ],
      },
    });
  });

  it('is described with those that leave', async () => {
    await group.terminate(true);
    const answer = await group.describe();
    expect(answer.kind === 'group' && answer.group?.instances[0]).toEqual({
      id: me,
      lifecycleState: 'Terminating:Wait',
    });
  });

  it('is not there: that is an answer, and no failure', async () => {
    const other = connectGroup(client, { name: 'no-such-group', instanceId: me, hooks });
    expect(await other.describe()).toEqual({ kind: 'group', group: undefined });
    expect(await other.setDesiredCapacity(1)).toEqual(refused('ValidationError'));
  });

  it('is set to a capacity, though it was changed a moment ago', async () => {
    expect(await group.setDesiredCapacity(3)).toEqual(done);
    expect(await group.setDesiredCapacity(4)).toEqual(done);
    expect(desired()).toBe(4);
  });

  it.each([
    [0, 'below min value'],
    [5, 'above max value'],
  ])('is not set to %d', async (capacity, why) => {
    expect(await group.setDesiredCapacity(capacity)).toEqual(refused(why));
    expect(desired()).toBe(2);
  });
});

describe('an instance that leaves', () => {
  it('lowers the capacity, or does not, as it is told', async () => {
    expect(await group.terminate(true)).toEqual(done);
    expect([desired(), state()]).toEqual([1, 'Terminating:Wait']);
  });

  it('is replaced when it does not lower it', async () => {
    expect(await group.terminate(false)).toEqual(done);
    expect([desired(), state()]).toEqual([2, 'Terminating:Wait']);
    expect(autoScaling.snapshot().groups[0]?.instances).toHaveLength(3);
  });

  it('is refused when the group is at its minimum, and stays', async () => {
    await group.setDesiredCapacity(1);
    const [left] = autoScaling.snapshot().groups[0]?.instances.filter((each) => each.state === 'InService') ?? [];
    const last = connectGroup(client, { name, instanceId: left?.id ?? '', hooks });
    expect(await last.terminate(true)).toEqual(refused("violate group's min size constraint"));
    expect(desired()).toBe(1);
  });

  it('is refused when it is leaving already, and nothing is lowered twice', async () => {
    await group.terminate(true);
    expect(await group.terminate(true)).toEqual(refused('ScalingActivityInProgress'));
    expect(desired()).toBe(1);
  });

  it('is refused when the group does not know it', async () => {
    const stranger = connectGroup(client, { name, instanceId: 'i-00000000000000000', hooks });
    expect(await stranger.terminate(true)).toEqual(refused('No managed instance found'));
  });

  it('is held by its hook as long as it sends heartbeats', async () => {
    await group.terminate(true);
    clock.advance(199_000);
    expect(await group.recordHeartbeat('terminate')).toEqual(done);
    clock.advance(199_000);
    expect(state()).toBe('Terminating:Wait');
    clock.advance(2000);
    expect(state()).toBeUndefined();
  });

  it('goes when it completes the hook', async () => {
    await group.terminate(true);
    expect(await group.complete('terminate', 'CONTINUE')).toEqual(done);
    expect(state()).toBeUndefined();
  });

  it.each([
    ['a heartbeat', () => group.recordHeartbeat('terminate')],
    ['completing it', () => group.complete('terminate', 'CONTINUE')],
  ])('is refused %s when no hook holds it', async (_, call) => {
    expect(await call()).toEqual(refused('No active Lifecycle Action found'));
  });
});

describe('a service that fails', () => {
  const calls: readonly (readonly [operation: Operation, call: () => Promise<unknown>])[] = [
    ['DescribeAutoScalingGroups', () => group.describe()],
    ['SetDesiredCapacity', () => group.setDesiredCapacity(3)],
    ['TerminateInstanceInAutoScalingGroup', () => group.terminate(true)],
    ['RecordLifecycleActionHeartbeat', () => group.recordHeartbeat('terminate')],
    ['CompleteLifecycleAction', () => group.complete('terminate', 'CONTINUE')],
  ];
  const error = (status: number, code: string): Fault => ({ kind: 'error', status, code, message: 'made by the test' });

  it.each(calls)('has done nothing when it throttles %s', async (operation, call) => {
    autoScaling.faults.add(operation, error(400, 'Throttling'));
    expect(await call()).toEqual(refused('Throttling: made by the test'));
  });

  it.each(calls)('leaves open what came of %s when it answers 500', async (operation, call) => {
    autoScaling.faults.add(operation, error(500, 'InternalFailure'));
    expect(await call()).toEqual(unknown);
  });

  it.each(calls)('leaves open what came of %s when the connection is cut', async (operation, call) => {
    autoScaling.faults.add(operation, { kind: 'lost response' });
    expect(await call()).toEqual(unknown);
  });

  it('may have done what nobody heard of', async () => {
    autoScaling.faults.add('TerminateInstanceInAutoScalingGroup', { kind: 'lost response' });
    expect(await group.terminate(true)).toEqual(unknown);
    expect([desired(), state()]).toEqual([1, 'Terminating:Wait']);
  });

  it('is asked once: a client of one attempt sends no second request', async () => {
    autoScaling.faults.add('TerminateInstanceInAutoScalingGroup', error(503, 'ServiceUnavailable'));
    expect(await group.terminate(true)).toEqual(unknown);
    expect([desired(), state()]).toEqual([2, 'InService']);
  });
});

it('takes an answer without sizes or instances for an empty group, and one without groups for none', async () => {
  const answering = (answer: object) =>
    connectGroup({ send: () => Promise.resolve(answer) } as never, { name, instanceId: me, hooks }).describe();
  const empty = { desired: 0, min: 0, max: 0, instances: [] };
  expect(await answering({ AutoScalingGroups: [{}] })).toEqual({ kind: 'group', group: empty });
  expect(await answering({ AutoScalingGroups: [{ Instances: [{}] }] })).toEqual({
    kind: 'group',
    group: { ...empty, instances: [{ id: '', lifecycleState: '' }] },
  });
  expect(await answering({})).toEqual({ kind: 'group', group: undefined });
});
