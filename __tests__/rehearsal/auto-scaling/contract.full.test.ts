import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  PutLifecycleHookCommand,
} from '@aws-sdk/client-auto-scaling';
import type { GroupOptions } from '../../../rehearsal/auto-scaling/server.ts';
import { motoPython, startMoto, type Moto } from '../../support/moto.ts';
import { describeWith } from '../../support/tools.ts';
import { describeAutoScalingContract } from './contract.ts';

/** Where moto 5.2.5 and EC2 Auto Scaling part, one reason each. AWS's side is sourced in rehearsal/auto-scaling/refusals.ts. */
const differences = {
  'refuses a token that it did not give': 'moto looks the token up among the names and breaks',
  'refuses a desired capacity above the maximum': 'moto sets any capacity',
  'refuses a desired capacity below the minimum': 'moto sets any capacity',
  'refuses the desired capacity of a group that is not there': 'moto breaks on an unknown name',
  'refuses an update outside its own bounds': 'moto sets any sizes',
  'refuses an update with crossed bounds': 'moto sets any sizes',
  'refuses a decrement below the minimum': 'moto decrements without looking',
  'refuses a termination that does not say whether to decrement': 'moto takes it for false',
  'refuses to terminate an instance that is in no group': 'moto breaks on an unknown instance',
  'refuses to protect an instance of no group': 'moto passes over it',
  'launches nothing while Launch is suspended': 'moto records suspensions and does not heed them',
  'ends a wait after a hundred heartbeats at the latest': 'moto says 48 hours for every hook',
  'holds an instance in its hooks, from launch to termination': 'moto has hooks on paper only',
  'refuses to complete an action that nobody waits for': 'moto has neither CompleteLifecycleAction nor heartbeats',
  'tells its activities, the newest first': 'moto records none',
};

const python = await motoPython();

describeWith(python, 'moto beside the double', (path) => {
  let moto: Moto | undefined;
  beforeAll(async () => {
    moto = await startMoto(path);
  });
  afterAll(() => moto?.close());

  const make = async (groups: readonly GroupOptions[]) => {
    if (!moto) throw new Error('moto was not started');
    await fetch(`${moto.url}/moto-api/reset`, { method: 'POST' });
    const client = new AutoScalingClient({
      endpoint: moto.url,
      region: 'eu-north-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    });
    // moto knows this image from the start.
    const machine = { LaunchConfigurationName: 'machine', ImageId: 'ami-12c6146b', InstanceType: 'm5.large' };
    await client.send(new CreateLaunchConfigurationCommand(machine));
    for (const group of groups) {
      await client.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: group.name,
          LaunchConfigurationName: 'machine',
          MinSize: group.minSize,
          MaxSize: group.maxSize,
          DesiredCapacity: group.desiredCapacity ?? group.minSize,
          AvailabilityZones: [...group.availabilityZones],
          Tags: (group.tags ?? []).map(({ key, value, propagateAtLaunch }) => ({
            Key: key,
            Value: value,
            PropagateAtLaunch: propagateAtLaunch,
          })),
        }),
      );
      for (const { name, transition, heartbeatTimeout, defaultResult } of group.hooks ?? []) {
        await client.send(
          new PutLifecycleHookCommand({
            AutoScalingGroupName: group.name,
            LifecycleHookName: name,
            LifecycleTransition: transition,
            HeartbeatTimeout: heartbeatTimeout,
            DefaultResult: defaultResult,
          }),
        );
      }
    }
    return {
      client,
      close: () => {
        client.destroy();
        return Promise.resolve();
      },
    };
  };

  describeAutoScalingContract('moto', make, differences);
});
