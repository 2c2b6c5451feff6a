import {
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetParameterCommand } from '@aws-sdk/client-ssm';

/** The commands that the agent sends, by the prefix of their service in IAM. A test holds the ports against it. */
export const commands = {
  autoscaling: [
    CompleteLifecycleActionCommand,
    DescribeAutoScalingGroupsCommand,
    RecordLifecycleActionHeartbeatCommand,
    SetDesiredCapacityCommand,
    TerminateInstanceInAutoScalingGroupCommand,
  ],
  cloudwatch: [PutMetricDataCommand],
  dynamodb: [GetItemCommand, UpdateItemCommand],
  ssm: [GetParameterCommand],
} as const;

/** The IAM actions that the agent needs, such as `dynamodb:GetItem`: for these services an action has the name of its operation. */
export const actions: readonly string[] = Object.entries(commands).flatMap(([service, sent]) =>
  sent.map(({ name }) => `${service}:${name.replace(/Command$/, '')}`),
);
