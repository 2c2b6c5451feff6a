import {
  AutoScalingServiceException,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  paginateDescribeAutoScalingGroups,
  RecordLifecycleActionHeartbeatCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
  type AutoScalingClient,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import type { GroupOptions } from '../../../rehearsal/auto-scaling/server.ts';
import { launchHook, terminateHook } from './rehearse.ts';

/** An Auto Scaling service with these groups in it and nothing else, and a client that does not retry. */
export interface Subject {
  readonly client: AutoScalingClient;
  close(): Promise<void>;
}
export type MakeSubject = (groups: readonly GroupOptions[]) => Promise<Subject>;

const fleet: GroupOptions = {
  name: 'fleet',
  minSize: 0,
  maxSize: 4,
  availabilityZones: ['eu-north-1a', 'eu-north-1b'],
};
const named = { AutoScalingGroupName: 'fleet' };

const groupIn = async (client: AutoScalingClient): Promise<AutoScalingGroup> => {
  const { AutoScalingGroups } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['fleet'] }),
  );
  const [group] = AutoScalingGroups ?? [];
  if (!group) throw new Error('the group fleet is not described');
  return group;
};
const idsOf = ({ Instances = [] }: AutoScalingGroup): string[] => Instances.map(({ InstanceId = '' }) => InstanceId);
const oneId = async (client: AutoScalingClient): Promise<string> => idsOf(await groupIn(client))[0] ?? 'none';
const sizes = ({ MinSize, DesiredCapacity, MaxSize, Instances }: AutoScalingGroup) => [
  MinSize,
  DesiredCapacity,
  MaxSize,
  Instances?.length,
];

/** Name, status and message of what the service answered instead of doing it. */
async function refusal(promise: Promise<unknown>): Promise<readonly [string, number | undefined, string]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AutoScalingServiceException) return [error.name, error.$metadata.httpStatusCode, error.message];
  throw new Error('expected a refusal of the service', { cause: error });
}

interface Case {
  readonly groups?: readonly Partial<GroupOptions>[];
  readonly check: (client: AutoScalingClient) => Promise<void>;
}

/** What EC2 Auto Scaling owes its callers, as far as the fleet depends on it. */
const cases: Readonly<Record<string, Case>> = {
  'describes a group and its instances in service': {
    groups: [{ desiredCapacity: 2, minSize: 1 }],
    check: async (client) => {
      const group = await groupIn(client);
      expect(sizes(group)).toEqual([1, 2, 4, 2]);
      expect(group.Instances).toMatchObject([
        { LifecycleState: 'InService', HealthStatus: 'Healthy', ProtectedFromScaleIn: false },
        { LifecycleState: 'InService', HealthStatus: 'Healthy', ProtectedFromScaleIn: false },
      ]);
      expect(new Set(idsOf(group)).size).toBe(2);
    },
  },
  'describes nothing for a group that is not there': {
    check: async (client) => {
      const { AutoScalingGroups } = await client.send(
        new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['other'] }),
      );
      expect(AutoScalingGroups).toEqual([]);
    },
  },
  'pages groups': {
    groups: ['a', 'b', 'c'].map((name) => ({ name })),
    check: async (client) => {
      const pages: (readonly (string | undefined)[])[] = [];
      for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups({ client, pageSize: 2 }, {})) {
        pages.push(AutoScalingGroups.map(({ AutoScalingGroupName }) => AutoScalingGroupName));
      }
      expect(pages).toEqual([['a', 'b'], ['c']]);
    },
  },
  'finds groups by tag': {
    groups: [{ name: 'a' }, { name: 'b', tags: [{ key: 'team', value: 'ci', propagateAtLaunch: true }] }],
    check: async (client) => {
      const { AutoScalingGroups } = await client.send(
        new DescribeAutoScalingGroupsCommand({ Filters: [{ Name: 'tag:team', Values: ['ci'] }] }),
      );
      expect(AutoScalingGroups).toMatchObject([
        { AutoScalingGroupName: 'b', Tags: [{ Key: 'team', Value: 'ci', PropagateAtLaunch: true }] },
      ]);
      expect(AutoScalingGroups).toHaveLength(1);
    },
  },
  'refuses a token that it did not give': {
    check: async (client) => {
      const answer = client.send(new DescribeAutoScalingGroupsCommand({ NextToken: 'made up' }));
      expect((await refusal(answer)).slice(0, 2)).toEqual(['InvalidNextToken', 400]);
    },
  },
  'describes instances by id and passes over ids that are not there': {
    groups: [{ desiredCapacity: 2 }],
    check: async (client) => {
      const InstanceId = await oneId(client);
      const { AutoScalingInstances } = await client.send(
        new DescribeAutoScalingInstancesCommand({ InstanceIds: ['i-0123456789abcdef0', InstanceId] }),
      );
      expect(AutoScalingInstances).toMatchObject([
        { InstanceId, AutoScalingGroupName: 'fleet', LifecycleState: 'InService' },
      ]);
      expect(AutoScalingInstances).toHaveLength(1);
    },
  },
  'scales out and in by SetDesiredCapacity': {
    check: async (client) => {
      const seen = [];
      for (const DesiredCapacity of [3, 1, 0]) {
        await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity }));
        seen.push(sizes(await groupIn(client)));
      }
      expect(seen).toEqual([
        [0, 3, 4, 3],
        [0, 1, 4, 1],
        [0, 0, 4, 0],
      ]);
    },
  },
  'refuses a desired capacity above the maximum': {
    check: async (client) => {
      expect(await refusal(client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 5 })))).toEqual([
        'ValidationError',
        400,
        'New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.',
      ]);
      expect(sizes(await groupIn(client))).toEqual([0, 0, 4, 0]);
    },
  },
  'refuses a desired capacity below the minimum': {
    groups: [{ minSize: 1 }],
    check: async (client) => {
      expect(await refusal(client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 0 })))).toEqual([
        'ValidationError',
        400,
        'New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.',
      ]);
    },
  },
  'refuses the desired capacity of a group that is not there': {
    check: async (client) => {
      const answer = client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'other', DesiredCapacity: 1 }));
      expect((await refusal(answer)).slice(0, 2)).toEqual(['ValidationError', 400]);
    },
  },
  'pulls the desired capacity along with the bounds': {
    check: async (client) => {
      await client.send(new UpdateAutoScalingGroupCommand({ ...named, MinSize: 2 }));
      expect(sizes(await groupIn(client))).toEqual([2, 2, 4, 2]);
      await client.send(new UpdateAutoScalingGroupCommand({ ...named, MinSize: 0, MaxSize: 1 }));
      expect(sizes(await groupIn(client))).toEqual([0, 1, 1, 1]);
    },
  },
  'refuses an update outside its own bounds': {
    check: async (client) => {
      const answer = client.send(new UpdateAutoScalingGroupCommand({ ...named, MaxSize: 2, DesiredCapacity: 3 }));
      expect(await refusal(answer)).toEqual([
        'ValidationError',
        400,
        'Desired capacity:3 must be between the specified min size:0 and max size:2',
      ]);
    },
  },
  'refuses an update with crossed bounds': {
    check: async (client) => {
      const answer = client.send(new UpdateAutoScalingGroupCommand({ ...named, MinSize: 3, MaxSize: 2 }));
      expect((await refusal(answer)).slice(0, 2)).toEqual(['ValidationError', 400]);
    },
  },
  'terminates an instance and lowers the desired capacity': {
    groups: [{ desiredCapacity: 2 }],
    check: async (client) => {
      const InstanceId = await oneId(client);
      const { Activity } = await client.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
      );
      expect(Activity).toMatchObject({
        AutoScalingGroupName: 'fleet',
        Description: `Terminating EC2 instance: ${InstanceId}`,
        StatusCode: 'InProgress',
        Cause: expect.stringContaining(
          `instance ${InstanceId} was taken out of service in response to a user request, shrinking the capacity from 2 to 1.`,
        ) as unknown,
      });
      const group = await groupIn(client);
      expect(sizes(group)).toEqual([0, 1, 4, 1]);
      expect(idsOf(group)).not.toContain(InstanceId);
    },
  },
  'replaces an instance that is terminated without decrement': {
    groups: [{ minSize: 1 }],
    check: async (client) => {
      const InstanceId = await oneId(client);
      await client.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: false }),
      );
      const group = await groupIn(client);
      expect(sizes(group)).toEqual([1, 1, 4, 1]);
      expect(idsOf(group)).not.toContain(InstanceId);
    },
  },
  'refuses a decrement below the minimum': {
    groups: [{ minSize: 1 }],
    check: async (client) => {
      const InstanceId = await oneId(client);
      const answer = client.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
      );
      expect(await refusal(answer)).toEqual([
        'ValidationError',
        400,
        "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
      ]);
      expect(idsOf(await groupIn(client))).toEqual([InstanceId]);
    },
  },
  'refuses a termination that does not say whether to decrement': {
    groups: [{ desiredCapacity: 1 }],
    check: async (client) => {
      const InstanceId = await oneId(client);
      const answer = client.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: undefined }),
      );
      expect((await refusal(answer)).slice(0, 2)).toEqual(['ValidationError', 400]);
    },
  },
  'refuses to terminate an instance that is in no group': {
    check: async (client) => {
      const InstanceId = 'i-0123456789abcdef0';
      const answer = client.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
      );
      expect(await refusal(answer)).toEqual([
        'ValidationError',
        400,
        `Instance Id not found - No managed instance found for instance ID: ${InstanceId}`,
      ]);
    },
  },
  'spares protected instances when it scales in': {
    groups: [{ desiredCapacity: 2 }],
    check: async (client) => {
      const [first = 'none', second = 'none'] = idsOf(await groupIn(client));
      await client.send(
        new SetInstanceProtectionCommand({ ...named, InstanceIds: [first], ProtectedFromScaleIn: true }),
      );
      await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 0 }));
      const group = await groupIn(client);
      expect(group.Instances).toMatchObject([{ InstanceId: first, ProtectedFromScaleIn: true }]);
      expect(idsOf(group)).not.toContain(second);
    },
  },
  'refuses to protect an instance of no group': {
    check: async (client) => {
      const InstanceIds = ['i-0123456789abcdef0'];
      const answer = client.send(
        new SetInstanceProtectionCommand({ ...named, InstanceIds, ProtectedFromScaleIn: true }),
      );
      expect((await refusal(answer)).slice(0, 2)).toEqual(['ValidationError', 400]);
    },
  },
  'records suspended processes, all of them when none is named': {
    check: async (client) => {
      const suspended = async () =>
        (await groupIn(client)).SuspendedProcesses?.map(({ ProcessName }) => ProcessName).sort();
      await client.send(new SuspendProcessesCommand({ ...named, ScalingProcesses: ['AZRebalance', 'Launch'] }));
      expect(await suspended()).toEqual(['AZRebalance', 'Launch']);
      await client.send(new ResumeProcessesCommand({ ...named, ScalingProcesses: ['Launch'] }));
      expect(await suspended()).toEqual(['AZRebalance']);
      await client.send(new SuspendProcessesCommand({ ...named }));
      expect(await suspended()).toHaveLength(9);
      await client.send(new ResumeProcessesCommand({ ...named }));
      expect(await suspended()).toEqual([]);
    },
  },
  'launches nothing while Launch is suspended': {
    check: async (client) => {
      await client.send(new SuspendProcessesCommand({ ...named, ScalingProcesses: ['Launch'] }));
      await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 1 }));
      expect(sizes(await groupIn(client))).toEqual([0, 1, 4, 0]);
    },
  },
  'describes hooks': {
    groups: [{ hooks: [launchHook, terminateHook] }],
    check: async (client) => {
      const { LifecycleHooks } = await client.send(
        new DescribeLifecycleHooksCommand({ ...named, LifecycleHookNames: ['start'] }),
      );
      expect(LifecycleHooks).toMatchObject([
        {
          LifecycleHookName: 'start',
          AutoScalingGroupName: 'fleet',
          LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          HeartbeatTimeout: 200,
          DefaultResult: 'ABANDON',
        },
      ]);
      expect(LifecycleHooks).toHaveLength(1);
    },
  },
  'ends a wait after a hundred heartbeats at the latest': {
    groups: [{ hooks: [launchHook] }],
    check: async (client) => {
      const { LifecycleHooks } = await client.send(new DescribeLifecycleHooksCommand(named));
      expect(LifecycleHooks).toMatchObject([{ HeartbeatTimeout: 200, GlobalTimeout: 20_000 }]);
    },
  },
  'holds an instance in its hooks, from launch to termination': {
    groups: [{ hooks: [launchHook, terminateHook] }],
    check: async (client) => {
      await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 1 }));
      const InstanceId = await oneId(client);
      const state = async () => (await groupIn(client)).Instances?.map(({ LifecycleState }) => LifecycleState);
      const complete = (LifecycleHookName: string) =>
        client.send(
          new CompleteLifecycleActionCommand({
            ...named,
            LifecycleHookName,
            InstanceId,
            LifecycleActionResult: 'CONTINUE',
          }),
        );
      expect(await state()).toEqual(['Pending:Wait']);
      await client.send(
        new RecordLifecycleActionHeartbeatCommand({ ...named, LifecycleHookName: 'start', InstanceId }),
      );
      await complete('start');
      expect(await state()).toEqual(['InService']);
      await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity: 0 }));
      expect(await state()).toEqual(['Terminating:Wait']);
      await complete('stop');
      expect(await state()).toEqual([]);
    },
  },
  'refuses to complete an action that nobody waits for': {
    groups: [{ desiredCapacity: 0, hooks: [launchHook] }],
    check: async (client) => {
      const InstanceId = 'i-0123456789abcdef0';
      const hook = { ...named, LifecycleHookName: 'start', InstanceId };
      const words = `No active Lifecycle Action found with instance ID ${InstanceId}`;
      for (const ask of [
        () => client.send(new CompleteLifecycleActionCommand({ ...hook, LifecycleActionResult: 'CONTINUE' })),
        () => client.send(new RecordLifecycleActionHeartbeatCommand(hook)),
      ]) {
        expect(await refusal(ask())).toEqual(['ValidationError', 400, words]);
      }
    },
  },
  'tells its activities, the newest first': {
    check: async (client) => {
      for (const DesiredCapacity of [1, 0]) {
        await client.send(new SetDesiredCapacityCommand({ ...named, DesiredCapacity }));
      }
      const { Activities = [] } = await client.send(new DescribeScalingActivitiesCommand(named));
      expect(Activities.map(({ Description }) => Description?.split(':')[0])).toEqual([
        'Terminating EC2 instance',
        'Launching a new EC2 instance',
      ]);
    },
  },
};

/**
 * Applies the contract to one service. `differences` names the parts that this service is known not to keep, with the reason:
 * those must fail, so that a service that learns to keep one is noticed.
 */
export function describeAutoScalingContract(
  name: string,
  make: MakeSubject,
  differences: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(differences).filter((title) => !(title in cases));
  if (unknown.length > 0) throw new Error(`the contract has no part ${unknown.join(', ')}`);

  describe(`${name} keeps the Auto Scaling contract: it`, () => {
    let subject: Subject | undefined;
    afterEach(async () => {
      await subject?.close();
      subject = undefined;
    });
    for (const [title, { groups = [{}], check }] of Object.entries(cases)) {
      const body = async () => {
        subject = await make(groups.map((group) => ({ ...fleet, ...group })));
        await check(subject.client);
      };
      const difference = differences[title];
      if (difference === undefined) it(title, body);
      else it.failing(`${title} (not so: ${difference})`, body);
    }
  });
}
