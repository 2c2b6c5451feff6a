import { realClock, type Clock } from './auto-scaling/clock.ts';
import type { JsonError, JsonInput, JsonOutcome, JsonService } from './json-service.ts';
import { startJsonService } from './json-service.ts';

/** One figure as CloudWatch keeps it. */
export interface Datum {
  readonly namespace: string;
  readonly name: string;
  /** `Name=Value`, sorted. */
  readonly dimensions: readonly string[];
  readonly value: number;
  readonly unit: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface CloudWatchDouble extends JsonService {
  readonly data: readonly Datum[];
  /** How many calls there were; those that a fault kept away are none. */
  calls(): number;
}

interface Given {
  readonly MetricName?: string;
  readonly Value?: number | string;
  readonly Values?: readonly number[];
  readonly StatisticValues?: object;
  readonly Unit?: string;
  /** Seconds since 1970. */
  readonly Timestamp?: number;
  readonly Dimensions?: readonly { readonly Name?: string; readonly Value?: string }[];
}

const units = [
  ...['Seconds', 'Microseconds', 'Milliseconds', 'Percent', 'Count', 'Count/Second', 'None'],
  ...['Bytes', 'Kilobytes', 'Megabytes', 'Gigabytes', 'Terabytes'].flatMap((each) => [each, `${each}/Second`]),
  ...['Bits', 'Kilobits', 'Megabits', 'Gigabits', 'Terabits'].flatMap((each) => [each, `${each}/Second`]),
];
const day = 24 * 3600 * 1000;

const missing = (parameter: string): JsonError => ({
  type: 'MissingRequiredParameterException',
  message: `The parameter ${parameter} is required.`,
});
const invalid = (message: string): JsonError => ({ type: 'InvalidParameterValueException', message });
const badValue = (parameter: string, value: unknown): JsonError =>
  invalid(`The value ${String(value)} for parameter ${parameter} is invalid.`);
const isText = (value: unknown, longest: number): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= longest;

/**
 * What is wrong with one figure (Amazon CloudWatch API Reference, MetricDatum and Dimension; the limits of PutMetricData). The words are AWS's
 * as far as moto has them, else ours.
 */
function problem(given: Given, at: string, now: number): JsonError | undefined {
  const { MetricName, Value, Values, StatisticValues, Unit = 'None', Timestamp, Dimensions = [] } = given;
  if (MetricName === undefined) return missing(`${at}.MetricName`);
  if (!isText(MetricName, 255)) return badValue(`${at}.MetricName`, MetricName);
  if (Value !== undefined && Values !== undefined)
    return invalid(`The parameters ${at}.Value and ${at}.Values are mutually exclusive and you have specified both.`);
  if (Values !== undefined || StatisticValues !== undefined)
    return invalid(`The rehearsal takes neither ${at}.Values nor ${at}.StatisticValues.`);
  if (Value === undefined) return missing(`${at}.Value`);
  // NaN and the infinities come as texts.
  if (typeof Value !== 'number' || Math.abs(Value) > 2 ** 360) return badValue(`${at}.Value`, Value);
  if (!units.includes(Unit)) return badValue(`${at}.Unit`, Unit);
  if (Dimensions.length > 30) return invalid(`The collection ${at}.Dimensions must not have a size greater than 30.`);
  const when = Timestamp === undefined ? now : Timestamp * 1000;
  if (when < now - 14 * day || when > now + 2 * 3600 * 1000) return badValue(`${at}.Timestamp`, Timestamp);
  for (const [index, { Name, Value: value }] of Dimensions.entries()) {
    const where = `${at}.Dimensions.member.${index + 1}`;
    if (!isText(Name, 255) || Name.startsWith(':')) return badValue(`${where}.Name`, Name);
    if (!isText(value, 1024)) return badValue(`${where}.Value`, value);
  }
  return undefined;
}

/** CloudWatch as far as it is told metrics (Amazon CloudWatch API Reference, PutMetricData). */
export async function startCloudWatch({
  clock = realClock,
}: { readonly clock?: Pick<Clock, 'now'> } = {}): Promise<CloudWatchDouble> {
  const data: Datum[] = [];
  let count = 0;

  const putMetricData = ({ Namespace, MetricData }: JsonInput): JsonOutcome => {
    count += 1;
    const now = clock.now();
    const given = (MetricData ?? []) as readonly Given[];
    if (Namespace === undefined) return { error: missing('Namespace') };
    // Names with AWS/ are AWS's own.
    if (!isText(Namespace, 255) || Namespace.startsWith(':') || Namespace.startsWith('AWS/'))
      return { error: badValue('Namespace', Namespace) };
    if (given.length === 0) return { error: missing('MetricData') };
    if (given.length > 1000)
      return { error: invalid('The collection MetricData must not have a size greater than 1000.') };
    for (const [index, each] of given.entries()) {
      const error = problem(each, `MetricData.member.${index + 1}`, now);
      // All or nothing.
      if (error !== undefined) return { error };
    }
    for (const { MetricName = '', Value = 0, Unit = 'None', Timestamp, Dimensions = [] } of given)
      data.push({
        namespace: Namespace,
        name: MetricName,
        dimensions: Dimensions.map((each) => `${each.Name}=${each.Value}`).sort(),
        value: Number(Value),
        unit: Unit,
        at: Timestamp === undefined ? now : Timestamp * 1000,
      });
    return { result: {} };
  };
  const service = await startJsonService({
    // As @aws-sdk/client-cloudwatch 3.1164 sends it, with `x-amzn-query-mode`: it reads the codes of the Query protocol.
    target: 'GraniteServiceVersion20100801',
    signingName: 'monitoring',
    contentType: 'application/x-amz-json-1.0',
    operations: { PutMetricData: putMetricData },
    queryCodes: {
      InvalidParameterCombinationException: 'InvalidParameterCombination',
      InvalidParameterValueException: 'InvalidParameterValue',
      MissingRequiredParameterException: 'MissingParameter',
      InternalServiceFault: 'InternalServiceError',
    },
  });
  return { ...service, data, calls: () => count };
}
