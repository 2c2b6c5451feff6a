import type { JsonService } from './json-service.ts';
import { startJsonService } from './json-service.ts';

/** One figure as CloudWatch keeps it. */
export interface Datum {
  readonly namespace: string;
  readonly name: string;
  /** `Name=Value`, sorted. */
  readonly dimensions: readonly string[];
  readonly value: number;
  readonly at: number;
}

export interface CloudWatchDouble extends JsonService {
  readonly data: readonly Datum[];
  /** How many calls there were. */
  calls(): number;
}

interface Given {
  readonly MetricName?: string;
  readonly Value?: number;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
}

/** CloudWatch as far as it is told metrics (Amazon CloudWatch API Reference, PutMetricData). */
export async function startCloudWatch(): Promise<CloudWatchDouble> {
  const data: Datum[] = [];
  let count = 0;
  const service = await startJsonService({
    target: 'GraniteServiceVersion20100801',
    contentType: 'application/x-amz-json-1.0',
    operations: {
      PutMetricData: ({ Namespace, MetricData = [] }) => {
        count += 1;
        const given = MetricData as readonly Given[];
        if (typeof Namespace !== 'string' || Namespace === '')
          return { error: { type: 'MissingParameter', message: 'The parameter Namespace is required.' } };
        if (given.length > 1000 || given.some(({ Dimensions = [] }) => Dimensions.length > 30))
          return { error: { type: 'InvalidParameterValue', message: 'Too many metrics or dimensions.' } };
        for (const { MetricName = '', Value = 0, Dimensions = [] } of given)
          data.push({
            namespace: Namespace,
            name: MetricName,
            dimensions: Dimensions.map((each) => `${each.Name}=${each.Value}`).sort(),
            value: Value,
            at: Date.now(),
          });
        return { result: {} };
      },
    },
  });
  return { ...service, data, calls: () => count };
}
