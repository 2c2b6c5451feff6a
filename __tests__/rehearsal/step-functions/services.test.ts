import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startAutoScaling, type AutoScalingDouble } from '../../../rehearsal/auto-scaling/server.ts';
import { startDynamoDb, type DynamoDb } from '../../../rehearsal/dynamodb.ts';
import { connectServices, type Services } from '../../../rehearsal/step-functions/services.ts';

const region = 'eu-north-1';
const table = 'lock';
const item = { TableName: table, Key: { LockID: { S: 'one' } } };
const never = new AbortController().signal;

describe('the services behind a task', () => {
  let dynamodb: DynamoDb;
  let autoScaling: AutoScalingDouble;
  let nobody: Server;
  let services: Services;

  beforeAll(async () => {
    dynamodb = await startDynamoDb({ table: { name: table, hashKey: 'LockID', attributeType: 'S' }, region });
    autoScaling = await startAutoScaling({
      region,
      groups: [{ name: 'fleet', minSize: 0, maxSize: 2, desiredCapacity: 1, availabilityZones: [`${region}a`] }],
    });
    nobody = createServer((request) => request.socket.destroy());
    await new Promise<void>((listening) => nobody.listen(0, '127.0.0.1', listening));
    services = connectServices({ dynamodb: dynamodb.url, autoscaling: autoScaling.url }, region);
  });

  afterAll(async () => {
    services.close();
    nobody.close();
    await Promise.all([dynamodb.close(), autoScaling.close()]);
  });

  const sdk = (service: string, operation: string, input: object): Promise<unknown> =>
    services.callOf(`arn:aws:states:::aws-sdk:${service}:${operation}`)(input, never);
  const errorOf = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'none',
      (error: Error) => error.name,
    );

  it('answer with what the API answers, without the metadata of the SDK', async () => {
    expect(
      await sdk('dynamodb', 'updateItem', {
        ...item,
        UpdateExpression: 'ADD WakeCount :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
        ReturnValues: 'ALL_NEW',
      }),
    ).toEqual({ Attributes: { LockID: { S: 'one' }, WakeCount: { N: '1' } } });
    expect(await sdk('dynamodb', 'getItem', { ...item, Key: { LockID: { S: 'none' } } })).toEqual({});
  });

  it('answer with numbers as numbers and moments as text', async () => {
    const { AutoScalingGroups } = (await sdk('autoscaling', 'describeAutoScalingGroups', {
      AutoScalingGroupNames: ['fleet'],
    })) as { AutoScalingGroups: readonly Record<string, unknown>[] };
    expect(AutoScalingGroups[0]).toMatchObject({ DesiredCapacity: 1, MaxSize: 2 });
    expect(AutoScalingGroups[0]?.CreatedTime).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(await sdk('autoscaling', 'describeAutoScalingGroups', { AutoScalingGroupNames: ['gone'] })).toEqual({
      AutoScalingGroups: [],
    });
  });

  it('raise errors under the names of Step Functions', async () => {
    const failing = {
      ...item,
      UpdateExpression: 'SET Holder = :me',
      ConditionExpression: 'Holder = :me',
      ExpressionAttributeValues: { ':me': { S: 'x' } },
    };
    expect(await errorOf(sdk('dynamodb', 'updateItem', failing))).toBe('DynamoDb.ConditionalCheckFailedException');
    expect(await errorOf(sdk('dynamodb', 'updateItem', { ...failing, UpdateExpression: 'SET' }))).toBe(
      'DynamoDb.DynamoDbException',
    );
    expect(await errorOf(sdk('dynamodb', 'getItem', { ...item, TableName: 'missing' }))).toBe(
      'DynamoDb.ResourceNotFoundException',
    );
    const optimized = services.callOf('arn:aws:states:::dynamodb:updateItem');
    expect(await errorOf(optimized(failing, never))).toBe('DynamoDB.ConditionalCheckFailedException');
    expect(await errorOf(optimized({ ...failing, UpdateExpression: 'SET' }, never))).toBe(
      'DynamoDB.AmazonDynamoDBException',
    );
    const set = { AutoScalingGroupName: 'fleet', DesiredCapacity: 9 };
    expect(await errorOf(sdk('autoscaling', 'setDesiredCapacity', set))).toBe('AutoScaling.AutoScalingException');
    autoScaling.faults.add(
      'SetDesiredCapacity',
      { kind: 'error', status: 400, code: 'ScalingActivityInProgress', message: 'busy' },
      { kind: 'error', status: 500, code: 'ResourceContention', message: 'busy' },
      { kind: 'error', status: 400, code: 'Throttling', message: 'slow down' },
    );
    expect(await errorOf(sdk('autoscaling', 'setDesiredCapacity', set))).toBe(
      'AutoScaling.ScalingActivityInProgressException',
    );
    expect(await errorOf(sdk('autoscaling', 'setDesiredCapacity', set))).toBe(
      'AutoScaling.ResourceContentionException',
    );
    // Each call is one request: the SDK's own retries would have met the next error.
    expect(autoScaling.faults.waiting('SetDesiredCapacity')).toBe(1);
    expect(await errorOf(sdk('autoscaling', 'setDesiredCapacity', set))).toBe('AutoScaling.AutoScalingException');
  });

  it('say so when nobody answers', async () => {
    const url = `http://127.0.0.1:${(nobody.address() as AddressInfo).port}`;
    const lost = connectServices({ dynamodb: url, autoscaling: url }, region);
    const call = lost.callOf('arn:aws:states:::aws-sdk:dynamodb:getItem');
    expect(await errorOf(call(item, never))).toBe('DynamoDb.SdkClientException');
    lost.close();
  });

  it.each([
    'arn:aws:states:::aws-sdk:dynamodb:getItems',
    'arn:aws:states:::aws-sdk:dynamodb:GetItem',
    'arn:aws:states:::aws-sdk:DynamoDb:getItem',
    'arn:aws:states:::aws-sdk:s3:getObject',
    'arn:aws:states:::dynamodb:query',
    'arn:aws:states:::autoscaling:setDesiredCapacity',
    'arn:aws:states:::aws-sdk:dynamodb',
    'arn:aws:lambda:eu-north-1:123456789012:function:x',
  ])('do not know %s', (resource) => {
    expect(() => services.callOf(resource)).toThrow(`${resource} is no call that can be rehearsed`);
  });
});
