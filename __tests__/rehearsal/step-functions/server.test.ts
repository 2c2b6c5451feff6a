import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startDynamoDb, type DynamoDb } from '../../../rehearsal/dynamodb.ts';
import type { HistoryEvent, StepFunctions, StepFunctionsOptions } from '../../../rehearsal/step-functions/server.ts';
import { startStepFunctions } from '../../../rehearsal/step-functions/server.ts';

const region = 'eu-north-1';
const arnOf = (name: string): string => `arn:aws:states:${region}:123456789012:stateMachine:${name}`;

const machine = (states: object, more: object = {}): object => ({ StartAt: 'First', States: states, ...more });
const listTables = { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:dynamodb:listTables', Parameters: {} };

describe('the rehearsed Step Functions', () => {
  let dynamodb: DynamoDb;
  let silent: Server;
  let started: StepFunctions | undefined;

  beforeAll(async () => {
    dynamodb = await startDynamoDb({ table: { name: 'lock', hashKey: 'LockID', attributeType: 'S' }, region });
    silent = createServer(() => undefined);
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  });
  afterAll(async () => {
    silent.closeAllConnections();
    silent.close();
    await dynamodb.close();
  });
  afterEach(async () => {
    await started?.close();
    started = undefined;
  });

  const silentUrl = (): string => `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;

  const start = async (
    machines: Readonly<Record<string, object | string>>,
    more: Partial<StepFunctionsOptions> = {},
  ): Promise<StepFunctions> => {
    started = await startStepFunctions({
      region,
      stateMachines: Object.entries(machines).map(([name, definition]) => ({ arn: arnOf(name), name, definition })),
      endpoints: { dynamodb: dynamodb.url, autoscaling: dynamodb.url },
      waitScale: 0.001,
      ...more,
    });
    return started;
  };

  const call = async (
    operation: string,
    body: object | string,
  ): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> => {
    const answer = await fetch(started?.url ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': operation },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers };
  };
  const api = (operation: string, body: object | string) => call(`AWSStepFunctions.${operation}`, body);

  it('executes a machine, and tells how it went', async () => {
    const events: HistoryEvent[] = [];
    const { settled, executions, url } = await start(
      {
        fleet: machine({
          First: { Type: 'Pass', Parameters: { 'id.$': '$$.Execution.Name', 'n.$': '$.n' }, Next: 'Nap' },
          Nap: { Type: 'Wait', SecondsPath: '$.n', Next: 'Call' },
          Call: { ...listTables, ResultPath: '$.tables', Next: 'Last' },
          Last: { Type: 'Succeed' },
        }),
      },
      { onEvent: (_, event) => events.push(event) },
    );
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

    const answer = await api('StartExecution', { stateMachineArn: arnOf('fleet'), name: 'one', input: '{"n": 1}' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.0');
    expect(answer.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    const executionArn = `arn:aws:states:${region}:123456789012:execution:fleet:one`;
    expect(answer.body).toEqual({ executionArn, startDate: expect.any(Number) as number });
    // Seconds, as all times of the API.
    expect(Math.abs(Number(answer.body.startDate) - Date.now() / 1000)).toBeLessThan(60);

    await settled();
    expect(executions()).toMatchObject([
      { name: 'one', status: 'SUCCEEDED', states: ['First', 'Nap', 'Call', 'Last'] },
    ]);
    const { body: described } = await api('DescribeExecution', { executionArn });
    expect(described).toEqual({
      executionArn,
      stateMachineArn: arnOf('fleet'),
      name: 'one',
      status: 'SUCCEEDED',
      input: '{"n": 1}',
      output: '{"id":"one","n":1,"tables":{"TableNames":["lock"]}}',
      startDate: answer.body.startDate,
      stopDate: expect.any(Number) as number,
    });

    const { body: history } = await api('GetExecutionHistory', { executionArn });
    const wire = history.events as { type: string; id: number; previousEventId: number }[];
    expect(wire.map(({ type }) => type)).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'WaitStateEntered',
      'WaitStateExited',
      'TaskStateEntered',
      'TaskSucceeded',
      'TaskStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
    expect(wire[1]).toEqual({
      type: 'PassStateEntered',
      id: 2,
      previousEventId: 1,
      timestamp: expect.any(Number) as number,
      stateEnteredEventDetails: { name: 'First', input: '{"n":1}' },
    });
    expect(wire[6]).toMatchObject({
      taskSucceededEventDetails: { resourceType: 'aws-sdk:dynamodb', resource: 'listTables' },
    });
    expect(events.map(({ type }) => type)).toEqual(wire.map(({ type }) => type));
    const reversed = await api('GetExecutionHistory', { executionArn, reverseOrder: true });
    expect((reversed.body.events as { id: number }[])[0]?.id).toBe(wire.length);
  });

  it('fails as the machine says', async () => {
    const { settled } = await start({
      fleet: machine({ First: { Type: 'Fail', Error: 'Broken', CausePath: '$.why' } }),
    });
    await api('StartExecution', { stateMachineArn: arnOf('fleet'), name: 'one', input: '{"why": "by hand"}' });
    await settled();
    const { body } = await api('DescribeExecution', {
      executionArn: `${arnOf('fleet').replace('stateMachine', 'execution')}:one`,
    });
    expect(body).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'by hand' });
    expect(body).not.toHaveProperty('output');
  });

  it.each([
    ['a path that leads nowhere', { Type: 'Pass', Parameters: { 'a.$': '$.missing' }, End: true }, 'States.Runtime'],
    ['a wait of half a second', { Type: 'Wait', SecondsPath: '$.half', End: true }, 'States.Runtime'],
    ['a wait of less than nothing', { Type: 'Wait', SecondsPath: '$.less', End: true }, 'States.Runtime'],
    ['a wait of nobody knows', { Type: 'Wait', SecondsPath: '$.missing', End: true }, 'States.Runtime'],
  ])('ends at %s, which nothing catches', async (_, First, error) => {
    const { settled, executions } = await start({ fleet: machine({ First }) });
    await api('StartExecution', { stateMachineArn: arnOf('fleet'), input: '{"half": 0.5, "less": -1}' });
    await settled();
    expect(executions()).toMatchObject([{ status: 'FAILED', error }]);
  });

  it('catches and retries as the machine says, with a cause that tells the request', async () => {
    const missing = {
      ...listTables,
      Resource: 'arn:aws:states:::aws-sdk:dynamodb:getItem',
      Parameters: { TableName: 'gone', Key: {} },
    };
    const { settled, executions } = await start({
      fleet: machine({
        First: {
          ...missing,
          Retry: [{ ErrorEquals: ['DynamoDb.ResourceNotFoundException'], MaxAttempts: 2 }],
          Catch: [{ ErrorEquals: ['DynamoDb.ResourceNotFoundException'], ResultPath: '$.error', Next: 'Last' }],
          End: true,
        },
        Last: { Type: 'Succeed' },
      }),
    });
    await api('StartExecution', { stateMachineArn: arnOf('fleet') });
    await settled();
    const [execution] = executions();
    expect(execution?.states).toEqual(['First', 'Last']);
    expect(execution?.history.filter(({ type }) => type === 'TaskFailed')).toHaveLength(3);
    expect(JSON.parse(execution?.output ?? '')).toEqual({
      error: {
        Error: 'DynamoDb.ResourceNotFoundException',
        Cause: expect.stringMatching(/\(Service: DynamoDb, Status Code: 400, Request ID: [A-Z0-9]+\)$/) as string,
      },
    });
  });

  it('cuts off a call that takes too long, and tells no cause', async () => {
    const { settled, executions } = await start(
      {
        fleet: machine({
          First: {
            ...listTables,
            TimeoutSeconds: 5,
            Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Last' }],
            End: true,
          },
          Last: { Type: 'Pass', End: true },
        }),
      },
      { timeoutScale: 0.01, endpoints: { dynamodb: silentUrl(), autoscaling: silentUrl() } },
    );
    await api('StartExecution', { stateMachineArn: arnOf('fleet') });
    await settled();
    expect(executions()).toMatchObject([{ status: 'SUCCEEDED', output: '{"Error":"States.Timeout"}' }]);
    expect(executions()[0]?.history.map(({ type }) => type)).toContain('TaskTimedOut');
  });

  it('ends an execution at its limit, without an error or a cause', async () => {
    const { settled } = await start(
      { fleet: machine({ First: { Type: 'Wait', Seconds: 3600, End: true } }, { TimeoutSeconds: 10 }) },
      { waitScale: 1, timeoutScale: 0.001 },
    );
    await api('StartExecution', { stateMachineArn: arnOf('fleet'), name: 'one' });
    await settled();
    const { body } = await api('DescribeExecution', {
      executionArn: `${arnOf('fleet').replace('stateMachine', 'execution')}:one`,
    });
    expect(body).toMatchObject({ status: 'TIMED_OUT', stopDate: expect.any(Number) as number });
    expect(Object.keys(body)).not.toContain('error');
  });

  it('ends at a result that is larger than a state may be', async () => {
    const large = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify({ TableNames: Array.from({ length: 1100 }, () => 'x'.repeat(250)) }));
    });
    await new Promise<void>((listening) => large.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(large.address() as AddressInfo).port}`;
    const { settled, executions } = await start(
      {
        fleet: machine({
          First: { ...listTables, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Last' }], End: true },
          Last: { Type: 'Succeed' },
        }),
      },
      { endpoints: { dynamodb: url, autoscaling: url } },
    );
    await api('StartExecution', { stateMachineArn: arnOf('fleet') });
    await settled();
    large.closeAllConnections();
    large.close();
    expect(executions()).toMatchObject([{ status: 'FAILED', error: 'States.DataLimitExceeded' }]);
  });

  it('uses a name once', async () => {
    // It runs until the service that it calls is let go.
    const service = createServer();
    const asked = once(service, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    await new Promise<void>((listening) => service.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const { settled } = await start(
      { fleet: machine({ First: { ...listTables, End: true } }) },
      { endpoints: { dynamodb: url, autoscaling: url } },
    );
    const request = { stateMachineArn: arnOf('fleet'), name: 'one', input: '{"a":1}' };
    const first = await api('StartExecution', request);
    expect(await api('StartExecution', request)).toMatchObject({ status: 200, body: first.body });
    const other = await api('StartExecution', { ...request, input: '{"a":2}' });
    expect(other).toMatchObject({
      status: 400,
      body: {
        __type: 'com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists',
        message: `Execution Already Exists: '${String(first.body.executionArn)}'`,
      },
    });
    const [, answer] = await asked;
    answer.setHeader('content-type', 'application/x-amz-json-1.0').end('{"TableNames":[]}');
    await settled();
    service.closeAllConnections();
    service.close();
    expect((await api('StartExecution', request)).body.__type).toMatch(/#ExecutionAlreadyExists$/);
    expect(started?.executions()).toHaveLength(1);
  });

  it('starts nothing for a request that it refuses', async () => {
    const { executions } = await start({ fleet: machine({ First: { Type: 'Succeed' } }) });
    const refused = await api('StartExecution', {
      stateMachineArn: arnOf('fleet'),
      name: 'ignored:event',
      input: '{}',
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { __type: 'com.amazonaws.swf.service.v2.model#InvalidName', message: "Invalid Name: 'ignored:event'" },
    });
    expect((await api('StartExecution', '{')).body).toEqual({ __type: 'SerializationException' });
    expect(executions()).toEqual([]);
  });

  it('lists the executions of a machine, the newest first', async () => {
    const { settled } = await start({
      fleet: machine({ First: { Type: 'Succeed' } }),
      other: JSON.stringify(machine({ First: { Type: 'Fail', Error: 'Broken', Cause: 'x' } })),
    });
    for (const name of ['one', 'two']) await api('StartExecution', { stateMachineArn: arnOf('fleet'), name });
    await api('StartExecution', { stateMachineArn: arnOf('other'), name: 'three' });
    await settled();
    const list = async (fields: object): Promise<unknown> =>
      ((await api('ListExecutions', fields)).body.executions as { name: string; status: string }[] | undefined)?.map(
        ({ name, status }) => [name, status],
      );
    expect(await list({ stateMachineArn: arnOf('fleet') })).toEqual([
      ['two', 'SUCCEEDED'],
      ['one', 'SUCCEEDED'],
    ]);
    expect(await list({ stateMachineArn: arnOf('other'), statusFilter: 'FAILED' })).toEqual([['three', 'FAILED']]);
    expect(await list({ stateMachineArn: arnOf('other'), statusFilter: 'SUCCEEDED' })).toEqual([]);
  });

  it.each([
    ['AWSStepFunctions.DescribeExecution', { executionArn: 'one' }, 'com.amazonaws.swf.service.v2.model#InvalidArn'],
    [
      'AWSStepFunctions.DescribeExecution',
      { executionArn: `${arnOf('fleet').replace('stateMachine', 'execution')}:gone` },
      'com.amazonaws.swf.service.v2.model#ExecutionDoesNotExist',
    ],
    ['AWSStepFunctions.DescribeExecution', {}, 'com.amazon.coral.validate#ValidationException'],
    ['AWSStepFunctions.GetExecutionHistory', { executionArn: 1 }, 'SerializationException'],
    [
      'AWSStepFunctions.ListExecutions',
      { stateMachineArn: arnOf('gone') },
      'com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist',
    ],
    ['AWSStepFunctions.NoSuchOperation', {}, 'com.amazon.coral.service#UnknownOperationException'],
    ['DynamoDB_20120810.GetItem', {}, 'com.amazon.coral.service#UnknownOperationException'],
  ])('answers %s of %j with %s', async (operation, body, type) => {
    await start({ fleet: machine({ First: { Type: 'Succeed' } }) });
    expect(await call(operation, body)).toMatchObject({ status: 400, body: { __type: type } });
  });

  it('refuses a request that is larger than any valid one', async () => {
    await start({ fleet: machine({ First: { Type: 'Succeed' } }) });
    const sent = call('AWSStepFunctions.StartExecution', 'x'.repeat(5_000_000));
    // The answer may not be read any more: then the connection is cut.
    expect(
      await sent.then(
        ({ status }) => status,
        () => 413,
      ),
    ).toBe(413);
  });

  it('is not started with a definition that is none, or that calls what there is not', async () => {
    await expect(start({ fleet: machine({ Other: { Type: 'Succeed' } }) })).rejects.toThrow('definition is invalid');
    await expect(
      start({
        fleet: machine({ First: { ...listTables, Resource: 'arn:aws:states:::aws-sdk:dynamodb:nothing', End: true } }),
      }),
    ).rejects.toThrow('is no call that can be rehearsed');
  });

  it('aborts what runs when it is closed', async () => {
    const { close, executions } = await start(
      { fleet: machine({ First: { Type: 'Wait', Seconds: 3600, End: true } }) },
      { waitScale: 1 },
    );
    await api('StartExecution', { stateMachineArn: arnOf('fleet') });
    await close();
    expect(executions()).toMatchObject([{ status: 'ABORTED' }]);
  });
});
