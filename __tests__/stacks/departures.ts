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
  /** Every leaf that it changes in the plan, `path` by address, with the value that it must have here. */
  readonly planned?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
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

/** Values that stand for more than one: any text that is not upstream's, and the two words of differences.ts. */
export const text = Symbol('a text of our own');
const unknown = '(known after apply)';
const gone = '(not there)';

/** What the policy of the instances has beyond upstream's, statement by statement (D11). */
const instancePolicy = Object.fromEntries(
  [
    {
      index: 0,
      condition: ['StringEquals', 'kms:ViaService', 's3.eu-north-1.amazonaws.com', 'ssm.eu-north-1.amazonaws.com'],
    },
    {
      index: 2,
      sid: 'FleetItem',
      actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
      resource: unknown,
      condition: ['ForAllValues:StringEquals', 'dynamodb:LeadingKeys', 'ScalingLock'],
    },
    {
      index: 3,
      sid: 'OwnGroup',
      actions: [
        'autoscaling:CompleteLifecycleAction',
        'autoscaling:RecordLifecycleActionHeartbeat',
        'autoscaling:SetDesiredCapacity',
        'autoscaling:TerminateInstanceInAutoScalingGroup',
      ],
      resource: 'arn:aws:autoscaling:eu-north-1:*:autoScalingGroup:*:autoScalingGroupName/glab-runner-dev',
    },
    {
      index: 4,
      sid: 'SeeGroups',
      actions: ['autoscaling:DescribeAutoScalingGroups'],
      resource: '*',
    },
    {
      index: 5,
      sid: 'RunnerToken',
      actions: ['ssm:GetParameter'],
      resource: 'arn:aws:ssm:eu-north-1:*:parameter/gitlab_tokens',
    },
    {
      index: 6,
      sid: 'FleetMetrics',
      actions: ['cloudwatch:PutMetricData'],
      resource: '*',
      condition: ['StringEquals', 'cloudwatch:namespace', 'glab-runner-dev'],
    },
  ].flatMap(({ index, sid, actions = [], resource, condition: [test, variable, ...values] = [] }) => {
    const at = `statement.${index}`;
    return [
      ...(sid === undefined
        ? []
        : [
            [`${at}.sid`, sid],
            [`${at}.effect`, 'Allow'],
            [`${at}.resources.0`, resource],
          ]),
      ...actions.map((action, place) => [`${at}.actions.${place}`, action]),
      ...(test === undefined
        ? []
        : [
            [`${at}.condition.0.test`, test],
            [`${at}.condition.0.variable`, variable],
          ]),
      ...values.map((value, place) => [`${at}.condition.0.values.${place}`, value]),
    ];
  }),
) as Readonly<Record<string, unknown>>;

export const departures: readonly Departure[] = [
  {
    id: 'D1',
    record: '0001-scale-out-machine.md',
    planned: {
      [machine]: {
        definition: text,
        logging_configuration: gone,
        'logging_configuration.0.include_execution_data': false,
        'logging_configuration.0.level': 'ALL',
        'logging_configuration.0.log_destination': unknown,
        tracing_configuration: gone,
        'tracing_configuration.0.enabled': true,
      },
    },
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
    planned: { [integration]: { 'request_templates.application/json': text } },
    undo: drop(integration, 'request_templates'),
  },
  {
    id: 'D4',
    record: '0004-response-template.md',
    planned: { [integrationResponse]: { 'response_templates.application/json': text } },
    undo: drop(integrationResponse, 'response_templates'),
  },
  {
    id: 'D5',
    record: '0005-deployment-triggers.md',
    planned: { [deployment]: { triggers: unknown } },
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
    planned: {
      [settings]: {
        'settings.0.data_trace_enabled': false,
        'settings.0.metrics_enabled': true,
        'settings.0.throttling_burst_limit': 500,
        'settings.0.throttling_rate_limit': 20,
      },
      [stage]: { 'access_log_settings.0.destination_arn': unknown, 'access_log_settings.0.format': text },
    },
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
    planned: {
      [template]: {
        'block_device_mappings.0.device_name': '/dev/xvda',
        'metadata_options.0.http_put_response_hop_limit': 1,
        'metadata_options.0.http_tokens': 'required',
        user_data: text,
      },
    },
    configured: (c) => 'lifecycle' in blockOf(c, template),
    undo: drop(template, 'lifecycle', 'metadata_options', 'user_data', 'block_device_mappings'),
  },
  {
    id: 'D9',
    record: '0009-rebalancing-and-on-demand-share.md',
    planned: { [group]: { 'suspended_processes.0': 'AZRebalance' } },
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
    planned: { [document]: instancePolicy },
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

/** The departures that change the attribute in which a leaf lies: with a state before it, a plan shows other leaves of it. */
export const departuresOfAttribute = (at: string): readonly string[] =>
  departures
    .filter(({ planned = {} }) =>
      Object.entries(planned).some(([address, leaves]) =>
        Object.keys(leaves).some((path) => `${at}.`.startsWith(`${address} ${path.split('.')[0]}.`)),
      ),
    )
    .map(({ id }) => id);
