import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { motoPython, startMoto, type Moto } from '../support/moto.ts';
import { describeWith } from '../support/tools.ts';
import { describeCloudWatchContract } from './cloudwatch-contract.ts';
import { describeSsmContract } from './ssm-contract.ts';

const python = await motoPython();

describeWith(python, 'moto beside the doubles', (path) => {
  let moto: Moto | undefined;
  beforeAll(async () => {
    moto = await startMoto(path);
  });
  afterAll(() => moto?.close());

  /** moto without anything in it. */
  const fresh = async () => {
    if (!moto) throw new Error('moto was not started');
    await fetch(`${moto.url}/moto-api/reset`, { method: 'POST' });
    return {
      endpoint: moto.url,
      region: 'eu-north-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    };
  };
  const closing = (client: { destroy(): void }) => () => {
    client.destroy();
    return Promise.resolve();
  };

  describeSsmContract(
    'moto',
    async (parameters) => {
      const client = new SSMClient(await fresh());
      for (const { name, type, value } of parameters)
        await client.send(new PutParameterCommand({ Name: name, Type: type, Value: value }));
      return { client, close: closing(client) };
    },
    {
      'does not tell the value without': 'moto writes `kms:` before it',
      'refuses an empty name': 'moto looks it up',
    },
  );

  describeCloudWatchContract(
    'moto',
    async () => {
      const client = new CloudWatchClient(await fresh());
      return {
        client,
        sumOf: async (namespace, name, ...dimensions) => {
          const { Datapoints = [] } = await client.send(
            new GetMetricStatisticsCommand({
              Namespace: namespace,
              MetricName: name,
              Dimensions: dimensions.map((each) => ({ Name: each.split('=')[0], Value: each.split('=')[1] })),
              StartTime: new Date(Date.now() - 3600 * 1000),
              EndTime: new Date(Date.now() + 3600 * 1000),
              Period: 7200,
              Statistics: ['Sum'],
            }),
          );
          return Datapoints.length === 0 ? undefined : Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
        },
        close: closing(client),
      };
    },
    {
      'tells a figure with more dimensions apart, whatever their order': 'moto takes those with more for the same',
      'refuses an infinite value': 'moto takes any but NaN',
      'refuses a figure without a name': 'moto breaks',
      'refuses a figure without a value': 'moto takes 0 for it',
      'refuses an empty namespace, and those of AWS': 'moto takes any',
      'refuses a unit that there is not': 'moto takes any',
      'refuses more than thirty dimensions': 'moto counts nothing',
      'refuses a dimension without a value': 'moto takes it',
      'refuses what is older than two weeks, or two hours ahead': 'moto takes any time',
      'refuses more than a thousand figures': 'moto counts nothing',
    },
  );
});
