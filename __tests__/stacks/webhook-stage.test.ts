import { blockOf, synthesized } from '../support/synthesized.ts';

const configuration = synthesized();

describe('the deployment of the API', () => {
  const { redeployment } = blockOf(configuration, 'aws_api_gateway_deployment.api_deployment').triggers as Record<
    string,
    string
  >;

  it.each([
    'aws_api_gateway_rest_api.gitlab_webhook_api.policy',
    'aws_api_gateway_resource.webhook_resource.id',
    'aws_api_gateway_resource.webhook_resource.path_part',
    'aws_api_gateway_method.post_method.id',
    'aws_api_gateway_method.post_method.authorization',
    'aws_api_gateway_method.post_method.api_key_required',
    'aws_api_gateway_method_response.post_method_response.status_code',
    'aws_api_gateway_integration.post_integration.uri',
    'aws_api_gateway_integration.post_integration.credentials',
    'aws_api_gateway_integration.post_integration.passthrough_behavior',
    'aws_api_gateway_integration.post_integration.request_templates',
    'aws_api_gateway_integration_response.post_integration_response.status_code',
    'aws_api_gateway_integration_response.post_integration_response.selection_pattern',
    'aws_api_gateway_integration_response.post_integration_response.response_templates',
  ])('is made anew when %s changes', (part) => {
    expect(redeployment?.split(/[[\], ]+/)).toContain(part);
  });
});

describe('the logs of the API', () => {
  it('say who called, when and what became of it, and have neither headers nor bodies', () => {
    const { access_log_settings: settings } = blockOf(configuration, 'aws_api_gateway_stage.api_stage');
    const { format } = settings as { format: string };
    const fields = JSON.parse(format) as Record<string, string>;
    expect(Object.values(fields).filter((value) => !/^\$context\.[a-zA-Z.]+$/.test(value))).toEqual([]);
    expect(fields.requestId).toBe('$context.requestId');
    expect(format).not.toMatch(/header|body|token|authorizer|apiKey/i);
  });

  it('are not traced with data', () => {
    const { settings } = blockOf(configuration, 'aws_api_gateway_method_settings.api_method_settings');
    expect(settings).toMatchObject({ data_trace_enabled: false, logging_level: 'INFO' });
  });
});

describe('the order of creation', () => {
  it('gives the instances their rights before the group can launch one', () => {
    expect(blockOf(configuration, 'aws_autoscaling_group.gitlab_runners').depends_on).toEqual([
      'aws_iam_role_policy_attachment.gitlab_policy_attachment',
    ]);
  });

  it('sends the machine’s log to the streams of its group', () => {
    // Step Functions takes the ARN of a log group only with :* (API reference, CloudWatchLogsLogGroup).
    const { logging_configuration: logging } = blockOf(configuration, 'aws_sfn_state_machine.state_machine');
    expect(logging).toMatchObject({ log_destination: '${aws_cloudwatch_log_group.step_functions_log_group.arn}:*' });
  });
});
