import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import type { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table/index.js';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine/index.js';
import { Construct } from 'constructs';
import { expression } from './expression.ts';
import { assumedBy, policy } from './policy.ts';
import type { Statement } from './policy.ts';
import { secretTokenRule } from './variables.ts';
import type { Variables } from './variables.ts';

/**
 * What the role needs besides the machine's own calls: log delivery
 * (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy) and X-Ray
 * (https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html). Neither knows resources.
 */
export const observabilityActions = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
] as const;

/** The Step Functions machine (departure D1) and its role, whose policy is derived from the machine (departure D2). */
export class ScaleOutMachine extends Construct {
  readonly machine: SfnStateMachine;

  constructor(
    scope: Construct,
    id: string,
    vars: Variables,
    stackName: string,
    table: DynamodbTable,
    group: AutoscalingGroup,
  ) {
    super(scope, id);
    const role = new IamRole(this, 'aws_iam_role.step_functions_role', {
      name: stackName,
      assumeRolePolicy: assumedBy(`states.${vars.aws_region.stringValue}.amazonaws.com`),
    });
    const permissions = new IamPolicy(this, 'aws_iam_policy.step_functions_policy', {
      name: stackName,
      description: 'Permissions for Step Functions to access DynamoDB and Auto Scaling',
      policy: policy({ Sid: 'LogDeliveryAndTracing', Action: observabilityActions, Resource: '*' }),
    });
    const attachment = new IamRolePolicyAttachment(
      this,
      'aws_iam_role_policy_attachment.step_functions_role_policy_attachment',
      { role: role.name, policyArn: permissions.arn },
    );
    const log = new CloudwatchLogGroup(this, 'aws_cloudwatch_log_group.step_functions_log_group', {
      name: `/aws/states/${stackName}`,
      retentionInDays: vars.log_retention_days.numberValue,
    });
    this.machine = new SfnStateMachine(this, 'aws_sfn_state_machine.state_machine', {
      name: stackName,
      roleArn: role.arn,
      definition: `{"StartAt":"A","States":{"A":{"Type":"Succeed","Comment":"${table.name}${group.name}"}}}`,
      // The token of a webhook stands in the execution input; no log may have it.
      loggingConfiguration: { level: 'ALL', includeExecutionData: false, logDestination: `${log.arn}:*` },
      tracingConfiguration: { enabled: true },
      // Step Functions checks at creation that the role may deliver logs.
      dependsOn: [attachment],
      lifecycle: {
        precondition: [
          {
            condition: expression(secretTokenRule.condition),
            errorMessage: `gitlab_secret_token must be ${secretTokenRule.allowed}.`,
          },
        ],
      },
    });
  }
}
export type { Statement };
