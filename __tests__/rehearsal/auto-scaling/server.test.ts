import {
  AutoScalingClient,
  AutoScalingServiceException,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  InvalidNextToken,
  LimitExceededFault,
  paginateDescribeAutoScalingGroups,
  RecordLifecycleActionHeartbeatCommand,
  ResourceContentionFault,
  ResumeProcessesCommand,
  ScalingActivityInProgressFault,
  SetDesiredCapacityCommand,
  SetInstanceProtectionCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
  type DescribeScalingActivitiesCommandInput,
} from '@aws-sdk/client-auto-scaling';
import { manualClock } from '../../../rehearsal/auto-scaling/clock.ts';
import {
  startAutoScaling,
  type AutoScalingDouble,
  type AutoScalingOptions,
  type Change,
  type GroupOptions,
} from '../../../rehearsal/auto-scaling/server.ts';
import { launchHook, terminateHook } from './rehearse.ts';

const clock = manualClock();
const opened: (AutoScalingDouble | AutoScalingClient)[] = [];

const fleet: GroupOptions = {
  name: 'fleet',
  minSize: 0,
  maxSize: 4,
  availabilityZones: ['eu-north-1a', 'eu-north-1b'],
};

async function start(group: Partial<GroupOptions> = {}, options: Partial<AutoScalingOptions> = {}) {
  const double = await startAutoScaling({ groups: [{ ...fleet, ...group }], clock, ...options });
  const client = clientOf(double);
  opened.push(double);
  return { double, client, ask: client.send.bind(client) };
}

function clientOf(double: AutoScalingDouble, accessKeyId = 'AKIATEST', maxAttempts = 1): AutoScalingClient {
  const client = new AutoScalingClient({
    endpoint: double.url,
    region: 'eu-north-1',
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts,
  });
  opened.push(client);
  return client;
}

afterEach(async () => {
  for (const each of opened.splice(0)) await (each instanceof AutoScalingClient ? each.destroy() : each.close());
});

const group = { AutoScalingGroupName: 'fleet' };
const firstInstance = (double: AutoScalingDouble): string => double.snapshot().groups[0]?.instances[0]?.id ?? 'none';
const refusal = (promise: Promise<unknown>): Promise<AutoScalingServiceException> =>
  promise.then(
    () => {
      throw new Error('expected a refusal');
    },
    (error: unknown) => {
      if (error instanceof AutoScalingServiceException) return error;
      throw error;
    },
  );

describe('the AWS SDK reads', () => {
  it('a group with all that was given for it', async () => {
    const { ask, double } = await start({
      desiredCapacity: 1,
      hooks: [launchHook],
      suspendedProcesses: ['AZRebalance'],
      vpcZoneIdentifier: 'subnet-1,subnet-2',
      tags: [{ key: 'Name', value: 'runner <&> "ü"', propagateAtLaunch: true }],
      mixedInstancesPolicy: {
        LaunchTemplate: {
          LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'runner', Version: '$Latest' },
          Overrides: [{ InstanceType: 'c6i.large' }, { InstanceType: 'm6i.large' }],
        },
        InstancesDistribution: { OnDemandBaseCapacity: 0, SpotAllocationStrategy: 'capacity-optimized' },
      },
    });
    const { AutoScalingGroups } = await ask(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['fleet'] }));
    expect(AutoScalingGroups).toEqual([
      {
        AutoScalingGroupName: 'fleet',
        AutoScalingGroupARN: expect.stringMatching(
          /^arn:aws:autoscaling:eu-north-1:123456789012:autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName\/fleet$/,
        ) as unknown,
        MinSize: 0,
        MaxSize: 4,
        DesiredCapacity: 1,
        DefaultCooldown: 300,
        AvailabilityZones: ['eu-north-1a', 'eu-north-1b'],
        LoadBalancerNames: [],
        TargetGroupARNs: [],
        HealthCheckType: 'EC2',
        HealthCheckGracePeriod: 0,
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'runner', Version: '$Latest' },
            Overrides: [{ InstanceType: 'c6i.large' }, { InstanceType: 'm6i.large' }],
          },
          InstancesDistribution: { OnDemandBaseCapacity: 0, SpotAllocationStrategy: 'capacity-optimized' },
        },
        Instances: [
          {
            InstanceId: expect.stringMatching(/^i-0[0-9a-f]{16}$/) as unknown,
            InstanceType: 'c6i.large',
            AvailabilityZone: 'eu-north-1a',
            LifecycleState: 'Pending:Wait',
            HealthStatus: 'Healthy',
            LaunchTemplate: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 'runner', Version: '$Latest' },
            ProtectedFromScaleIn: false,
          },
        ],
        CreatedTime: new Date(double.snapshot().groups[0]?.createdAt ?? 0),
        SuspendedProcesses: [
          {
            ProcessName: 'AZRebalance',
            SuspensionReason: expect.stringMatching(/^User suspended at \d{4}-/) as unknown,
          },
        ],
        VPCZoneIdentifier: 'subnet-1,subnet-2',
        EnabledMetrics: [],
        Tags: [
          {
            ResourceId: 'fleet',
            ResourceType: 'auto-scaling-group',
            Key: 'Name',
            Value: 'runner <&> "ü"',
            PropagateAtLaunch: true,
          },
        ],
        TerminationPolicies: ['Default'],
        NewInstancesProtectedFromScaleIn: false,
        CapacityRebalance: false,
      },
    ]);
  });

  it('an empty list for a group that is not there', async () => {
    const { ask } = await start();
    const answer = await ask(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['other'] }));
    expect(answer.AutoScalingGroups).toEqual([]);
    expect(answer.$metadata).toMatchObject({ httpStatusCode: 200, requestId: expect.any(String) as unknown });
  });

  it('groups page by page, by tag, and without their instances', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const { ask, client } = await start(
      {},
      {
        groups: names.map((name) => ({
          ...fleet,
          name,
          desiredCapacity: 1,
          tags: [{ key: 'half', value: name < 'c' ? 'first' : 'second', propagateAtLaunch: false }],
        })),
      },
    );
    const pages: string[][] = [];
    for await (const page of paginateDescribeAutoScalingGroups({ client, pageSize: 2 }, {})) {
      pages.push((page.AutoScalingGroups ?? []).map(({ AutoScalingGroupName = '' }) => AutoScalingGroupName));
    }
    expect(pages).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    for (const Filters of [
      [{ Name: 'tag:half', Values: ['first'] }],
      [
        { Name: 'tag-key', Values: ['half'] },
        { Name: 'tag-value', Values: ['first', 'third'] },
      ],
    ]) {
      const some = await ask(new DescribeAutoScalingGroupsCommand({ Filters, IncludeInstances: false }));
      expect(some.AutoScalingGroups?.map((each) => [each.AutoScalingGroupName, each.Instances])).toEqual([
        ['a', []],
        ['b', []],
      ]);
    }
  });

  it('instances, hooks and activities', async () => {
    const { ask, double } = await start({ desiredCapacity: 2, hooks: [launchHook, terminateHook] });
    const id = firstInstance(double);
    const instances = await ask(new DescribeAutoScalingInstancesCommand({ InstanceIds: [id, 'i-0123456789abcdef0'] }));
    expect(instances.AutoScalingInstances).toEqual([
      {
        InstanceId: id,
        InstanceType: 'm5.large',
        AutoScalingGroupName: 'fleet',
        AvailabilityZone: 'eu-north-1a',
        LifecycleState: 'Pending:Wait',
        HealthStatus: 'HEALTHY',
        ProtectedFromScaleIn: false,
      },
    ]);
    const hooks = await ask(new DescribeLifecycleHooksCommand({ ...group, LifecycleHookNames: ['stop'] }));
    expect(hooks.LifecycleHooks).toEqual([
      {
        LifecycleHookName: 'stop',
        AutoScalingGroupName: 'fleet',
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        HeartbeatTimeout: 200,
        GlobalTimeout: 20_000,
        DefaultResult: 'CONTINUE',
      },
    ]);
    await ask(
      new CompleteLifecycleActionCommand({
        ...group,
        LifecycleHookName: 'start',
        InstanceId: id,
        LifecycleActionResult: 'CONTINUE',
      }),
    );
    const read = async (input: DescribeScalingActivitiesCommandInput) =>
      (await ask(new DescribeScalingActivitiesCommand(input))).Activities?.map((each) => [
        each.StatusCode,
        each.Progress,
      ]);
    expect(await read(group)).toEqual([
      ['MidLifecycleAction', 60],
      ['Successful', 100],
    ]);
    expect(await read({ ...group, MaxRecords: 1 })).toHaveLength(1);
    expect(await read({ ActivityIds: [double.snapshot().activities[0]?.id ?? ''] })).toEqual([['Successful', 100]]);
  });

  it('answers in which no member is missing that the API reference requires', async () => {
    // "Required: Yes" in https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_Types.html
    const required = {
      AutoScalingGroup: [
        'AutoScalingGroupName',
        'MinSize',
        'MaxSize',
        'DesiredCapacity',
        'DefaultCooldown',
        'AvailabilityZones',
        'HealthCheckType',
        'CreatedTime',
      ],
      Instance: ['InstanceId', 'AvailabilityZone', 'LifecycleState', 'HealthStatus', 'ProtectedFromScaleIn'],
      AutoScalingInstanceDetails: [
        'InstanceId',
        'AutoScalingGroupName',
        'AvailabilityZone',
        'LifecycleState',
        'HealthStatus',
        'ProtectedFromScaleIn',
      ],
      Activity: ['ActivityId', 'AutoScalingGroupName', 'Cause', 'StartTime', 'StatusCode'],
    };
    const { ask, double } = await start({ desiredCapacity: 2, hooks: [terminateHook] });
    const { Activity } = await ask(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: firstInstance(double),
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    const { AutoScalingGroups = [] } = await ask(new DescribeAutoScalingGroupsCommand({}));
    const { AutoScalingInstances = [] } = await ask(new DescribeAutoScalingInstancesCommand({}));
    const { Activities = [] } = await ask(new DescribeScalingActivitiesCommand({}));
    const answers: Record<keyof typeof required, readonly object[]> = {
      AutoScalingGroup: AutoScalingGroups,
      Instance: AutoScalingGroups.flatMap(({ Instances = [] }) => Instances),
      AutoScalingInstanceDetails: AutoScalingInstances,
      Activity: [...Activities, ...(Activity ? [Activity] : [])],
    };
    expect(Object.values(answers).map(({ length }) => length)).toEqual([1, 2, 2, 4]);
    const absent = Object.entries(required).flatMap(([shape, members]) =>
      answers[shape as keyof typeof required].flatMap((answer) =>
        members.filter((member) => (answer as Record<string, unknown>)[member] === undefined),
      ),
    );
    expect(absent).toEqual([]);
  });
});

describe('the AWS SDK changes', () => {
  it('the desired capacity, and an instance lives through its hooks', async () => {
    const changes: Change[] = [];
    const { ask, double } = await start(
      { hooks: [launchHook, terminateHook] },
      { bootSeconds: 40, onChange: (change) => changes.push(change) },
    );
    await ask(new SetDesiredCapacityCommand({ ...group, DesiredCapacity: 1, HonorCooldown: false }));
    const InstanceId = firstInstance(double);
    const state = async () =>
      (await ask(new DescribeAutoScalingInstancesCommand({}))).AutoScalingInstances?.[0]?.LifecycleState;
    const complete = (LifecycleHookName: string) =>
      ask(
        new CompleteLifecycleActionCommand({
          ...group,
          LifecycleHookName,
          InstanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
      );
    expect(await state()).toBe('Pending');
    clock.advance(40_000);
    expect(await state()).toBe('Pending:Wait');
    clock.advance(150_000);
    await ask(new RecordLifecycleActionHeartbeatCommand({ ...group, LifecycleHookName: 'start', InstanceId }));
    clock.advance(150_000);
    await complete('start');
    expect(await state()).toBe('InService');
    expect(double.targetLifecycleState(InstanceId)).toBe('InService');

    const { Activity } = await ask(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
    );
    expect(Activity?.StatusCode).toBe('InProgress');
    expect(await state()).toBe('Terminating:Wait');
    expect(double.targetLifecycleState(InstanceId)).toBe('Terminated');
    await complete('stop');
    expect(await state()).toBeUndefined();
    expect(changes.map((change) => (change.kind === 'instance' ? change.state : change.kind))).toEqual([
      'desired capacity',
      'Pending',
      'Pending:Wait',
      'Pending:Proceed',
      'InService',
      'desired capacity',
      'Terminating',
      'Terminating:Wait',
      'Terminating:Proceed',
      'Terminated',
    ]);
  });

  it('sizes, protection and suspended processes', async () => {
    const { ask, double } = await start({ desiredCapacity: 1 });
    const InstanceIds = [firstInstance(double)];
    await ask(new SetInstanceProtectionCommand({ ...group, InstanceIds, ProtectedFromScaleIn: true }));
    await ask(new UpdateAutoScalingGroupCommand({ ...group, MinSize: 0, MaxSize: 3, DesiredCapacity: 0 }));
    expect(double.snapshot().groups[0]).toMatchObject({ maxSize: 3, instances: [{ state: 'InService' }] });
    await ask(new SuspendProcessesCommand({ ...group, ScalingProcesses: ['Terminate', 'Launch'] }));
    await ask(new SetInstanceProtectionCommand({ ...group, InstanceIds, ProtectedFromScaleIn: false }));
    expect(double.snapshot().groups[0]?.instances).toHaveLength(1);
    await ask(new ResumeProcessesCommand({ ...group, ScalingProcesses: ['Terminate'] }));
    expect(double.snapshot().groups[0]).toMatchObject({ instances: [], suspensions: [{ process: 'Launch' }] });
  });

  it('and the observer learns which key asked', async () => {
    const askers: string[] = [];
    const { double } = await start(
      {},
      { onChange: (change) => change.kind === 'desired capacity' && askers.push(change.by.accessKeyId) },
    );
    for (const [capacity, key] of ['AKIAWORKFLOW', 'AKIAAGENT'].entries()) {
      await clientOf(double, key).send(new SetDesiredCapacityCommand({ ...group, DesiredCapacity: capacity + 1 }));
    }
    expect(askers).toEqual(['AKIAWORKFLOW', 'AKIAAGENT']);
  });
});

describe('the AWS SDK is refused', () => {
  it('with its class for each error that the API models', async () => {
    const { ask, double } = await start({ desiredCapacity: 1, hooks: [launchHook] });
    const InstanceId = firstInstance(double);
    double.faults.add('SetDesiredCapacity', {
      kind: 'error',
      status: 500,
      code: 'ResourceContention',
      message: 'You already have a pending update',
    });
    const seen = [
      await refusal(ask(new DescribeAutoScalingGroupsCommand({ NextToken: 'made up' }))),
      await refusal(
        ask(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true })),
      ),
      await refusal(
        ask(
          new SetInstanceProtectionCommand({
            ...group,
            InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${index}`),
            ProtectedFromScaleIn: true,
          }),
        ),
      ),
      await refusal(ask(new SetDesiredCapacityCommand({ ...group, DesiredCapacity: 1 }))),
    ];
    expect(seen.map((error) => [error.constructor, error.name, error.$metadata.httpStatusCode, error.$fault])).toEqual([
      [InvalidNextToken, 'InvalidNextToken', 400, 'client'],
      [ScalingActivityInProgressFault, 'ScalingActivityInProgressFault', 400, 'client'],
      [LimitExceededFault, 'LimitExceededFault', 400, 'client'],
      [ResourceContentionFault, 'ResourceContentionFault', 500, 'server'],
    ]);
  });

  it('with ValidationError and the words of AWS for the rest', async () => {
    const { ask, double } = await start({ minSize: 1 });
    const InstanceId = firstInstance(double);
    const seen = [
      await refusal(ask(new SetDesiredCapacityCommand({ ...group, DesiredCapacity: 5 }))),
      await refusal(
        ask(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true })),
      ),
      await refusal(
        ask(new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: undefined })),
      ),
      await refusal(ask(new DescribeLifecycleHooksCommand({ AutoScalingGroupName: 'other' }))),
    ];
    expect(seen.map(({ name, message, $metadata }) => [name, $metadata.httpStatusCode, message])).toEqual([
      ['ValidationError', 400, 'New SetDesiredCapacity value 5 is above max value 4 for the AutoScalingGroup.'],
      [
        'ValidationError',
        400,
        "Currently, desiredSize equals minSize (1). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
      ],
      [
        'ValidationError',
        400,
        "1 validation error detected: Value null at 'shouldDecrementDesiredCapacity' failed to satisfy constraint: Member must not be null",
      ],
      ['ValidationError', 400, "AutoScalingGroup name not found - AutoScalingGroup 'other' not found"],
    ]);
  });
});

describe('a plain HTTP caller', () => {
  const signature =
    'AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/eu-north-1/autoscaling/aws4_request, SignedHeaders=host, Signature=00';
  const ask = (url: string, form: Record<string, string>, authorization?: string) =>
    fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ Version: '2011-01-01', ...form }),
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    }).then(async (response) => [response.status, await response.text()] as const);

  it('must sign, with any key', async () => {
    const { double } = await start();
    const action = { Action: 'DescribeAutoScalingGroups' };
    expect(await ask(double.url, action)).toEqual([
      403,
      expect.stringContaining('<Type>Sender</Type><Code>MissingAuthenticationToken</Code><Message>'),
    ]);
    expect(await ask(double.url, action, 'Bearer me')).toEqual([
      400,
      expect.stringContaining('<Code>IncompleteSignature</Code>'),
    ]);
    expect((await ask(double.url, action, signature))[0]).toBe(200);
  });

  it('is told of an action that does not exist, of another version, and of none', async () => {
    const { double } = await start();
    const code = async (form: Record<string, string>) => {
      const [status, body] = await ask(double.url, form, signature);
      return [status, /<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(body)?.slice(1).join(': ')];
    };
    expect(await code({ Action: 'MakeCoffee' })).toEqual([
      400,
      'InvalidAction: Could not find operation MakeCoffee for version 2011-01-01',
    ]);
    expect(await code({ Action: 'toString' })).toEqual([
      400,
      'InvalidAction: Could not find operation toString for version 2011-01-01',
    ]);
    expect(await code({ Action: 'DescribeAutoScalingGroups', Version: '2009-05-15' })).toEqual([
      400,
      'InvalidAction: Could not find operation DescribeAutoScalingGroups for version 2009-05-15',
    ]);
    expect(await code({})).toEqual([400, 'MissingAction: The request must contain the parameter Action.']);
  });

  it('may use GET, and gets the XML of the Query protocol', async () => {
    const { double } = await start();
    const response = await fetch(`${double.url}/?Action=DescribeAutoScalingInstances&Version=2011-01-01`, {
      headers: { authorization: signature },
    });
    const id = response.headers.get('x-amzn-requestid') ?? 'none';
    expect(await response.text()).toBe(
      '<DescribeAutoScalingInstancesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">' +
        '<DescribeAutoScalingInstancesResult><AutoScalingInstances></AutoScalingInstances></DescribeAutoScalingInstancesResult>' +
        `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></DescribeAutoScalingInstancesResponse>`,
    );
  });
});

describe('faults', () => {
  const set = (DesiredCapacity: number) => new SetDesiredCapacityCommand({ ...group, DesiredCapacity });
  const desired = (double: AutoScalingDouble) => double.snapshot().groups[0]?.desiredCapacity;
  const throttled = { kind: 'error', status: 400, code: 'Throttling', message: 'Rate exceeded' } as const;

  it('come one for each request, in order, and only for their operation', async () => {
    const { ask, double } = await start();
    double.faults.add('SetDesiredCapacity', throttled, { ...throttled, code: 'AccessDenied', status: 403 });
    expect(double.faults.waiting('SetDesiredCapacity')).toBe(2);
    await ask(new DescribeAutoScalingGroupsCommand({}));
    expect((await refusal(ask(set(1)))).name).toBe('Throttling');
    expect(await refusal(ask(set(1)))).toMatchObject({ name: 'AccessDenied', $metadata: { httpStatusCode: 403 } });
    expect(desired(double)).toBe(0);
    await ask(set(1));
    expect(desired(double)).toBe(1);
    double.faults.add('SetDesiredCapacity', throttled);
    double.faults.clear();
    await ask(set(2));
  });

  it('of the retryable kind are retried by an SDK that may', async () => {
    const { double } = await start();
    double.faults.add('SetDesiredCapacity', throttled);
    await clientOf(double, 'AKIATEST', 2).send(set(1));
    expect(desired(double)).toBe(1);
  });

  it('can lose the answer while the effect happens', async () => {
    const { ask, double } = await start();
    double.faults.add('SetDesiredCapacity', { kind: 'lost response' });
    await expect(ask(set(1))).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(desired(double)).toBe(1);
  });

  it('can hold up an answer whose effect is there, until it is released', async () => {
    const { ask, double } = await start();
    double.faults.add('SetDesiredCapacity', { kind: 'stall', effect: 'at once' });
    let answered = false;
    const request = ask(set(1)).then(() => (answered = true));
    while (desired(double) === 0) await new Promise(setImmediate);
    expect(answered).toBe(false);
    double.faults.release();
    await request;
  });

  it('can hold up a request, so that its effect comes late, also to a caller who hung up', async () => {
    const { ask, double } = await start();
    double.faults.add('SetDesiredCapacity', { kind: 'stall', effect: 'late', seconds: 130 });
    const impatient = new AbortController();
    const request = ask(set(1), { abortSignal: impatient.signal });
    while (double.faults.waiting('SetDesiredCapacity') > 0) await new Promise(setImmediate);
    impatient.abort();
    await expect(request).rejects.toThrow(/abort/i);
    clock.advance(129_000);
    await new Promise(setImmediate);
    expect(desired(double)).toBe(0);
    clock.advance(1_000);
    await new Promise(setImmediate);
    expect(desired(double)).toBe(1);
  });

  it('can show the world as it was before the last change, a number of times', async () => {
    const { ask, double } = await start();
    const read = async () =>
      (await ask(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups?.[0]?.DesiredCapacity;
    double.faults.add('DescribeAutoScalingGroups', { kind: 'stale', answers: 2 });
    await ask(set(1));
    await ask(set(2));
    // Nothing changes here, so the world before the last change stays the same.
    await ask(set(2));
    expect([await read(), await read(), await read()]).toEqual([1, 1, 2]);
  });

  it('can show it until told otherwise', async () => {
    const { ask, double } = await start();
    const instances = async () => (await ask(new DescribeAutoScalingInstancesCommand({}))).AutoScalingInstances?.length;
    await ask(set(1));
    double.faults.add('DescribeAutoScalingInstances', { kind: 'stale' });
    expect(double.faults.waiting('DescribeAutoScalingInstances')).toBe(Infinity);
    expect([await instances(), await instances(), await instances()]).toEqual([0, 0, 0]);
    double.faults.clear('DescribeAutoScalingInstances');
    expect(await instances()).toBe(1);
  });

  it('cannot make a write stale', async () => {
    const { double } = await start();
    expect(() => double.faults.add('SetDesiredCapacity', { kind: 'stale' })).toThrow(/give a Describe… operation/);
  });
});

describe('the double itself', () => {
  it('reclaims a Spot instance: notice, two minutes, gone', async () => {
    const { ask, double } = await start({ desiredCapacity: 1, hooks: [terminateHook] });
    const id = firstInstance(double);
    expect(double.spotNotice(id)).toBeUndefined();
    const end = double.reclaim(id);
    expect(end.getTime()).toBe(clock.now() + 120_000);
    expect(double.spotNotice(id)).toEqual(end);
    clock.advance(120_000);
    const { AutoScalingInstances } = await ask(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances).toHaveLength(1);
    expect(AutoScalingInstances?.[0]?.InstanceId).not.toBe(id);
    expect(() => double.reclaim(id)).toThrow(`there is no instance ${id} to reclaim`);
  });

  it('refuses launches until told otherwise, and the activities say why', async () => {
    const { ask, double } = await start();
    double.refuseLaunches('fleet', 'UnfulfillableCapacity');
    await ask(new SetDesiredCapacityCommand({ ...group, DesiredCapacity: 1 }));
    const { Activities } = await ask(new DescribeScalingActivitiesCommand(group));
    expect(Activities).toMatchObject([{ StatusCode: 'Failed', StatusMessage: 'UnfulfillableCapacity' }]);
    double.refuseLaunches('fleet');
    expect(double.snapshot().groups[0]?.instances).toHaveLength(1);
  });

  it('lets time do its work without being asked', async () => {
    const told: string[] = [];
    await start(
      { desiredCapacity: 1, hooks: [launchHook] },
      { bootSeconds: 40, onChange: (change) => change.kind === 'instance' && told.push(change.state) },
    );
    clock.advance(40_000);
    expect(told).toEqual(['Pending', 'Pending:Wait']);
    clock.advance(200_000);
    expect(told.slice(2)).toEqual(['Terminating', 'Pending', 'Terminated']);
  });

  it('tells changes in the order in which they happened, one at a time, also to an observer that acts', async () => {
    const told: string[] = [];
    const onChange = (change: Change): void => {
      told.push(change.kind === 'instance' ? change.state : change.kind);
      if (change.kind !== 'instance' || change.state !== 'Pending') return;
      double.reclaim(change.instanceId);
      told.push('reclaimed');
    };
    const { ask, double } = await start({}, { onChange });
    await ask(new SetDesiredCapacityCommand({ ...group, DesiredCapacity: 1 }));
    expect(told).toEqual(['desired capacity', 'Pending', 'reclaimed', 'InService', 'spot notice']);
  });

  it('makes the same ids from the same seed', async () => {
    const ids = [];
    for (const seed of ['one', 'one', 'two'])
      ids.push(firstInstance((await start({ desiredCapacity: 1 }, { seed })).double));
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe(ids[1]);
  });

  it.each([
    [{ minSize: 2, maxSize: 1 }, /0 ≤ min ≤ desired ≤ max, and are 2, 2, 1/],
    [{ availabilityZones: [] }, /needs at least one availability zone/],
    [{ hooks: [{ ...launchHook, heartbeatTimeout: 5 }] }, /must be 30 to 7200 seconds, and is 5/],
    [{ suspendedProcesses: ['Sleep'] }, /there is no process Sleep to suspend/],
  ])('does not start with a group that AWS would not make: %j', async (wrong, message) => {
    await expect(startAutoScaling({ groups: [{ ...fleet, ...wrong }] })).rejects.toThrow(message);
  });

  it('says which port is taken', async () => {
    const { double } = await start();
    const port = Number(new URL(double.url).port);
    await expect(startAutoScaling({ groups: [fleet], port })).rejects.toThrow(
      `EADDRINUSE: address already in use 127.0.0.1:${port}`,
    );
  });
});
