import {
  CloudWatchServiceException,
  PutMetricDataCommand,
  type CloudWatchClient,
  type MetricDatum,
} from '@aws-sdk/client-cloudwatch';

/** A CloudWatch without any metric, and a client that does not retry. */
export interface CloudWatchSubject {
  readonly client: CloudWatchClient;
  /** The sum of what it has for a metric with exactly these dimensions, each `Name=Value`; undefined when it has nothing. */
  readonly sumOf: (namespace: string, name: string, ...dimensions: readonly string[]) => Promise<number | undefined>;
  close(): Promise<void>;
}
export type MakeCloudWatch = () => Promise<CloudWatchSubject>;

interface Asking {
  readonly put: (namespace: string, ...data: readonly Partial<MetricDatum>[]) => Promise<unknown>;
  /** Name, old code, whose fault and status of what the service answered instead of doing it. */
  readonly refusal: (namespace: string, ...data: readonly Partial<MetricDatum>[]) => Promise<readonly unknown[]>;
  readonly sumOf: CloudWatchSubject['sumOf'];
}

const one = { MetricName: 'JOBS_RUNNING', Value: 1 };
const instance = { Name: 'InstanceId', Value: 'i-me' };
const fleet = { Name: 'AutoScalingGroupName', Value: 'fleet' };
const invalid = ['InvalidParameterValueException', 'InvalidParameterValue', 'Sender', 400];
const missing = ['MissingRequiredParameterException', 'MissingParameter', 'Sender', 400];
const days = (count: number): Date => new Date(Date.now() + count * 24 * 3600 * 1000);

/** What CloudWatch owes those who tell it figures. */
const cases: Readonly<Record<string, (asking: Asking) => Promise<void>>> = {
  'keeps figures by namespace, name and dimensions': async ({ put, sumOf }) => {
    await put('fleet', { ...one, Unit: 'Count', Dimensions: [fleet] }, { ...one, Value: 4, Dimensions: [fleet] });
    expect(await sumOf('fleet', 'JOBS_RUNNING', 'AutoScalingGroupName=fleet')).toBe(5);
    expect(await sumOf('fleet', 'JOB_CONCURRENCY', 'AutoScalingGroupName=fleet')).toBeUndefined();
    expect(await sumOf('other', 'JOBS_RUNNING', 'AutoScalingGroupName=fleet')).toBeUndefined();
  },
  'tells a figure with more dimensions apart, whatever their order': async ({ put, sumOf }) => {
    await put('fleet', { ...one, Dimensions: [fleet] });
    await put('fleet', { ...one, Value: 8, Timestamp: new Date(), Dimensions: [instance, fleet] });
    expect(await sumOf('fleet', 'JOBS_RUNNING', 'AutoScalingGroupName=fleet', 'InstanceId=i-me')).toBe(8);
    expect(await sumOf('fleet', 'JOBS_RUNNING', 'AutoScalingGroupName=fleet')).toBe(1);
  },
  'takes a thousand figures at once, also compressed': async ({ put, sumOf }) => {
    await put('fleet', ...Array.from({ length: 1000 }, () => one));
    expect(await sumOf('fleet', 'JOBS_RUNNING')).toBe(1000);
  },
  'refuses a value that is no number': async ({ refusal }) => {
    expect(await refusal('fleet', { ...one, Value: NaN })).toEqual(invalid);
  },
  'refuses an infinite value': async ({ refusal }) => {
    expect(await refusal('fleet', { ...one, Value: Infinity })).toEqual(invalid);
  },
  'refuses a value beside values': async ({ refusal }) => {
    expect(await refusal('fleet', { ...one, Values: [1] })).toEqual(invalid);
  },
  'refuses a figure without a name': async ({ refusal }) => {
    expect(await refusal('fleet', { Value: 1 })).toEqual(missing);
  },
  'refuses a figure without a value': async ({ refusal }) => {
    expect(await refusal('fleet', { MetricName: 'JOBS_RUNNING' })).toEqual(missing);
  },
  'refuses an empty namespace, and those of AWS': async ({ refusal }) => {
    for (const namespace of ['', ' ', 'AWS/EC2', ':fleet']) expect(await refusal(namespace, one)).toEqual(invalid);
  },
  'refuses a unit that there is not': async ({ refusal }) => {
    expect(await refusal('fleet', { ...one, Unit: 'Jobs' as never })).toEqual(invalid);
  },
  'refuses more than thirty dimensions': async ({ refusal }) => {
    const dimensions = Array.from({ length: 31 }, (_, index) => ({ Name: `d${index}`, Value: 'x' }));
    expect(await refusal('fleet', { ...one, Dimensions: dimensions })).toEqual(invalid);
  },
  'refuses a dimension without a value': async ({ refusal }) => {
    expect(await refusal('fleet', { ...one, Dimensions: [{ Name: 'a', Value: '' }] })).toEqual(invalid);
  },
  'refuses what is older than two weeks, or two hours ahead': async ({ refusal }) => {
    for (const Timestamp of [days(-15), days(0.1)])
      expect(await refusal('fleet', { ...one, Timestamp })).toEqual(invalid);
  },
  'refuses more than a thousand figures': async ({ refusal }) => {
    expect(await refusal('fleet', ...Array.from({ length: 1001 }, () => one))).toEqual(invalid);
  },
  'keeps nothing of a call that it refuses': async ({ refusal, sumOf }) => {
    await refusal('fleet', one, { ...one, Value: NaN });
    expect(await sumOf('fleet', 'JOBS_RUNNING')).toBeUndefined();
  },
};

/** Applies the contract to one service; `differences` says where it is known not to keep it, and why. */
export function describeCloudWatchContract(
  name: string,
  make: MakeCloudWatch,
  differences: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(differences).filter((title) => !(title in cases));
  if (unknown.length > 0) throw new Error(`the contract has no part ${unknown.join(', ')}`);

  describe(`${name} keeps the CloudWatch contract: it`, () => {
    let subject: CloudWatchSubject | undefined;
    afterEach(async () => {
      await subject?.close();
      subject = undefined;
    });
    for (const [title, check] of Object.entries(cases)) {
      const body = async () => {
        subject = await make();
        const { client, sumOf } = subject;
        const put: Asking['put'] = (Namespace, ...data) =>
          client.send(new PutMetricDataCommand({ Namespace, MetricData: data as MetricDatum[] }));
        await check({
          put,
          sumOf,
          refusal: async (...given) => {
            const error: unknown = await put(...given).then(
              () => undefined,
              (reason: unknown) => reason,
            );
            if (!(error instanceof CloudWatchServiceException))
              throw new Error('expected a refusal of the service', { cause: error });
            const { Code, Type } = error as { readonly Code?: string; readonly Type?: string };
            return [error.name, Code, Type, error.$metadata.httpStatusCode];
          },
        });
      };
      const difference = differences[title];
      if (difference === undefined) it(title, body);
      else it.failing(`${title} (not so: ${difference})`, body);
    }
  });
}
