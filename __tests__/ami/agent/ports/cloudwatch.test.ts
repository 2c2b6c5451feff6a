import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { putFigures } from '../../../../ami/agent/ports/cloudwatch.ts';
import type { CloudWatchDouble } from '../../../../rehearsal/cloudwatch.ts';
import { startCloudWatch } from '../../../../rehearsal/cloudwatch.ts';

const publisher = { group: 'glab-runner-test', instanceId: 'i-me', isPerInstance: false };
const figures = { jobsRunning: 2, jobConcurrency: 6 };
let double: CloudWatchDouble;
let client: CloudWatchClient;
beforeEach(async () => {
  double = await startCloudWatch();
  client = new CloudWatchClient({
    endpoint: double.url,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await double.close();
});
const told = () =>
  double.data.map(({ namespace, name, dimensions, value }) => [namespace, name, dimensions.join(), value]);

it('are those of the fleet, in one call (B45)', async () => {
  await putFigures(client, publisher, figures);
  expect(told()).toEqual([
    ['glab-runner-test', 'JOBS_RUNNING', 'AutoScalingGroupName=glab-runner-test', 2],
    ['glab-runner-test', 'JOB_CONCURRENCY', 'AutoScalingGroupName=glab-runner-test', 6],
  ]);
  expect(double.calls()).toBe(1);
});

it('are those of the instance as well when that is asked for, in the same call', async () => {
  await putFigures(client, { ...publisher, isPerInstance: true }, figures);
  expect(told().map(([, name, dimensions]) => `${name} ${dimensions}`)).toEqual([
    'JOBS_RUNNING AutoScalingGroupName=glab-runner-test',
    'JOB_CONCURRENCY AutoScalingGroupName=glab-runner-test',
    'JOBS_RUNNING AutoScalingGroupName=glab-runner-test,InstanceId=i-me',
    'JOB_CONCURRENCY AutoScalingGroupName=glab-runner-test,InstanceId=i-me',
  ]);
  expect(double.calls()).toBe(1);
});

it('are not told by a service that fails', async () => {
  double.faults.push('cut');
  await expect(putFigures(client, publisher, figures)).rejects.toThrow();
});
