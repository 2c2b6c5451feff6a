import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { metricNames } from '../../contract.ts';
import type { Figures } from '../publishing.ts';

/** Whose figures they are. CloudWatch bills each combination of dimensions as a metric of its own, so one for each instance is a choice. */
export interface Publisher {
  /** Name of the Auto Scaling group: namespace and dimension. */
  readonly group: string;
  readonly instanceId: string;
  readonly isPerInstance: boolean;
}

/** Sends the figures of a minute in one call. Rejects when it fails. */
export async function putFigures(
  client: Pick<CloudWatchClient, 'send'>,
  { group, instanceId, isPerInstance }: Publisher,
  { jobsRunning, jobConcurrency }: Figures,
): Promise<void> {
  const fleet = { Name: 'AutoScalingGroupName', Value: group };
  const dimensions = [[fleet], ...(isPerInstance ? [[fleet, { Name: 'InstanceId', Value: instanceId }]] : [])];
  await client.send(
    new PutMetricDataCommand({
      Namespace: group,
      MetricData: dimensions.flatMap((Dimensions) => [
        { MetricName: metricNames.jobsRunning, Dimensions, Value: jobsRunning, Unit: 'Count' },
        { MetricName: metricNames.jobConcurrency, Dimensions, Value: jobConcurrency, Unit: 'Count' },
      ]),
    }),
  );
}
