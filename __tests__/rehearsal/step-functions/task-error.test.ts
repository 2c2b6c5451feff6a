import type { Integration, Refusal } from '../../../rehearsal/step-functions/task-error.ts';
import { TaskError, taskError, timedOut, unreachable } from '../../../rehearsal/step-functions/task-error.ts';

const dynamodb = {
  sdk: 'DynamoDb',
  optimized: { prefix: 'DynamoDB', unmodelled: 'AmazonDynamoDBException', name: 'AmazonDynamoDBv2' },
};
const autoscaling = { sdk: 'AutoScaling' };
const services = { dynamodb, autoscaling };

const refusal = (code: string, isModelled: boolean): Refusal => ({
  code,
  isModelled,
  message: 'No.',
  status: 400,
  requestId: 'R1',
});

describe("a service's error in a state machine", () => {
  it.each<[Integration, keyof typeof services, string, boolean, string]>([
    ['aws-sdk', 'dynamodb', 'ConditionalCheckFailedException', true, 'DynamoDb.ConditionalCheckFailedException'],
    ['aws-sdk', 'dynamodb', 'ResourceNotFoundException', true, 'DynamoDb.ResourceNotFoundException'],
    ['aws-sdk', 'dynamodb', 'RequestLimitExceeded', true, 'DynamoDb.RequestLimitExceededException'],
    ['aws-sdk', 'dynamodb', 'ValidationException', false, 'DynamoDb.DynamoDbException'],
    ['aws-sdk', 'dynamodb', 'AccessDeniedException', false, 'DynamoDb.DynamoDbException'],
    ['optimized', 'dynamodb', 'ConditionalCheckFailedException', true, 'DynamoDB.ConditionalCheckFailedException'],
    ['optimized', 'dynamodb', 'ResourceNotFoundException', true, 'DynamoDB.ResourceNotFoundException'],
    ['optimized', 'dynamodb', 'ValidationException', false, 'DynamoDB.AmazonDynamoDBException'],
    [
      'aws-sdk',
      'autoscaling',
      'ScalingActivityInProgressFault',
      true,
      'AutoScaling.ScalingActivityInProgressException',
    ],
    ['aws-sdk', 'autoscaling', 'ResourceContentionFault', true, 'AutoScaling.ResourceContentionException'],
    ['aws-sdk', 'autoscaling', 'ServiceLinkedRoleFailure', true, 'AutoScaling.ServiceLinkedRoleFailureException'],
    ['aws-sdk', 'autoscaling', 'ValidationError', false, 'AutoScaling.AutoScalingException'],
    ['aws-sdk', 'autoscaling', 'AccessDenied', false, 'AutoScaling.AutoScalingException'],
    ['aws-sdk', 'autoscaling', 'Throttling', false, 'AutoScaling.AutoScalingException'],
  ])('%s %s %s (modelled: %s) is %s', (integration, service, code, isModelled, name) => {
    expect(taskError(integration, services[service], refusal(code, isModelled)).name).toBe(name);
  });

  it('says in its cause what the service said, and where it can be looked up', () => {
    expect(taskError('aws-sdk', dynamodb, refusal('ValidationException', false)).message).toBe(
      'No. (Service: DynamoDb, Status Code: 400, Request ID: R1)',
    );
    expect(taskError('optimized', dynamodb, refusal('ValidationException', false)).message).toBe(
      'No. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException; Request ID: R1; Proxy: null)',
    );
  });

  it('has a name of its own when nobody answers', () => {
    expect(unreachable('aws-sdk', autoscaling, 'refused').name).toBe('AutoScaling.SdkClientException');
    expect(unreachable('optimized', dynamodb, 'refused').name).toBe('DynamoDB.SdkClientException');
  });

  it('has no cause when it took too long', () => {
    const { name, message } = timedOut();
    expect(JSON.parse(JSON.stringify({ Error: name, Cause: message }))).toEqual({ Error: 'States.Timeout' });
  });

  it('can be caught, unless it is terminal', () => {
    expect(new TaskError('A.B', 'x')).toMatchObject({ isRetryable: true, isCatchable: true });
    expect(new TaskError('States.Runtime', 'x', true)).toMatchObject({ isRetryable: false, isCatchable: false });
  });
});
