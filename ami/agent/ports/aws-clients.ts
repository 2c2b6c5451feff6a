import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SSMClient } from '@aws-sdk/client-ssm';

export interface AwsClients {
  readonly autoScaling: AutoScalingClient;
  readonly dynamodb: DynamoDBClient;
  readonly ssm: SSMClient;
  readonly cloudwatch: CloudWatchClient;
  destroy(): void;
}

/**
 * The clients of an instance, with its role's credentials and short time limits: a step that hangs keeps the agent from looking. A request to
 * Auto Scaling is sent once, because a terminate call with decrement may count twice; the decisions send again what may be sent again.
 */
export function connectAws(region: string, version: string): AwsClients {
  const common = {
    region,
    requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
    userAgentAppId: `gitlab-runner-agent-${version}`.slice(0, 50),
  };
  const autoScaling = new AutoScalingClient({ ...common, maxAttempts: 1 });
  const dynamodb = new DynamoDBClient({ ...common, maxAttempts: 2 });
  const ssm = new SSMClient({ ...common, maxAttempts: 2 });
  const cloudwatch = new CloudWatchClient({ ...common, maxAttempts: 1 });
  return {
    autoScaling,
    dynamodb,
    ssm,
    cloudwatch,
    destroy: () => {
      for (const client of [autoScaling, dynamodb, ssm, cloudwatch]) client.destroy();
    },
  };
}
