import { requestTemplate } from '../../stacks/templates/mapping-templates.ts';
import { minimalVariables, nullable, planOf, secret, valuesOf } from '../support/plans.ts';
import type { Planned } from '../support/plans.ts';
import { wanted } from './templates/wanted.ts';

/** Every variable set to something of its own; the rules below say what each must have become. */
const variables = {
  ...minimalVariables,
  gitlab_api_url: 'https://git.example.com/$HOME/`id`/${x}/%{y}/"\'/api/v4/'.replaceAll(/\s/g, ''),
  vpc_id: 'vpc-0fedcba9876543210',
  vpc_cidr: '10.20.0.0/16',
  bastion_security_group_id: 'sg-0fedcba9876543210',
  ami_user: 'ubuntu',
  aws_region: 'eu-west-3',
  environment_name: 'prod-eu',
  api_gateway_stage_name: 'v1',
  image_id: 'ami-0fedcba9876543210',
  image_name: 'another-image',
  key_name: 'ops',
  iam_role: 'ci-instances',
  fleet_instance_types: ['m6i.large', 'c7i.xlarge', 'm6i.large'],
  private_subnet_ids: ['subnet-0aaa', 'subnet-0bbb'],
  root_disk_size: 100,
  volume_delete_on_termination: false,
  min_size: 1,
  max_size: 7,
  desired_size: 2,
  capacity_per_instance: 3,
  gl_runner_tags: ['docker', `it's "quoted" $HOME \${a} %{b}`],
  group_id: 42,
  gl_cache_path: 'runner/$CACHE',
  idle_threshold: 600,
  webhook_build_statuses: ['pending', 'running'],
  webhook_project_ids: [380, 9007199254740991],
  webhook_job_name_pattern: 'deploy "\\$x" #\\d+|größe\\\\$',
  webhook_rate_limit: 2.5,
  webhook_burst_limit: 50,
  webhook_allowed_cidrs: ['34.74.90.64/28', '34.74.226.0/24'],
  webhook_api_key_required: true,
  on_demand_base_capacity: 1,
  on_demand_percentage: 25,
  metadata_hop_limit: 2,
  log_retention_days: 0,
  lifecycle_heartbeat_seconds: 1800,
  gitlab_ca_certificate: '-----BEGIN CERTIFICATE-----\nMIIB$HOME/+=\n-----END CERTIFICATE-----\n',
  instance_metrics: true,
};
const name = 'glab-runner-prod-eu';

describe('a plan with every variable set', () => {
  let planned: Planned;
  const values = (address: string): Record<string, unknown> => valuesOf(planned, address);
  const userData = (): string =>
    Buffer.from(String(values('aws_launch_template.gitlab_runner').user_data), 'base64').toString();

  beforeAll(async () => {
    planned = await planOf({
      variables,
      image: { imageId: variables.image_id, rootDeviceName: '/dev/sda1', volumeSize: 100, tags: {} },
    });
  }, 60_000);

  it('names everything after the fleet', () => {
    const named = {
      'aws_api_gateway_rest_api.gitlab_webhook_api': name,
      'aws_autoscaling_group.gitlab_runners': name,
      'aws_autoscaling_lifecycle_hook.gitlab_runners_start': `${name}-start`,
      'aws_autoscaling_lifecycle_hook.gitlab_runners_stop': `${name}-stop`,
      'aws_cloudwatch_log_group.step_functions_log_group': `/aws/states/${name}`,
      'aws_dynamodb_table.lock_table': `${name}-lock`,
      'aws_iam_policy.api_gateway_logs_policy': `${name}-APIGatewayLogsPolicy`,
      'aws_iam_policy.api_gateway_policy': `${name}-apigatewaypolicy`,
      'aws_iam_policy.gitlab_cache_policy': `gitlab-cache-${name}`,
      'aws_iam_policy.step_functions_policy': name,
      'aws_iam_role.api_gateway_role': `${name}-apigatewayrole`,
      'aws_iam_role.step_functions_role': name,
      'aws_launch_template.gitlab_runner': name,
      'aws_security_group.gitlab_runner': `${name}-runner`,
      'aws_sfn_state_machine.state_machine': name,
    };
    expect(Object.fromEntries(Object.keys(named).map((address) => [address, values(address).name]))).toEqual(named);
    expect(values('aws_s3_bucket.gitlab_cache').bucket).toBe(name);
    expect(values('aws_iam_instance_profile.gitlab_runner')).toMatchObject({ name_prefix: name, role: 'ci-instances' });
  });

  it('sizes and spreads the group as asked, each instance type once and sorted', () => {
    const group = values('aws_autoscaling_group.gitlab_runners');
    expect(group).toMatchObject({
      min_size: 1,
      max_size: 7,
      desired_capacity: 2,
      suspended_processes: ['AZRebalance'],
    });
    expect(group.vpc_zone_identifier).toEqual(['subnet-0aaa', 'subnet-0bbb']);
    const [policy] = group.mixed_instances_policy as [Record<string, unknown[]>];
    expect(policy.instances_distribution).toMatchObject([
      {
        on_demand_base_capacity: 1,
        on_demand_percentage_above_base_capacity: 25,
        spot_allocation_strategy: 'price-capacity-optimized',
      },
    ]);
    const [{ override }] = policy.launch_template as [{ override: { instance_type: string }[] }];
    expect(override.map(({ instance_type }) => instance_type)).toEqual(['c7i.xlarge', 'm6i.large']);
  });

  it('tags instances and volumes with the default tags, whatever characters they hold', () => {
    const tags = values('aws_autoscaling_group.gitlab_runners').tag as {
      key: string;
      value: string;
      propagate_at_launch: boolean;
    }[];
    expect(tags).toEqual([
      { key: 'Name', value: 'gitlab-runner-prod-eu', propagate_at_launch: true },
      { key: 'Owner', value: `me 'q' "d"`, propagate_at_launch: true },
      { key: 'Team', value: 'ci', propagate_at_launch: true },
      { key: 'environment_name', value: 'prod-eu', propagate_at_launch: true },
    ]);
    expect(values('aws_launch_template.gitlab_runner').tag_specifications).toEqual([
      { resource_type: 'volume', tags: { Name: 'gitlab-runner-prod-eu', Owner: `me 'q' "d"`, Team: 'ci' } },
    ]);
  });

  it('looks the image up by its id, whoever owns it and even when it is deprecated (D10)', () => {
    const [query, ...others] = planned.imageQueries.map((text) => Object.fromEntries(new URLSearchParams(text)));
    expect(others).toEqual([]);
    expect(query).toMatchObject({
      Action: 'DescribeImages',
      'Filter.1.Name': 'image-id',
      'Filter.1.Value.1': 'ami-0fedcba9876543210',
      IncludeDeprecated: 'true',
    });
    expect(query).not.toHaveProperty('Owner.1');
  });

  it('boots that image from its own root device, with IMDSv2 (D8)', () => {
    expect(values('aws_launch_template.gitlab_runner')).toMatchObject({
      image_id: 'ami-0fedcba9876543210',
      key_name: 'ops',
      metadata_options: [{ http_tokens: 'required', http_put_response_hop_limit: 2, http_endpoint: 'enabled' }],
      block_device_mappings: [
        {
          device_name: '/dev/sda1',
          ebs: [{ volume_size: 100, volume_type: 'gp3', encrypted: 'true', delete_on_termination: 'false' }],
        },
      ],
    });
  });

  it('hands the agent its settings as one line of JSON, unharmed by what a shell or Terraform would expand', () => {
    const line = userData()
      .split('\n')
      .find((text) => text.startsWith('{'));
    expect(JSON.parse(line ?? '')).toEqual({
      contract_version: '1',
      region: 'eu-west-3',
      auto_scaling_group: name,
      lock_table: `${name}-lock`,
      launch_hook: `${name}-start`,
      terminate_hook: `${name}-stop`,
      lifecycle_heartbeat_seconds: 1800,
      token_parameter: '/gitlab_tokens',
      gitlab_api_url: variables.gitlab_api_url,
      gitlab_ca_certificate: variables.gitlab_ca_certificate,
      group_id: 42,
      runner_tags: variables.gl_runner_tags,
      capacity_per_instance: 3,
      idle_threshold: 600,
      cache_bucket: name,
      cache_path: 'runner/$CACHE',
      scale_out_strategy: 'first-instance',
      instance_metrics: true,
    });
  });

  it('sets hooks, retention, throttle and key as asked (D6, D7, D13)', () => {
    for (const end of ['start', 'stop']) {
      expect(values(`aws_autoscaling_lifecycle_hook.gitlab_runners_${end}`)).toMatchObject({
        heartbeat_timeout: 1800,
        default_result: 'ABANDON',
      });
    }
    for (const group of ['api_gw_logs', 'step_functions_log_group']) {
      expect(values(`aws_cloudwatch_log_group.${group}`)).toMatchObject({ retention_in_days: 0 });
    }
    expect(values('aws_api_gateway_method_settings.api_method_settings')).toMatchObject({
      stage_name: 'v1',
      settings: [{ throttling_rate_limit: 2.5, throttling_burst_limit: 50, data_trace_enabled: false }],
    });
    expect(values('aws_api_gateway_method.post_method')).toMatchObject({ api_key_required: true });
  });

  it('lets only the allow-list call the webhook (D7)', () => {
    expect(JSON.parse(String(values('aws_api_gateway_rest_api.gitlab_webhook_api').policy))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 'execute-api:Invoke',
          Resource: 'arn:aws:execute-api:eu-west-3:*:*/*/POST/webhook',
          Condition: { IpAddress: { 'aws:SourceIp': ['34.74.90.64/28', '34.74.226.0/24'] } },
        },
      ],
    });
  });

  it('uses one region everywhere', () => {
    expect(values('aws_api_gateway_integration.post_integration').uri).toBe(
      'arn:aws:apigateway:eu-west-3:states:action/StartExecution',
    );
    expect(String(values('aws_iam_role.step_functions_role').assume_role_policy)).toContain(
      'states.eu-west-3.amazonaws.com',
    );
    expect(planned.json.replaceAll('eu-west-3', '')).not.toContain('eu-north-1');
  });

  it('narrows the security group to what was given', () => {
    expect(values('aws_vpc_security_group_ingress_rule.runner_ssh')).toMatchObject({
      referenced_security_group_id: 'sg-0fedcba9876543210',
      from_port: 22,
    });
    expect(values('aws_vpc_security_group_egress_rule.runner_to_ssh')).toMatchObject({ cidr_ipv4: '10.20.0.0/16' });
    expect(values('aws_security_group.gitlab_runner')).toMatchObject({ vpc_id: 'vpc-0fedcba9876543210' });
  });

  it('starts executions for what the filters let pass, whatever characters they hold', () => {
    const { 'application/json': template } = values('aws_api_gateway_integration.post_integration')
      .request_templates as Record<string, string>;
    expect(template).toBe(
      requestTemplate(
        wanted(variables.webhook_build_statuses, {
          projectIds: variables.webhook_project_ids,
          jobNamePattern: variables.webhook_job_name_pattern,
        }),
      ),
    );
  });

  it('knows definition, templates and user data wholly, and none of them has the secret', () => {
    const texts = [
      values('aws_sfn_state_machine.state_machine').definition,
      (values('aws_api_gateway_integration.post_integration').request_templates as Record<string, unknown>)[
        'application/json'
      ],
      (
        values('aws_api_gateway_integration_response.post_integration_response').response_templates as Record<
          string,
          unknown
        >
      )['application/json'],
      userData(),
    ];
    for (const text of texts) {
      expect(typeof text).toBe('string');
      expect(text).not.toBe('');
      expect(text).not.toContain(secret);
    }
  });

  it('has the secret nowhere but among the variables', () => {
    const { variables: inputs, ...rest } = planned.plan;
    expect(JSON.stringify(inputs)).toContain(secret);
    expect(JSON.stringify(rest)).not.toContain(secret);
    expect(planned.output).not.toContain(secret);
    expect(planned.json.split(secret)).toHaveLength(2);
  });
});

describe('a plan with nulls and a warm group', () => {
  it('is made wherever upstream makes one', async () => {
    const nulls = Object.fromEntries(nullable.map((name) => [name, null]));
    const planned = await planOf({ variables: { ...minimalVariables, ...nulls, image_id: 'ami-0123', min_size: 1 } });
    expect(planned.plan.resource_changes.filter(({ mode }) => mode === 'managed')).toHaveLength(35);
    expect(valuesOf(planned, 'aws_autoscaling_group.gitlab_runners')).toMatchObject({ min_size: 1 });
  }, 60_000);
});

describe('preconditions stop a plan', () => {
  const refusal = async (change: Parameters<typeof planOf>[0]): Promise<string> => {
    const error: unknown = await planOf(change).catch((thrown: unknown) => thrown);
    return String(error).replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');
  };

  it('whose image does not fit, or whose default tags no instance could carry', async () => {
    const said = await refusal({
      variables: { ...minimalVariables, root_disk_size: 7 },
      environment: { 'TF_AWS_DEFAULT_TAGS_Cost/Center': 'x' },
      image: {
        imageId: 'ami-0123',
        rootDeviceName: '/dev/xvda',
        volumeSize: 8,
        tags: { Name: 'gitlab-runner-amazon' },
      },
    });
    expect(said).toContain('The image ami-0123 has no tag gitlab-runner-agent-contract = 1');
    expect(said).toContain('root_disk_size is smaller than the root snapshot');
    expect(said).toContain('The keys are: Cost/Center.');
  }, 60_000);

  it('whose sizes contradict each other', async () => {
    const said = await refusal({ variables: { ...minimalVariables, min_size: 5, max_size: 3, desired_size: 4 } });
    expect(said).toContain('min_size (5) must not be above max_size (3).');
    expect(said).toContain('desired_size must be 0 or lie between min_size (5) and max_size (3).');
  }, 60_000);
});
