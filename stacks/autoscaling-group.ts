import { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js';
import type { DataAwsDefaultTags } from '@cdktf/provider-aws/lib/data-aws-default-tags/index.js';
import type { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template/index.js';
import { Fn, propertyAccess, TerraformIterator } from 'cdktf';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { addressOf, expression } from './expression.ts';
import type { Variables } from './variables.ts';

export interface RunnerGroupProps {
  readonly vars: Variables;
  readonly stackName: string;
  readonly launchTemplate: LaunchTemplate;
  readonly defaultTags: DataAwsDefaultTags;
  /** What an instance needs before its first call: a group made with desired_size > 0 launches at once. */
  readonly dependsOn: ITerraformDependable[];
}

/**
 * The group of instances. Departure D9: AZRebalance is suspended, because it ends busy instances to even out zones, and the
 * On-Demand share is a variable.
 */
export class RunnerGroup extends Construct {
  readonly group: AutoscalingGroup;

  constructor(
    scope: Construct,
    id: string,
    { vars, stackName, launchTemplate, defaultTags, dependsOn }: RunnerGroupProps,
  ) {
    super(scope, id);
    const types = TerraformIterator.fromList(vars.fleet_instance_types.listValue);
    const tags = TerraformIterator.fromMap(
      Fn.merge([
        propertyAccess(defaultTags.fqn, ['tags']),
        {
          environment_name: vars.environment_name.stringValue,
          Name: `gitlab-runner-${vars.environment_name.stringValue}`,
        },
      ]),
    );
    const desired = `coalesce(${addressOf(vars.desired_size)}, 0)`;
    this.group = new AutoscalingGroup(this, 'aws_autoscaling_group.gitlab_runners', {
      name: stackName,
      minSize: vars.min_size.numberValue,
      maxSize: vars.max_size.numberValue,
      desiredCapacity: vars.desired_size.numberValue,
      healthCheckGracePeriod: 5,
      protectFromScaleIn: false,
      suspendedProcesses: ['AZRebalance'],
      vpcZoneIdentifier: vars.private_subnet_ids.listValue,
      mixedInstancesPolicy: {
        instancesDistribution: {
          onDemandAllocationStrategy: 'lowest-price',
          onDemandBaseCapacity: vars.on_demand_base_capacity.numberValue,
          onDemandPercentageAboveBaseCapacity: vars.on_demand_percentage.numberValue,
          spotAllocationStrategy: 'price-capacity-optimized',
          spotInstancePools: 0,
        },
        launchTemplate: {
          launchTemplateSpecification: {
            launchTemplateId: launchTemplate.id,
            version: expression(`${addressOf(launchTemplate)}.latest_version`),
          },
          override: types.dynamic({ instance_type: types.key }),
        },
      },
      enabledMetrics: [
        'GroupDesiredCapacity',
        'GroupInServiceCapacity',
        'GroupInServiceInstances',
        'GroupMaxSize',
        'GroupMinSize',
        'GroupTotalCapacity',
        'GroupTotalInstances',
      ],
      tag: tags.dynamic({ key: tags.key, value: tags.value, propagate_at_launch: true }),
      dependsOn,
      lifecycle: {
        ignoreChanges: ['desired_capacity'],
        // Between variables only a precondition can compare in the Terraform versions that this stack accepts.
        precondition: [
          {
            condition: expression(`${addressOf(vars.min_size)} <= ${addressOf(vars.max_size)}`),
            errorMessage: `min_size (${expression(addressOf(vars.min_size))}) must not be above max_size (${expression(addressOf(vars.max_size))}).`,
          },
          {
            // 0 and null are not sent to Auto Scaling, which then starts with min_size.
            condition: expression(
              `${desired} == 0 || (${desired} >= ${addressOf(vars.min_size)} && ${desired} <= ${addressOf(vars.max_size)})`,
            ),
            errorMessage: `desired_size must be 0 or lie between min_size (${expression(addressOf(vars.min_size))}) and max_size (${expression(addressOf(vars.max_size))}).`,
          },
        ],
      },
    });
  }
}
