import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { motoPython, startMoto, type Moto } from './moto.ts';
import { describeWith } from './tools.ts';

const python = await motoPython();

const region = 'eu-north-1';
const signedFor = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`;

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeWith(python, 'moto', (path) => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto(path);
  });
  afterAll(() => moto.close());

  const states = async <T>(operation: string, body: object): Promise<T> => {
    const response = await fetch(moto.url, {
      method: 'POST',
      headers: {
        authorization: signedFor('states'),
        'x-amz-target': `AWSStepFunctions.${operation}`,
        'content-type': 'application/x-amz-json-1.0',
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const machine = async (name: string, definition: object): Promise<string> => {
    const { stateMachineArn } = await states<{ stateMachineArn: string }>('CreateStateMachine', {
      name,
      definition: JSON.stringify(definition),
      roleArn: 'arn:aws:iam::123456789012:role/machine',
    });
    return stateMachineArn;
  };
  const run = async (stateMachineArn: string, input: object): Promise<{ status: string; output?: string }> => {
    const { executionArn } = await states<{ executionArn: string }>('StartExecution', {
      stateMachineArn,
      input: JSON.stringify(input),
    });
    for (;;) {
      const execution = await states<{ status: string; output?: string }>('DescribeExecution', { executionArn });
      if (execution.status !== 'RUNNING') return execution;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${moto.url}/restapis${path}`, {
      method,
      headers: { authorization: signedFor('apigateway'), 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const clientWithGroup = async (): Promise<AutoScalingClient> => {
    const client = new AutoScalingClient({
      endpoint: moto.url,
      region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    const query = new URLSearchParams({
      Action: 'CreateLaunchTemplate',
      Version: '2016-11-15',
      LaunchTemplateName: 'runner',
      'LaunchTemplateData.ImageId': 'ami-12c6146b',
      'LaunchTemplateData.InstanceType': 'm5.large',
    });
    await fetch(moto.url, { method: 'POST', headers: { authorization: signedFor('ec2') }, body: query });
    await client.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'fleet',
        MinSize: 0,
        MaxSize: 2,
        DesiredCapacity: 0,
        AvailabilityZones: ['eu-north-1a'],
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateName: 'runner', Version: '$Latest' },
            Overrides: [{ InstanceType: 'm5.large' }],
          },
        },
      }),
    );
    return client;
  };
  beforeEach(async () => {
    await fetch(`${moto.url}/moto-api/reset`, { method: 'POST' });
  });

  it('runs a machine that calls another service and looks into its answer', async () => {
    const client = await clientWithGroup();
    const arn = await machine('look', {
      StartAt: 'Look',
      States: {
        Look: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:autoscaling:describeAutoScalingGroups',
          Parameters: { 'AutoScalingGroupNames.$': 'States.Array($.group)' },
          ResultSelector: { 'desired.$': '$.AutoScalingGroups[0].DesiredCapacity' },
          End: true,
        },
      },
    });
    const { status, output = '{}' } = await run(arn, { group: 'fleet' });
    expect([status, JSON.parse(output)]).toEqual(['SUCCEEDED', { desired: 0 }]);
    client.destroy();
  });

  it('names executions that were given no name', async () => {
    const arn = await machine('nothing', { StartAt: 'Nothing', States: { Nothing: { Type: 'Pass', End: true } } });
    for (const turn of [1, 2]) expect(await run(arn, { turn })).toMatchObject({ status: 'SUCCEEDED' });
    const { executions } = await states<{ executions: { name: string }[] }>('ListExecutions', { stateMachineArn: arn });
    expect(executions.map(({ name }) => name)).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36}$/),
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });

  it('refuses an execution with an illegal name, and starts none', async () => {
    const arn = await machine('nobody', { StartAt: 'Nothing', States: { Nothing: { Type: 'Pass', End: true } } });
    const start = (stateMachineArn: string): Promise<unknown> =>
      states('StartExecution', { stateMachineArn, name: 'ignored:event' });
    await expect(start(arn)).rejects.toThrow(/^StartExecution: 400 .*"InvalidName"/);
    await expect(start(`${arn}-gone`)).rejects.toThrow(/^StartExecution: 400 .*"StateMachineDoesNotExist"/);
    expect(await states('ListExecutions', { stateMachineArn: arn })).toMatchObject({ executions: [] });
  });

  it('keeps the mixed policy of a group when only its size is updated', async () => {
    const client = await clientWithGroup();
    await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'fleet', DesiredCapacity: 1 }));
    const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(AutoScalingGroups).toMatchObject([
      {
        DesiredCapacity: 1,
        MixedInstancesPolicy: { LaunchTemplate: { Overrides: [{ InstanceType: 'm5.large' }] } },
      },
    ]);
    client.destroy();
  });

  it('launches from a later version of a launch template with user data', async () => {
    const client = await clientWithGroup();
    const query = new URLSearchParams({
      Action: 'CreateLaunchTemplateVersion',
      Version: '2016-11-15',
      LaunchTemplateName: 'runner',
      'LaunchTemplateData.ImageId': 'ami-12c6146b',
      'LaunchTemplateData.UserData': Buffer.from('#!/bin/bash').toString('base64'),
    });
    await fetch(moto.url, { method: 'POST', headers: { authorization: signedFor('ec2') }, body: query });
    await client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'fleet', DesiredCapacity: 1 }));
    const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(AutoScalingGroups).toMatchObject([{ Instances: [{ LifecycleState: 'InService' }] }]);
    client.destroy();
  });

  it('updates a method of an API and its integration', async () => {
    const { id, rootResourceId } = await api<{ id: string; rootResourceId: string }>('POST', '', { name: 'webhook' });
    const method = `/${id}/resources/${rootResourceId}/methods/POST`;
    await api('PUT', method, { authorizationType: 'NONE', apiKeyRequired: false });
    await api('PUT', `${method}/integration`, {
      type: 'AWS',
      httpMethod: 'POST',
      uri: 'arn:aws:apigateway:eu-north-1:states:action/StartExecution',
      passthroughBehavior: 'NEVER',
      requestTemplates: { 'application/json': 'old', 'text/plain': 'gone' },
    });
    await api('PATCH', method, {
      patchOperations: [{ op: 'replace', path: '/apiKeyRequired', value: 'true' }],
    });
    await api('PATCH', `${method}/integration`, {
      patchOperations: [
        { op: 'replace', path: '/requestTemplates/application~1json', value: 'new' },
        { op: 'remove', path: '/requestTemplates/text~1plain' },
        { op: 'replace', path: '/passthroughBehavior', value: 'WHEN_NO_MATCH' },
      ],
    });
    expect(await api('GET', method)).toMatchObject({
      apiKeyRequired: true,
      methodIntegration: { passthroughBehavior: 'WHEN_NO_MATCH', requestTemplates: { 'application/json': 'new' } },
    });
    expect(JSON.stringify(await api('GET', method))).not.toContain('gone');
  });

  it('gives the resource policy of an API in the form of API Gateway', async () => {
    const { id, policy } = await api<{ id: string; policy: string }>('POST', '', {
      name: 'webhook',
      policy: '{"Condition":"10.0.0.0/8"}',
    });
    expect(policy).toBe('{\\"Condition\\":\\"10.0.0.0\\/8\\"}');
    expect(await api('GET', `/${id}`)).toMatchObject({ policy });
    expect(await api('POST', '', { name: 'open' })).toMatchObject({ policy: null });
  });

  it('needs every repair that is made to it', () => {
    expect(moto.log()).not.toContain('WARNING');
  });

  it('ends when it is closed, and may be closed twice', async () => {
    const other = await startMoto(path);
    expect(isAlive(other.pid)).toBe(true);
    await other.close();
    expect(isAlive(other.pid)).toBe(false);
    await other.close();
  });

  it('ends when the process that started it is killed', async () => {
    const code = `import { startMoto } from ${JSON.stringify(new URL('moto.ts', import.meta.url).href)};
      console.log((await startMoto(${JSON.stringify(path)})).pid);`;
    const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    const patience = AbortSignal.timeout(5_000);
    while (isAlive(pid) && !patience.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isAlive(pid)).toBe(false);
  });

  it('says why it did not start', async () => {
    await expect(startMoto('/bin/false')).rejects.toThrow(/^moto did not start: /);
  });
});
