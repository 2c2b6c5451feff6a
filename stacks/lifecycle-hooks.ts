import { AutoscalingLifecycleHook } from '@cdktf/provider-aws/lib/autoscaling-lifecycle-hook/index.js';
import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js';
import { Construct } from 'constructs';
import { launchHookName, terminateHookName } from '../ami/contract.ts';
import type { Variables } from './variables.ts';

/**
 * The two hooks in which an instance waits until its agent has registered, and until its jobs have ended. An agent that
 * never answers is abandoned. Departure D13: the heartbeat is a variable.
 */
export class LifecycleHooks extends Construct {
  constructor(scope: Construct, id: string, vars: Variables, stackName: string, group: AutoscalingGroup) {
    super(scope, id);
    const hook = {
      autoscalingGroupName: group.name,
      defaultResult: 'ABANDON',
      heartbeatTimeout: vars.lifecycle_heartbeat_seconds.numberValue,
    };
    new AutoscalingLifecycleHook(this, 'aws_autoscaling_lifecycle_hook.gitlab_runners_start', {
      ...hook,
      name: launchHookName(stackName),
      lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    });
    new AutoscalingLifecycleHook(this, 'aws_autoscaling_lifecycle_hook.gitlab_runners_stop', {
      ...hook,
      name: terminateHookName(stackName),
      lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    });
  }
}
