import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Services } from '../../../rehearsal/step-functions/services.ts';
import { connectServices } from '../../../rehearsal/step-functions/services.ts';
import type { ServiceError } from '../../asl/fault-table-errors.ts';
import { answerOf, serviceErrors } from '../../asl/fault-table-errors.ts';

/** What a task calls, and the request that makes it. */
const updateItem = { TableName: 'lock', Key: { LockID: { S: 'one' } } };
const setDesired = { AutoScalingGroupName: 'fleet', DesiredCapacity: 1 };
const look = { AutoScalingGroupNames: ['fleet'] };
const calls = [
  { resource: 'aws-sdk:dynamodb:updateItem', service: 'dynamodb', name: 'sdk', input: updateItem },
  { resource: 'aws-sdk:dynamodb:getItem', service: 'dynamodb', name: 'sdk', input: updateItem },
  { resource: 'dynamodb:updateItem', service: 'dynamodb', name: 'optimized', input: updateItem },
  { resource: 'dynamodb:getItem', service: 'dynamodb', name: 'optimized', input: updateItem },
  { resource: 'aws-sdk:autoscaling:setDesiredCapacity', service: 'autoscaling', name: 'sdk', input: setDesired },
  { resource: 'aws-sdk:autoscaling:describeAutoScalingGroups', service: 'autoscaling', name: 'sdk', input: look },
] as const;
const all: readonly (readonly [string, string, ServiceError, (typeof calls)[number]])[] = calls.flatMap((call) =>
  serviceErrors[call.service].map((error: ServiceError) => [call.resource, error.code, error, call] as const),
);

describe('an error on the wire', () => {
  let refusing: Server;
  let services: Services;
  let error: ServiceError | undefined;
  let service: keyof typeof serviceErrors = 'dynamodb';
  let asked = 0;

  beforeAll(async () => {
    refusing = createServer((request, response) => {
      asked += 1;
      request.resume();
      if (error === undefined) return request.socket.destroy();
      const { status, headers, body } = answerOf(service, error);
      return response.writeHead(status, headers as Record<string, string>).end(body);
    });
    await new Promise<void>((listening) => refusing.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    services = connectServices({ dynamodb: url, autoscaling: url }, 'eu-north-1');
  });
  afterAll(() => {
    services.close();
    refusing.closeAllConnections();
    refusing.close();
  });

  const raised = async (resource: string, input: object): Promise<Error> => {
    asked = 0;
    const call = services.callOf(`arn:aws:states:::${resource}`)(input, new AbortController().signal);
    return call.then(
      () => new Error('none'),
      (thrown: Error) => thrown,
    );
  };

  it.each(all)('of %s: %s has the name that Step Functions gives it', async (resource, code, given, call) => {
    error = given;
    service = call.service;
    const thrown = await raised(resource, call.input);
    expect(thrown.name).toBe(given[call.name]);
    expect(thrown.message).toContain(given.message);
    expect(thrown.message).toContain(`Status Code: ${given.status}`);
    expect(thrown.message).toContain('Request ID: MADEBYTHETEST');
    if (call.name === 'optimized') expect(thrown.message).toContain(`Error Code: ${code}`);
    // The SDK's own retries would hide from a machine what its Retry is to count.
    expect(asked).toBe(1);
  });

  it.each(calls.map(({ resource, input }) => [resource, input] as const))(
    'of %s: a cut connection has a name of its own',
    async (resource, input) => {
      error = undefined;
      const prefix = resource.startsWith('dynamodb')
        ? 'DynamoDB'
        : resource.includes('dynamodb')
          ? 'DynamoDb'
          : 'AutoScaling';
      expect((await raised(resource, input)).name).toBe(`${prefix}.SdkClientException`);
      expect(asked).toBe(1);
    },
  );
});
