import { ApiGatewayAccount } from '@cdktf/provider-aws/lib/api-gateway-account/index.js';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import type { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine/index.js';
import { Construct } from 'constructs';
import { assumedBy, policy } from './policy.ts';

/** What API Gateway may do: start this one machine, and write its logs. */
export class WebhookRole extends Construct {
  readonly role: IamRole;
  /** One per account and region: stages can write logs only once it is there. */
  readonly account: ApiGatewayAccount;

  constructor(scope: Construct, id: string, stackName: string, machine: SfnStateMachine) {
    super(scope, id);
    this.role = new IamRole(this, 'aws_iam_role.api_gateway_role', {
      name: `${stackName}-apigatewayrole`,
      assumeRolePolicy: assumedBy('apigateway.amazonaws.com'),
    });

    const logs = new IamPolicy(this, 'aws_iam_policy.api_gateway_logs_policy', {
      name: `${stackName}-APIGatewayLogsPolicy`,
      description: 'Permissions for API Gateway to write logs to CloudWatch Logs',
      policy: policy({
        Action: [
          'logs:CreateLogGroup',
          'logs:CreateLogStream',
          'logs:PutLogEvents',
          'logs:DescribeLogGroups',
          'logs:DescribeLogStreams',
          'logs:GetLogEvents',
        ],
        Resource: '*',
      }),
    });
    const logsAttachment = new IamRolePolicyAttachment(
      this,
      'aws_iam_role_policy_attachment.api_gateway_logs_policy_attachment',
      { role: this.role.name, policyArn: logs.arn },
    );

    const start = new IamPolicy(this, 'aws_iam_policy.api_gateway_policy', {
      name: `${stackName}-apigatewaypolicy`,
      description: 'Permissions for API Gateway to invoke Step Functions',
      policy: policy({ Sid: 'AllowInvokeStepFunctions', Action: 'states:StartExecution', Resource: machine.arn }),
    });
    new IamRolePolicyAttachment(this, 'aws_iam_role_policy_attachment.api_gateway_role_policy_attachment', {
      role: this.role.name,
      policyArn: start.arn,
    });

    this.account = new ApiGatewayAccount(this, 'aws_api_gateway_account.api_gateway_account', {
      cloudwatchRoleArn: this.role.arn,
      dependsOn: [logsAttachment],
    });
  }
}
