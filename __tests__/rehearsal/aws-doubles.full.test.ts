import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { startCloudWatch } from '../../rehearsal/cloudwatch.ts';
import { startSsm } from '../../rehearsal/ssm.ts';
import { startBoto } from '../moto/boto.ts';
import { motoPython, startMoto } from '../support/moto.ts';
import { describeWith } from '../support/tools.ts';

const region = 'eu-north-1';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

interface Heard {
  readonly result?: unknown;
  readonly error?: string;
  readonly status?: number | undefined;
}
const heard = async (call: Promise<unknown>): Promise<Heard> => {
  try {
    return { result: await call };
  } catch (error) {
    const { name, $metadata } = error as {
      readonly name: string;
      readonly $metadata?: { readonly httpStatusCode?: number };
    };
    return { error: name, status: $metadata?.httpStatusCode };
  }
};

/** The doubles and moto, asked the same by the same SDK. */
describeWith(await motoPython(), 'as moto', (python) => {
  let moto: Awaited<ReturnType<typeof startMoto>>;
  beforeAll(async () => {
    moto = await startMoto(python);
  }, 60_000);
  afterAll(() => moto?.close());

  it('SSM gives a parameter, decrypted or not, and says which is missing', async () => {
    const boto = startBoto(python, moto.url, region);
    await boto.call('ssm', 'put_parameter', { Name: '/gitlab_tokens', Type: 'SecureString', Value: 'glrt-x' });
    const double = await startSsm({ '/gitlab_tokens': 'glrt-x' });
    const answers = await Promise.all(
      [moto.url, double.url].map(async (endpoint) => {
        const client = new SSMClient({ endpoint, region, credentials, maxAttempts: 1 });
        const get = async (Name: string, WithDecryption: boolean) => {
          const { result, ...rest } = await heard(client.send(new GetParameterCommand({ Name, WithDecryption })));
          const parameter = (
            result as
              | {
                  readonly Parameter?: {
                    readonly Name: string;
                    readonly Type: string;
                    readonly Value: string;
                    readonly Version: number;
                  };
                }
              | undefined
          )?.Parameter;
          return parameter === undefined
            ? rest
            : {
                name: parameter.Name,
                type: parameter.Type,
                version: parameter.Version,
                isPlain: parameter.Value === 'glrt-x',
              };
        };
        const all = [
          await get('/gitlab_tokens', true),
          await get('/gitlab_tokens', false),
          await get('/missing', true),
        ];
        client.destroy();
        return all;
      }),
    );
    expect(answers[1]).toEqual(answers[0]);
    await double.close();
    await boto.close();
  }, 60_000);

  it('CloudWatch takes metrics, and refuses a call without a namespace', async () => {
    const double = await startCloudWatch();
    const answers = await Promise.all(
      [moto.url, double.url].map(async (endpoint) => {
        const client = new CloudWatchClient({ endpoint, region, credentials, maxAttempts: 1 });
        const put = async (Namespace: string | undefined): Promise<boolean> => {
          const MetricData = [
            {
              MetricName: 'JOBS_RUNNING',
              Value: 2,
              Unit: 'Count' as const,
              Dimensions: [{ Name: 'AutoScalingGroupName', Value: 'x' }],
            },
          ];
          const { error } = await heard(client.send(new PutMetricDataCommand({ Namespace, MetricData })));
          return error === undefined;
        };
        const all = [await put('glab-runner-test')];
        client.destroy();
        return all;
      }),
    );
    expect(answers).toEqual([[true], [true]]);
    expect(double.data).toMatchObject([
      { namespace: 'glab-runner-test', name: 'JOBS_RUNNING', value: 2, dimensions: ['AutoScalingGroupName=x'] },
    ]);
    const boto = startBoto(python, moto.url, region);
    const { Metrics } = await boto.call<{
      readonly Metrics: readonly { readonly Namespace: string; readonly MetricName: string }[];
    }>('cloudwatch', 'list_metrics', { Namespace: 'glab-runner-test' });
    expect(Metrics).toMatchObject([{ Namespace: 'glab-runner-test', MetricName: 'JOBS_RUNNING' }]);
    await boto.close();
    await double.close();
  }, 60_000);
});
