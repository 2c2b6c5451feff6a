import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { manualClock } from '../../rehearsal/auto-scaling/clock.ts';
import { startCloudWatch } from '../../rehearsal/cloudwatch.ts';
import { describeCloudWatchContract } from './cloudwatch-contract.ts';

async function start(options: Parameters<typeof startCloudWatch>[0] = {}) {
  const double = await startCloudWatch(options);
  const client = new CloudWatchClient({
    endpoint: double.url,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    double,
    client,
    sumOf: (namespace: string, name: string, ...dimensions: readonly string[]) => {
      const values = double.data
        .filter((each) => each.namespace === namespace && each.name === name)
        .filter((each) => each.dimensions.join() === [...dimensions].sort().join())
        .map(({ value }) => value);
      return Promise.resolve(values.length === 0 ? undefined : values.reduce((sum, each) => sum + each, 0));
    },
    close: async () => {
      client.destroy();
      await double.close();
    },
  };
}

describeCloudWatchContract('the double', () => start());

describe('the double of CloudWatch', () => {
  const one = new PutMetricDataCommand({ Namespace: 'fleet', MetricData: [{ MetricName: 'JOBS_RUNNING', Value: 1 }] });

  it('shows what it was told, when, and in how many calls', async () => {
    const clock = manualClock();
    const { double, client, close } = await start({ clock });
    await client.send(one);
    expect(double.data).toEqual([
      { namespace: 'fleet', name: 'JOBS_RUNNING', dimensions: [], value: 1, unit: 'None', at: clock.now() },
    ]);
    expect(double.calls()).toBe(1);
    await close();
  });

  it('meets the faults of a test: a lost response has had its effect, a cut connection has not', async () => {
    const { double, client, close } = await start();
    double.faults.push({ status: 500, type: 'InternalServiceFault' }, 'cut', 'lost response');
    await expect(client.send(one)).rejects.toMatchObject({
      name: 'InternalServiceFault',
      Code: 'InternalServiceError',
      $metadata: { httpStatusCode: 500 },
    });
    await expect(client.send(one)).rejects.toThrow('socket hang up');
    expect(double.data).toHaveLength(0);
    await expect(client.send(one)).rejects.toThrow('socket hang up');
    expect(double.data).toHaveLength(1);
    await close();
  });
});
