import { awsSdk } from '../../asl/aws-sdk.ts';
import { $$ } from '../../asl/context.ts';
import { render } from '../../asl/definition.ts';
import { machine } from '../../asl/machine.ts';
import { document, isPath } from '../../asl/path.ts';
import { autoscaling, dynamodb, dynamodbOptimized } from '../../asl/services.ts';
import type { ErrorOutput } from '../../asl/states.ts';

interface Input {
  readonly table: string;
  readonly count: number;
  readonly error: ErrorOutput;
  readonly answer: unknown;
}
const $ = document<Input>();
const key = { LockID: { S: 'the one' } };
const get = { TableName: 'lock', Key: key };
const out = { End: true } as const;
const timeouts = { ErrorEquals: ['States.Timeout'] } as const;

/** What does not compile is still a value, so that the directive above it is the only thing that each line tests. */
const made = (...tasks: readonly unknown[]): void => expect(tasks.every((task) => typeof task === 'object')).toBe(true);

describe('a task', () => {
  it('is written as Step Functions reads it', () => {
    const Only = dynamodb(
      'updateItem',
      {
        TableName: $.table,
        Key: key,
        UpdateExpression: 'SET Holder = :me',
        ExpressionAttributeValues: { ':me': { S: $$.Execution.Id } },
      },
      {
        TimeoutSeconds: 5,
        ResultSelector: (answer) => ({ item: answer.Attributes }),
        ResultPath: $.answer,
        Retry: [
          { ErrorEquals: ['DynamoDb.ConditionalCheckFailedException'], MaxAttempts: 0 },
          { ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' },
        ],
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: $.error, Next: 'Only' }],
        Next: 'Only',
      },
    );
    expect(render(machine({ StartAt: 'Only', States: { Only } })).States.Only).toEqual({
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:dynamodb:updateItem',
      Parameters: {
        'TableName.$': '$.table',
        Key: key,
        UpdateExpression: 'SET Holder = :me',
        ExpressionAttributeValues: { ':me': { 'S.$': '$$.Execution.Id' } },
      },
      TimeoutSeconds: 5,
      ResultSelector: { 'item.$': '$.Attributes' },
      ResultPath: '$.answer',
      Retry: [
        { ErrorEquals: ['DynamoDb.ConditionalCheckFailedException'], MaxAttempts: 0 },
        { ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' },
      ],
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Only' }],
      Next: 'Only',
    });
  });

  it('calls an operation of its service with the parameters that it takes', () => {
    made(
      dynamodb('getItem', get, out),
      // @ts-expect-error DynamoDB has no such operation
      dynamodb('getItems', get, out),
      // @ts-expect-error Step Functions spells operations in camelCase
      dynamodb('GetItem', get, out),
      // @ts-expect-error the key is required
      dynamodb('getItem', { TableName: 'lock' }, out),
      // @ts-expect-error the parameter is ConsistentRead
      dynamodb('getItem', { ...get, ConsistendRead: true }, out),
      // @ts-expect-error the table's name is text
      dynamodb('getItem', { TableName: $.count, Key: key }, out),
      // @ts-expect-error a key is made of attribute values
      dynamodb('getItem', { TableName: 'lock', Key: { LockID: 'the one' } }, out),
      // @ts-expect-error only a field can be computed, not an element of a list
      autoscaling('describeAutoScalingGroups', { AutoScalingGroupNames: [$.table] }, out),
      // @ts-expect-error the capacity is a number
      autoscaling('setDesiredCapacity', { AutoScalingGroupName: 'g', DesiredCapacity: '1' }, out),
    );
  });

  it('selects from what the operation answers', () => {
    made(
      autoscaling(
        'describeAutoScalingGroups',
        {},
        { ...out, ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }) },
      ),
      autoscaling(
        'describeAutoScalingGroups',
        {},
        {
          ...out,
          ResultSelector: (answer) => ({ since: answer.AutoScalingGroups[0].CreatedTime }),
        },
      ),
      // @ts-expect-error GetItem answers with one Item
      dynamodb('getItem', get, { ...out, ResultSelector: ({ Items }) => ({ found: isPath(Items) }) }),
      // @ts-expect-error the SDK's own metadata does not reach the state machine
      dynamodb('getItem', get, { ...out, ResultSelector: ({ $metadata }) => ({ found: isPath($metadata) }) }),
    );
  });

  it('handles errors that its service raises, under the names that Step Functions gives them', () => {
    made(
      autoscaling(
        'setDesiredCapacity',
        { AutoScalingGroupName: 'g', DesiredCapacity: 1 },
        {
          ...out,
          Retry: [
            {
              ErrorEquals: [
                'AutoScaling.ScalingActivityInProgressException',
                'AutoScaling.ResourceContentionException',
                'AutoScaling.ServiceLinkedRoleFailureException',
                'AutoScaling.AutoScalingException',
                'States.Timeout',
              ],
            },
          ],
        },
      ),
      dynamodb('getItem', get, { ...out, Retry: [{ ErrorEquals: ['DynamoDb.DynamoDbException'] }] }),
      // @ts-expect-error that is the prefix of the optimized integration
      dynamodb('getItem', get, { ...out, Retry: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'] }] }),
      // @ts-expect-error a Fault arrives as an Exception
      autoscaling('describePolicies', {}, { ...out, Retry: [{ ErrorEquals: ['AutoScaling.LimitExceededFault'] }] }),
      // @ts-expect-error what the API does not model arrives as AutoScalingException
      autoscaling('describePolicies', {}, { ...out, Retry: [{ ErrorEquals: ['AutoScaling.ValidationError'] }] }),
      // @ts-expect-error nothing catches States.Runtime
      dynamodb('getItem', get, { ...out, Retry: [{ ErrorEquals: ['States.Runtime'] }] }),
      // @ts-expect-error States.ALL comes last
      dynamodb('getItem', get, { ...out, Retry: [{ ErrorEquals: ['States.ALL'] }, timeouts] }),
      // @ts-expect-error States.ALL stands alone
      dynamodb('getItem', get, { ...out, Retry: [{ ErrorEquals: ['States.Timeout', 'States.ALL'] }] }),
    );
  });

  it('has the fields of a task and no others', () => {
    made(
      // @ts-expect-error the field is TimeoutSeconds
      dynamodb('getItem', get, { ...out, TimeoutSecnds: 5 }),
      // @ts-expect-error the field is JitterStrategy
      dynamodb('getItem', get, { ...out, Retry: [{ ErrorEquals: ['States.ALL'], JiterStrategy: 'FULL' }] }),
      // @ts-expect-error the field is ResultPath
      dynamodb('getItem', get, { ...out, Catch: [{ ErrorEquals: ['States.ALL'], ResultPth: $.error, Next: 'A' }] }),
      // @ts-expect-error it goes on or ends
      dynamodb('getItem', get, { TimeoutSeconds: 5 }),
      // @ts-expect-error not both
      dynamodb('getItem', get, { Next: 'A', End: true }),
    );
  });

  it('goes only to states that its machine has', () => {
    const elsewhere = dynamodb('getItem', get, { Next: 'Elsewhere' });
    const caught = dynamodb('getItem', get, { ...out, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Elsewhere' }] });
    made(
      machine({ StartAt: 'Only', States: { Only: dynamodb('getItem', get, { Next: 'Only' }) } }),
      // @ts-expect-error 'Elsewhere' is not a state of this machine
      machine({ StartAt: 'Only', States: { Only: elsewhere } }),
      // @ts-expect-error 'Elsewhere' is not a state of this machine
      machine({ StartAt: 'Only', States: { Only: caught } }),
    );
  });
});

describe('the optimized integration', () => {
  it('has a resource and error names of its own', () => {
    const Only = dynamodbOptimized('updateItem', get, {
      ...out,
      Retry: [
        {
          ErrorEquals: ['DynamoDB.ConditionalCheckFailedException', 'DynamoDB.AmazonDynamoDBException'],
          MaxAttempts: 0,
        },
      ],
    });
    expect(render(machine({ StartAt: 'Only', States: { Only } })).States.Only?.Resource).toBe(
      'arn:aws:states:::dynamodb:updateItem',
    );
    made(
      // @ts-expect-error that is the prefix of the AWS SDK integration
      dynamodbOptimized('getItem', get, { ...out, Retry: [{ ErrorEquals: ['DynamoDb.RequestLimitExceeded'] }] }),
      // @ts-expect-error that is the unmodelled error of the AWS SDK integration
      dynamodbOptimized('getItem', get, { ...out, Retry: [{ ErrorEquals: ['DynamoDB.DynamoDBException'] }] }),
      // @ts-expect-error it has four operations, and this is none of them
      dynamodbOptimized('query', { TableName: 'lock' }, out),
    );
  });
});

describe('a factory', () => {
  it('can be made for any client package', () => {
    const other = awsSdk<typeof import('@aws-sdk/client-dynamodb')>()('dynamodb', 'Other', 'iamname');
    const task = other('listTables', { Limit: 1 }, { ...out, Retry: [{ ErrorEquals: ['Other.OtherException'] }] });
    expect(task.Resource).toBe('arn:aws:states:::aws-sdk:dynamodb:listTables');
  });
});
