import type { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import type { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table/index.js';
import { IamPolicy } from '@cdktf/provider-aws/lib/iam-policy/index.js';
import { IamRolePolicyAttachment } from '@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine/index.js';
import { Construct } from 'constructs';
import { lockItem } from '../ami/contract.ts';
import type { Strategy } from '../ami/contract.ts';
import { actionsOf } from '../asl/actions.ts';
import { text } from '../asl/definition.ts';
import { demand } from '../asl/demand.ts';
import { lateBound } from '../asl/late-bound.ts';
import type { LateBound } from '../asl/late-bound.ts';
import type { Machine } from '../asl/machine.ts';
import { scaleOut } from '../asl/scale-out.ts';
import { addressOf, expression, literal } from './expression.ts';
import { assumedBy, policy } from './policy.ts';
import type { Statement } from './policy.ts';
import { isDemand, ofStrategy } from './strategy.ts';
import { secretTokenRule } from './variables.ts';
import type { Variables } from './variables.ts';

/**
 * What the role needs besides the machine's own calls: log delivery
 * (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy) and X-Ray
 * (https://docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html). Neither knows resources.
 */
export const observabilityActions = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
] as const;

/** Jobs that may be open at once: their ids have to fit into the item (400 KB) and into the state of an execution (256 KiB). */
const mostOpenJobs = 10_000;

export interface ScaleOutMachineProps {
  readonly vars: Variables;
  readonly stackName: string;
  readonly table: DynamodbTable;
  readonly group: AutoscalingGroup;
  /** A Terraform expression, a number. */
  readonly jobsPerInstance: string;
}

/** The Step Functions machine of the strategy that was asked for (departure D1), and its role, whose policy is derived from it (departure D2). */
export class ScaleOutMachine extends Construct {
  readonly machine: SfnStateMachine;

  constructor(scope: Construct, id: string, props: ScaleOutMachineProps) {
    super(scope, id);
    const { vars, stackName, table } = props;
    const openLimit = `${addressOf(vars.max_size)} * ${props.jobsPerInstance}`;
    const machines = machinesOf(props, openLimit);
    const role = new IamRole(this, 'aws_iam_role.step_functions_role', {
      name: stackName,
      assumeRolePolicy: assumedBy(`states.${vars.aws_region.stringValue}.amazonaws.com`),
    });
    const permissions = new IamPolicy(this, 'aws_iam_policy.step_functions_policy', {
      name: stackName,
      description: 'Permissions for Step Functions to access DynamoDB and Auto Scaling',
      policy: policyFor(vars, machines, (actions) =>
        policy(...ownCalls(actions, table, vars.aws_region.stringValue, stackName), {
          Sid: 'LogDeliveryAndTracing',
          Action: observabilityActions,
          Resource: '*',
        }),
      ),
    });
    const attachment = new IamRolePolicyAttachment(
      this,
      'aws_iam_role_policy_attachment.step_functions_role_policy_attachment',
      { role: role.name, policyArn: permissions.arn },
    );
    const log = new CloudwatchLogGroup(this, 'aws_cloudwatch_log_group.step_functions_log_group', {
      name: `/aws/states/${stackName}`,
      retentionInDays: vars.log_retention_days.numberValue,
    });
    this.machine = new SfnStateMachine(this, 'aws_sfn_state_machine.state_machine', {
      name: stackName,
      roleArn: role.arn,
      definition: ofStrategy(vars, {
        'first-instance': text(machines['first-instance'], literal),
        demand: text(machines.demand, literal),
      }),
      // The token of a webhook stands in the execution input; no log may have it.
      loggingConfiguration: { level: 'ALL', includeExecutionData: false, logDestination: `${log.arn}:*` },
      tracingConfiguration: { enabled: true },
      // Step Functions checks at creation that the role may deliver logs.
      dependsOn: [attachment],
      lifecycle: {
        precondition: [
          {
            condition: expression(secretTokenRule.condition),
            errorMessage: `gitlab_secret_token must be ${secretTokenRule.allowed}.`,
          },
          {
            condition: expression(`!(${isDemand(vars)}) || ${openLimit} <= ${mostOpenJobs}`),
            errorMessage: `With scale_out_strategy = "demand", max_size (${expression(addressOf(vars.max_size))}) times the jobs per instance (${expression(props.jobsPerInstance)}) must be at most ${mostOpenJobs}: the ids of all open jobs have to fit into one DynamoDB item (400 KB) and into the state of a Step Functions execution (256 KiB). Lower max_size or capacity_per_instance, or take first-instance.`,
          },
        ],
      },
    });
  }
}

/** The machine of each strategy, with Terraform expressions where a variable decides. */
function machinesOf({ vars, table, group, jobsPerInstance }: ScaleOutMachineProps, openLimit: string) {
  const same = {
    // nonsensitive: what is left of a hash of 16 characters or more may be read, and a sensitive definition could not be.
    secretTokenHash: jsonOf(`nonsensitive(sha256(${addressOf(vars.gitlab_secret_token)}))`),
    lockTable: jsonOf(`${addressOf(table)}.name`),
    group: jsonOf(`${addressOf(group)}.name`),
  };
  return {
    'first-instance': scaleOut({
      ...same,
      buildStatuses: lateBound.text(
        expression(`join(", ", formatlist("'%s'", ${addressOf(vars.webhook_build_statuses)}))`),
      ),
    }),
    demand: demand({
      ...same,
      capacity: lateBound.json<number>(expression(jobsPerInstance)),
      openLimit: lateBound.json<number>(expression(openLimit)),
    }),
  } satisfies Readonly<Record<Strategy, Machine>>;
}

/** The policy document for what the chosen machine calls; where all call the same there is but one. */
export function policyFor(
  vars: Variables,
  machines: Readonly<Record<Strategy, Machine>>,
  document: (actions: readonly string[]) => string,
): string {
  const [first, demanding] = [calledBy(machines['first-instance']), calledBy(machines.demand)];
  return first.join() === demanding.join()
    ? document(first)
    : ofStrategy(vars, { 'first-instance': document(first), demand: document(demanding) });
}

const calledBy = (machine: Machine): readonly string[] => actionsOf(machine).map(({ action }) => action);

/** A Terraform expression in place of a whole JSON value. It names things, never an ARN or id: those are unknown until the apply. */
const jsonOf = (source: string): LateBound<string> => lateBound.json(expression(`jsonencode(${source})`));

/** What the machine calls, each on the narrowest resource that it can be allowed on. */
function ownCalls(
  actions: readonly string[],
  table: DynamodbTable,
  region: string,
  stackName: string,
): readonly Statement[] {
  const [describe, others] = [actions.filter(knowsNoResource), actions.filter((action) => !knowsNoResource(action))];
  const of = (service: string): readonly string[] => others.filter((action) => action.startsWith(`${service}:`));
  return [
    {
      Sid: 'OwnItem',
      Action: of('dynamodb'),
      Resource: table.arn,
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [lockItem.id] } },
    },
    {
      Sid: 'OwnGroup',
      Action: of('autoscaling'),
      // By name: the ARN of the group is not known before it is made, and this way the policy does not wait for it.
      Resource: `arn:aws:autoscaling:${region}:*:autoScalingGroup:*:autoScalingGroupName/${stackName}`,
    },
    { Sid: 'SeeGroups', Action: describe, Resource: '*' },
  ].filter(({ Action }) => Action.length > 0);
}

/** Describe calls of Auto Scaling can only be allowed on everything (Service Authorization Reference, Amazon EC2 Auto Scaling). */
const knowsNoResource = (action: string): boolean => action.startsWith('autoscaling:Describe');
