import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import {
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import type { Group } from '../decisions/group.ts';
import type { Answer, Hook } from '../decisions/step.ts';
import { failed } from './failure.ts';

/** What an instance asks of its Auto Scaling group. */
export interface GroupPort {
  describe(): Promise<Answer>;
  setDesiredCapacity(capacity: number): Promise<Answer>;
  terminate(decrement: boolean): Promise<Answer>;
  recordHeartbeat(hook: Hook): Promise<Answer>;
  complete(hook: Hook, result: 'CONTINUE' | 'ABANDON'): Promise<Answer>;
}

/** The group `name` as the instance `instanceId` sees it. `hooks` are the names of its lifecycle hooks. */
export interface Membership {
  readonly name: string;
  readonly instanceId: string;
  readonly hooks: Readonly<Record<Hook, string>>;
}

/** The client decides about time limits. It must not retry: a terminate call with decrement that is sent twice may count twice. */
export function connectGroup(
  client: Pick<AutoScalingClient, 'send'>,
  { name, instanceId, hooks }: Membership,
): GroupPort {
  const actionOf = (hook: Hook) => ({
    AutoScalingGroupName: name,
    LifecycleHookName: hooks[hook],
    InstanceId: instanceId,
  });
  const done = async (call: Promise<unknown>): Promise<Answer> => {
    try {
      await call;
      return { kind: 'done' };
    } catch (error) {
      return failed(error);
    }
  };
  return {
    describe: async () => {
      try {
        const answer = await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }));
        const [group] = answer.AutoScalingGroups ?? [];
        return { kind: 'group', group: group && groupOf(group) };
      } catch (error) {
        return failed(error);
      }
    },
    // HonorCooldown stays false, its default: a cooldown would refuse the call.
    setDesiredCapacity: (capacity) =>
      done(client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: name, DesiredCapacity: capacity }))),
    terminate: (decrement) =>
      done(
        client.send(
          new TerminateInstanceInAutoScalingGroupCommand({
            InstanceId: instanceId,
            ShouldDecrementDesiredCapacity: decrement,
          }),
        ),
      ),
    recordHeartbeat: (hook) => done(client.send(new RecordLifecycleActionHeartbeatCommand(actionOf(hook)))),
    complete: (hook, result) =>
      done(client.send(new CompleteLifecycleActionCommand({ ...actionOf(hook), LifecycleActionResult: result }))),
  };
}

interface Described {
  readonly DesiredCapacity?: number | undefined;
  readonly MinSize?: number | undefined;
  readonly MaxSize?: number | undefined;
  readonly Instances?:
    readonly { readonly InstanceId?: string | undefined; readonly LifecycleState?: string | undefined }[] | undefined;
}

const groupOf = ({ DesiredCapacity = 0, MinSize = 0, MaxSize = 0, Instances = [] }: Described): Group => ({
  desired: DesiredCapacity,
  min: MinSize,
  max: MaxSize,
  instances: Instances.map(({ InstanceId = '', LifecycleState = '' }) => ({
    id: InstanceId,
    lifecycleState: LifecycleState,
  })),
});
