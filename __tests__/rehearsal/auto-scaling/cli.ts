import { execFile } from 'node:child_process';
import { devNull } from 'node:os';
import { promisify } from 'node:util';
import { startAutoScaling, type AutoScalingDouble } from '../../../rehearsal/auto-scaling/server.ts';
import { describeWith, type Tool } from '../../support/tools.ts';
import { launchHook, terminateHook } from './rehearse.ts';

const execute = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a person at a terminal sees of the double through the AWS CLI. */
export function describeCli(tool: Tool, title: string): void {
  describeWith(tool, title, (program) => {
    let double: AutoScalingDouble;
    beforeAll(async () => {
      double = await startAutoScaling({
        groups: [
          {
            name: 'fleet',
            minSize: 0,
            maxSize: 2,
            availabilityZones: ['eu-north-1a'],
            hooks: [launchHook, terminateHook],
          },
        ],
      });
    });
    afterAll(() => double.close());

    const aws = async (...args: readonly string[]): Promise<Ended> => {
      const env = {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: 'eu-north-1',
        AWS_DEFAULT_OUTPUT: 'json',
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
        AWS_MAX_ATTEMPTS: '1',
        AWS_PAGER: '',
      };
      const command = ['autoscaling', '--endpoint-url', double.url, ...args];
      return execute(program, command, { env }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        (failure: unknown) => failure as Ended,
      );
    };
    const done = async (...args: readonly string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await aws(...args);
      expect([code, stderr]).toEqual([0, '']);
      return stdout.trim() === '' ? undefined : JSON.parse(stdout);
    };
    const refused = async (words: RegExp, ...args: readonly string[]): Promise<void> => {
      const { code, stderr } = await aws(...args);
      expect(code).not.toBe(0);
      expect(stderr).toMatch(words);
    };
    const group = ['--auto-scaling-group-name', 'fleet'];

    it('takes an instance from launch to termination', async () => {
      expect(await done('set-desired-capacity', ...group, '--desired-capacity', '1')).toBeUndefined();
      const described = await done('describe-auto-scaling-groups', '--auto-scaling-group-names', 'fleet');
      expect(described).toMatchObject({
        AutoScalingGroups: [{ DesiredCapacity: 1, Instances: [{ LifecycleState: 'Pending:Wait' }] }],
      });
      const id = double.snapshot().groups[0]?.instances[0]?.id ?? 'none';
      const complete = (hook: string) => [
        'complete-lifecycle-action',
        ...group,
        ...['--lifecycle-hook-name', hook, '--lifecycle-action-result', 'CONTINUE', '--instance-id', id],
      ];
      await done(...complete('start'));
      expect(
        await done(
          'terminate-instance-in-auto-scaling-group',
          '--instance-id',
          id,
          '--should-decrement-desired-capacity',
        ),
      ).toMatchObject({ Activity: { Description: `Terminating EC2 instance: ${id}`, StatusCode: 'InProgress' } });
      await done(...complete('stop'));
      expect(double.snapshot().groups[0]).toMatchObject({ desiredCapacity: 0, instances: [] });
      await refused(
        /\(ValidationError\) when calling the CompleteLifecycleAction operation: No active Lifecycle Action found with instance ID i-0/,
        ...complete('stop'),
      );
    });

    it('shows refusals, and its own for a flag that is missing', async () => {
      await refused(
        /\(ValidationError\) when calling the SetDesiredCapacity operation: New SetDesiredCapacity value 3 is above max value 2/,
        ...['set-desired-capacity', ...group, '--desired-capacity', '3'],
      );
      // The CLI does not even ask the service.
      await refused(
        /required.*(ShouldDecrementDesiredCapacity|--should-decrement-desired-capacity)/,
        ...['terminate-instance-in-auto-scaling-group', '--instance-id', 'i-0123456789abcdef0'],
      );
    });
  });
}
