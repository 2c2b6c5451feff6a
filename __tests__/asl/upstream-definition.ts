import { lockItem } from '../../ami/contract.ts';
import type { Definition } from '../../asl/definition.ts';

/**
 * What lean-delivery/autoscaled-gitlab-runner (commit de9aec2) deploys, told again from its behaviour: to run beside this project's machine
 * under the same load, and for nothing else. Its faults are kept, and say so; docs/faults.md has the whole list.
 */
export interface UpstreamProps {
  readonly secret: string;
  readonly lockTable: string;
  readonly group: string;
}

/** The input that upstream's request template makes. */
export interface UpstreamInput {
  /** The job's status. */
  readonly body: string;
  /** The caller's token. */
  readonly head: string;
}

/** Where upstream takes its lock, and where it gives it back: as `lockStates` of a burst. */
export const upstreamLock = { takes: ['TakeLock'], frees: ['FreeLock', 'FreeLockAfterFailure'] } as const;

export const upstreamDefinition = ({ secret, lockTable, group }: UpstreamProps): Definition => {
  const key = { [lockItem.key]: { S: lockItem.id } };
  // Nothing but this one is ever retried: a throttled call ends the execution.
  const onFailure = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'FreeLockAfterFailure' }] };
  // Whoever's lock it is: no condition.
  const freeLock = {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:dynamodb:deleteItem',
    Parameters: { TableName: lockTable, Key: key },
  };
  return {
    StartAt: 'ReadWebhook',
    States: {
      ReadWebhook: {
        Type: 'Pass',
        Parameters: { 'status.$': '$.body', 'token.$': '$.head' },
        ResultPath: '$.webhook',
        Next: 'IsTokenRight',
      },
      IsTokenRight: {
        Type: 'Choice',
        Choices: [{ Variable: '$.webhook.token', StringEquals: secret, Next: 'IsJobCreated' }],
        Default: 'WrongToken',
      },
      WrongToken: { Type: 'Fail', Error: 'InvalidTokenError', Cause: 'Not the token that was deployed.' },
      IsJobCreated: {
        Type: 'Choice',
        Choices: [{ Variable: '$.webhook.status', StringEquals: 'created', Next: 'TakeLock' }],
        Default: 'NothingToDo',
      },
      NothingToDo: { Type: 'Pass', End: true },
      TakeLock: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:dynamodb:putItem',
        Parameters: { TableName: lockTable, Item: key, ConditionExpression: `attribute_not_exists(${lockItem.key})` },
        // The name is the optimized integration's; this call raises `DynamoDb.…`, so a lock that is held is a failure at once.
        Retry: [
          {
            ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'],
            IntervalSeconds: 10,
            MaxAttempts: 20,
            BackoffRate: 2,
          },
        ],
        ...onFailure,
        Next: 'LookAtGroup',
      },
      LookAtGroup: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:autoscaling:describeAutoScalingGroups',
        Parameters: { AutoScalingGroupNames: [group] },
        ResultPath: '$.seen',
        ...onFailure,
        Next: 'IsGroupEmpty',
      },
      // Without the group the path leads nowhere: States.Runtime, which nothing catches, under the lock.
      IsGroupEmpty: {
        Type: 'Choice',
        Choices: [{ Variable: '$.seen.AutoScalingGroups[0].DesiredCapacity', NumericEquals: 0, Next: 'StartOne' }],
        Default: 'FreeLock',
      },
      StartOne: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:autoscaling:updateAutoScalingGroup',
        Parameters: { AutoScalingGroupName: group, DesiredCapacity: 1 },
        ...onFailure,
        Next: 'FreeLock',
      },
      FreeLock: { ...freeLock, ...onFailure, End: true },
      // Where whoever found the lock held frees it for a third.
      FreeLockAfterFailure: { ...freeLock, Next: 'ScalingFailed' },
      ScalingFailed: { Type: 'Fail', Error: 'ScalingFailed', Cause: 'Something went wrong.' },
    },
  };
};
