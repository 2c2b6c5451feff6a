import { actionsOf } from '../../asl/actions.ts';
import { awsSdk } from '../../asl/aws-sdk.ts';
import { machine } from '../../asl/machine.ts';
import { dynamodb, dynamodbOptimized } from '../../asl/services.ts';

describe("the machine's IAM actions", () => {
  it('are those of its tasks, each once, with the tasks that need it', () => {
    const get = { TableName: 'lock', Key: {} };
    const renamed = awsSdk<typeof import('@aws-sdk/client-dynamodb')>()('cloudwatchlogs', 'CloudWatchLogs', 'logs');
    const States = {
      First: dynamodb('getItem', get, { Next: 'Second' }),
      Second: dynamodbOptimized('getItem', get, { Next: 'Third' }),
      Third: renamed('listTables', {}, { Next: 'Fourth' }),
      Fourth: { Type: 'Succeed' },
    } as const;
    expect(actionsOf(machine({ StartAt: 'First', States }))).toEqual([
      { service: 'dynamodb', action: 'dynamodb:GetItem', states: ['First', 'Second'] },
      { service: 'logs', action: 'logs:ListTables', states: ['Third'] },
    ]);
  });
});
