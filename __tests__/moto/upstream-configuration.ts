import { departures } from '../stacks/departures.ts';
import { blockOf, synthesized } from '../support/synthesized.ts';
import { upstreamPlan } from './upstream-plan.ts';

type Block = Record<string, unknown>;

/**
 * A configuration that plans as upstream's recorded plan does: ours with every departure taken back, and with upstream's values
 * where taking back leaves nothing. Two texts are not recorded, the user data and the machine's definition: words stand for them.
 */
export function upstreamConfiguration(): string {
  const ours = synthesized();
  const configuration = synthesized();
  for (const { undo } of departures) undo(configuration);
  const put = (address: string, values: Block): unknown => Object.assign(blockOf(configuration, address), values);
  const kept = (address: string, attribute: string): unknown => blockOf(ours, address)[attribute];
  const recorded = (address: string, attribute: string): unknown =>
    (upstreamPlan.resources[address]?.after as Block)[attribute];

  const machine = 'aws_sfn_state_machine.state_machine';
  const words = { Comment: 'The machine of upstream', StartAt: 'Wake', States: { Wake: { Type: 'Succeed' } } };
  put(machine, { definition: JSON.stringify(words) });

  put('aws_iam_policy.step_functions_policy', {
    policy:
      '${jsonencode({Version = "2012-10-17", Statement = [{Effect = "Allow", Action = ["dynamodb:PutItem", "dynamodb:DeleteItem", "autoscaling:DescribeAutoScalingGroups", "autoscaling:UpdateAutoScalingGroup"], Resource = [aws_dynamodb_table.lock_table.arn, "*"]}]})}',
  });

  const integration = 'aws_api_gateway_integration.post_integration';
  put(integration, { request_templates: recorded(integration, 'request_templates') });
  put('aws_api_gateway_deployment.api_deployment', { depends_on: [integration] });
  put('aws_api_gateway_method_settings.api_method_settings', {
    settings: { logging_level: 'INFO', metrics_enabled: false },
  });

  const template = 'aws_launch_template.gitlab_runner';
  const [disk] = recorded(template, 'block_device_mappings') as readonly Block[];
  const [{ ebs } = {}] = kept(template, 'block_device_mappings') as readonly Block[];
  put(template, {
    metadata_options: recorded(template, 'metadata_options'),
    block_device_mappings: [{ device_name: disk?.device_name, ebs }],
    user_data: '${base64encode("The user data of upstream")}',
  });

  const group = 'aws_autoscaling_group.gitlab_runners';
  put(group, { mixed_instances_policy: kept(group, 'mixed_instances_policy') });

  const document = 'data.aws_iam_policy_document.gitlab_cache';
  const [keys, ...others] = blockOf(configuration, document).statement as readonly Block[];
  put(document, { statement: [{ ...keys, condition: [] }, ...others] });
  return JSON.stringify(configuration.json);
}
