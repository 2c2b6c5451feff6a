import { DataAwsIamPolicyDocument } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js';
import type { DataAwsIamPolicyDocumentStatement } from '@cdktf/provider-aws/lib/data-aws-iam-policy-document/index.js';
import type { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table/index.js';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import { Construct } from 'constructs';
import { lockItem, tokenParameter } from '../ami/contract.ts';
import type { Variables } from './variables.ts';

/** The bucket of the jobs' cache, and the one policy that the stack attaches to the role of the instances. */
export class Cache extends Construct {
  readonly attachment: IamRolePolicyAttachment;

  constructor(scope: Construct, id: string, vars: Variables, stackName: string, lockTable: DynamodbTable) {
    super(scope, id);
    const bucket = new S3Bucket(this, 'aws_s3_bucket.gitlab_cache', { bucket: stackName });

    const document = new DataAwsIamPolicyDocument(this, 'data.aws_iam_policy_document.gitlab_cache', {
      statement: [
        keysOfCacheAndToken(vars),
        {
          effect: 'Allow',
          actions: [
            's3:GetObject',
            's3:GetObjectVersion',
            's3:DeleteObject',
            's3:PutObject',
            's3:AbortMultipartUpload',
            's3:ListBucket',
            's3:ListMultipartUploadParts',
          ],
          resources: [`${bucket.arn}/*`, bucket.arn],
        },
        ...agentStatements(vars, stackName, lockTable),
      ],
    });
    const policy = new IamPolicy(this, 'aws_iam_policy.gitlab_cache_policy', {
      name: `gitlab-cache-${stackName}`,
      policy: document.json,
    });
    this.attachment = new IamRolePolicyAttachment(this, 'aws_iam_role_policy_attachment.gitlab_policy_attachment', {
      policyArn: policy.arn,
      role: vars.iam_role.stringValue,
    });

    // Nothing refers to it, in upstream neither: it states what the role of the instances has to trust.
    new DataAwsIamPolicyDocument(this, 'data.aws_iam_policy_document.gitlab_assume_role_policy', {
      statement: [
        {
          effect: 'Allow',
          actions: ['sts:AssumeRole'],
          principals: [{ type: 'Service', identifiers: ['ec2.amazonaws.com'] }],
        },
      ],
    });
  }
}

/** Keys of any account, but only when S3 asks for the cache bucket or SSM for the token (departure D11). */
function keysOfCacheAndToken(vars: Variables): DataAwsIamPolicyDocumentStatement {
  const region = vars.aws_region.stringValue;
  return {
    effect: 'Allow',
    actions: ['kms:GetPublicKey', 'kms:Decrypt', 'kms:Encrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
    resources: ['*'],
    condition: [
      {
        test: 'StringEquals',
        variable: 'kms:ViaService',
        values: [`s3.${region}.amazonaws.com`, `ssm.${region}.amazonaws.com`],
      },
    ],
  };
}

/**
 * What the agent needs (departure D11); upstream leaves it to whoever makes the role. Resources are named without the account,
 * which is not known here, and nothing outside this fleet has these names.
 */
function agentStatements(
  vars: Variables,
  stackName: string,
  lockTable: DynamodbTable,
): readonly DataAwsIamPolicyDocumentStatement[] {
  const region = vars.aws_region.stringValue;
  return [
    {
      sid: 'FleetItem',
      effect: 'Allow',
      actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      resources: [lockTable.arn],
      condition: [{ test: 'ForAllValues:StringEquals', variable: 'dynamodb:LeadingKeys', values: [lockItem.id] }],
    },
    {
      sid: 'OwnGroup',
      effect: 'Allow',
      actions: [
        'autoscaling:CompleteLifecycleAction',
        'autoscaling:RecordLifecycleActionHeartbeat',
        'autoscaling:SetDesiredCapacity',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
      ],
      resources: [`arn:aws:autoscaling:${region}:*:autoScalingGroup:*:autoScalingGroupName/${stackName}`],
    },
    {
      // Describe calls know no resource (Service Authorization Reference, Amazon EC2 Auto Scaling).
      sid: 'SeeGroups',
      effect: 'Allow',
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      resources: ['*'],
    },
    {
      sid: 'RunnerToken',
      effect: 'Allow',
      actions: ['ssm:GetParameter'],
      resources: [`arn:aws:ssm:${region}:*:parameter${tokenParameter}`],
    },
    {
      sid: 'FleetMetrics',
      effect: 'Allow',
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      condition: [{ test: 'StringEquals', variable: 'cloudwatch:namespace', values: [stackName] }],
    },
  ];
}
