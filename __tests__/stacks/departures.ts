import { blockOf } from '../support/synthesized.ts';
import type { Configuration } from '../support/synthesized.ts';

/**
 * A planned difference from upstream. Each has a decision record, and shows in the plan of the smallest variable file (`planned`),
 * in the configuration (`configured`), or in both. `undo` takes it back in a configuration, so that tests can show that its
 * absence would be noticed.
 */
export interface Departure {
  readonly id: string;
  /** File in docs/decisions. */
  readonly record: string;
  /** Matches `address path` of every leaf that it changes in the plan. */
  readonly planned?: RegExp;
  readonly configured?: (configuration: { readonly json: Configuration }) => boolean;
  readonly undo: (configuration: { readonly json: Configuration }) => void;
}

type Mutable = Record<string, unknown>;
const drop =
  (address: string, ...keys: readonly string[]) =>
  ({ json }: { readonly json: Configuration }): void => {
    const block = blockOf({ json }, address) as Mutable;
    for (const key of keys) delete block[key];
  };
const includes = (list: unknown, ...items: readonly string[]): boolean =>
  Array.isArray(list) && items.every((item) => list.includes(item));

const account = 'aws_api_gateway_account.api_gateway_account';
const machine = 'aws_sfn_state_machine.state_machine';
const machinePolicy = 'aws_iam_policy.step_functions_policy';
const integration = 'aws_api_gateway_integration.post_integration';
const integrationResponse = 'aws_api_gateway_integration_response.post_integration_response';
const deployment = 'aws_api_gateway_deployment.api_deployment';
const stage = 'aws_api_gateway_stage.api_stage';
const settings = 'aws_api_gateway_method_settings.api_method_settings';
const api = 'aws_api_gateway_rest_api.gitlab_webhook_api';
const method = 'aws_api_gateway_method.post_method';
const template = 'aws_launch_template.gitlab_runner';
const group = 'aws_autoscaling_group.gitlab_runners';
const image = 'data.aws_ami.gitlab_runner';
const document = 'data.aws_iam_policy_document.gitlab_cache';
const hooks = ['start', 'stop'].map((end) => `aws_autoscaling_lifecycle_hook.gitlab_runners_${end}`);

export const departures: readonly Departure[] = [
  {
    id: 'D1',
    record: '0001-scale-out-machine.md',
    planned: /^aws_sfn_state_machine\.state_machine (definition|logging_configuration|tracing_configuration)(\.|$)/,
    configured: (c) =>
      includes(blockOf(c, machine).depends_on, 'aws_iam_role_policy_attachment.step_functions_role_policy_attachment'),
    undo: drop(machine, 'depends_on', 'logging_configuration', 'tracing_configuration'),
  },
  {
    id: 'D2',
    record: '0002-derived-policy.md',
    configured: (c) => {
      const policy = String(blockOf(c, machinePolicy).policy);
      return (
        !policy.includes('UpdateAutoScalingGroup') &&
        policy.includes('autoscaling:SetDesiredCapacity') &&
        policy.includes('logs:CreateLogDelivery')
      );
    },
    undo: ({ json }) => {
      (blockOf({ json }, machinePolicy) as Mutable).policy =
        '${jsonencode({"Statement" = [{"Action" = ["autoscaling:UpdateAutoScalingGroup"], "Effect" = "Allow", "Resource" = "*"}], "Version" = "2012-10-17"})}';
    },
  },
  {
    id: 'D3',
    record: '0003-request-template.md',
    planned: /^aws_api_gateway_integration\.post_integration request_templates\./,
    undo: drop(integration, 'request_templates'),
  },
  {
    id: 'D4',
    record: '0004-response-template.md',
    planned: /^aws_api_gateway_integration_response\.post_integration_response response_templates\./,
    undo: drop(integrationResponse, 'response_templates'),
  },
  {
    id: 'D5',
    record: '0005-deployment-triggers.md',
    planned: /^aws_api_gateway_deployment\.api_deployment triggers(\.|$)/,
    configured: (c) => {
      const block = blockOf(c, deployment);
      return (
        includes(
          block.depends_on,
          integration,
          integrationResponse,
          method,
          'aws_api_gateway_method_response.post_method_response',
        ) && (block.lifecycle as Mutable | undefined)?.create_before_destroy === true
      );
    },
    undo: drop(deployment, 'triggers', 'lifecycle', 'depends_on'),
  },
  {
    id: 'D6',
    record: '0006-throttle-and-access-log.md',
    planned:
      /^(aws_api_gateway_method_settings\.api_method_settings settings\.0\.(data_trace_enabled|metrics_enabled|throttling_(burst|rate)_limit)|aws_api_gateway_stage\.api_stage access_log_settings\.0\.(destination_arn|format))$/,
    configured: (c) =>
      includes(blockOf(c, settings).depends_on, account) && includes(blockOf(c, stage).depends_on, account),
    undo: (c) => {
      drop(stage, 'access_log_settings', 'depends_on')(c);
      drop(settings, 'depends_on')(c);
    },
  },
  {
    id: 'D7',
    record: '0007-who-may-call.md',
    configured: (c) =>
      String(blockOf(c, api).policy).startsWith('${length(var.webhook_allowed_cidrs) == 0 ? null : ') &&
      blockOf(c, method).api_key_required === '${var.webhook_api_key_required}',
    undo: (c) => {
      drop(api, 'policy')(c);
      drop(method, 'api_key_required')(c);
    },
  },
  {
    id: 'D8',
    record: '0008-launch-template.md',
    planned:
      /^aws_launch_template\.gitlab_runner (block_device_mappings\.0\.device_name|metadata_options\.0\.http_(tokens|put_response_hop_limit)|user_data)$/,
    configured: (c) =>
      ((blockOf(c, template).lifecycle as Mutable | undefined)?.precondition as unknown[] | undefined)?.length === 4,
    undo: drop(template, 'lifecycle', 'metadata_options', 'user_data', 'block_device_mappings'),
  },
  {
    id: 'D9',
    record: '0009-rebalancing-and-on-demand-share.md',
    planned: /^aws_autoscaling_group\.gitlab_runners suspended_processes\.0$/,
    configured: (c) =>
      JSON.stringify(blockOf(c, group)).includes(
        '"on_demand_percentage_above_base_capacity":"${var.on_demand_percentage}"',
      ),
    undo: drop(group, 'suspended_processes', 'mixed_instances_policy'),
  },
  {
    id: 'D10',
    record: '0010-image-lookup.md',
    configured: (c) => JSON.stringify(blockOf(c, image).filter).includes('image-id'),
    undo: ({ json }) => {
      (blockOf({ json }, image) as Mutable).filter = [{ name: 'tag:Name', values: ['${var.image_name}'] }];
    },
  },
  {
    id: 'D11',
    record: '0011-instance-policy.md',
    planned: /^data\.aws_iam_policy_document\.gitlab_cache statement\.(0\.condition\.|[2-6]\.)/,
    undo: ({ json }) => {
      const block = blockOf({ json }, document) as { statement: Mutable[] };
      block.statement = block.statement.slice(0, 2);
    },
  },
  {
    id: 'D12',
    record: '0012-variables.md',
    configured: ({ json }) =>
      json.variable.gitlab_secret_token?.sensitive === true &&
      !('default' in json.variable.gitlab_secret_token) &&
      !('sensitive' in (json.variable.gitlab_api_url ?? {})) &&
      json.terraform.required_version === '>= 1.2',
    undo: ({ json }) => {
      delete (json.variable.gitlab_secret_token as Mutable).sensitive;
    },
  },
  {
    id: 'D13',
    record: '0013-lifecycle-heartbeat.md',
    configured: (c) =>
      hooks.every((hook) => blockOf(c, hook).heartbeat_timeout === '${var.lifecycle_heartbeat_seconds}'),
    undo: (c) => {
      for (const hook of hooks) (blockOf(c, hook) as Mutable).heartbeat_timeout = 200;
    },
  },
];
