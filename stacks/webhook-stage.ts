import { ApiGatewayDeployment } from '@cdktf/provider-aws/lib/api-gateway-deployment/index.js';
import { ApiGatewayMethodSettings } from '@cdktf/provider-aws/lib/api-gateway-method-settings/index.js';
import { ApiGatewayStage } from '@cdktf/provider-aws/lib/api-gateway-stage/index.js';
import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import type { SfnStateMachine } from '@cdktf/provider-aws/lib/sfn-state-machine/index.js';
import { Construct } from 'constructs';
import { addressOf, expression } from './expression.ts';
import type { Variables } from './variables.ts';
import type { WebhookApi } from './webhook-api.ts';
import type { WebhookRole } from './webhook-role.ts';

/** One line of JSON for each request: who, when, what became of it. Neither body nor headers, so no token. */
const accessLogFormat = JSON.stringify({
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  httpMethod: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  integrationStatus: '$context.integration.status',
  integrationLatency: '$context.integration.latency',
  responseLatency: '$context.responseLatency',
  responseLength: '$context.responseLength',
  errorMessage: '$context.error.message',
});

/** What makes the API answer: its deployment (departure D5), its stage, throttle and logs (departure D6). */
export class WebhookStage extends Construct {
  readonly stage: ApiGatewayStage;

  constructor(
    scope: Construct,
    id: string,
    vars: Variables,
    webhook: WebhookApi,
    role: WebhookRole,
    machine: SfnStateMachine,
  ) {
    super(scope, id);
    const restApiId = webhook.api.id;
    const accessLog = new CloudwatchLogGroup(this, 'aws_cloudwatch_log_group.api_gw_logs', {
      name: `/aws/api-gateway/${restApiId}`,
      retentionInDays: vars.log_retention_days.numberValue,
    });

    const deployment = new ApiGatewayDeployment(this, 'aws_api_gateway_deployment.api_deployment', {
      restApiId,
      triggers: { redeployment: fingerprint(webhook) },
      dependsOn: [webhook.method, webhook.methodResponse, webhook.integration, webhook.integrationResponse],
      lifecycle: { createBeforeDestroy: true },
    });
    this.stage = new ApiGatewayStage(this, 'aws_api_gateway_stage.api_stage', {
      restApiId,
      stageName: vars.api_gateway_stage_name.stringValue,
      deploymentId: deployment.id,
      variables: { arn: machine.arn },
      xrayTracingEnabled: true,
      accessLogSettings: { destinationArn: accessLog.arn, format: accessLogFormat },
      dependsOn: [role.account],
    });
    new ApiGatewayMethodSettings(this, 'aws_api_gateway_method_settings.api_method_settings', {
      restApiId,
      stageName: this.stage.stageName,
      methodPath: '*/*',
      settings: {
        loggingLevel: 'INFO',
        // Would write bodies and headers, the token among them, to the log.
        dataTraceEnabled: false,
        metricsEnabled: true,
        throttlingRateLimit: vars.webhook_rate_limit.numberValue,
        throttlingBurstLimit: vars.webhook_burst_limit.numberValue,
      },
      dependsOn: [role.account],
    });
  }
}

/** Changes whenever something changes that a deployment takes a snapshot of; without it nothing after the first apply is deployed. */
function fingerprint({ api, resource, method, methodResponse, integration, integrationResponse }: WebhookApi): string {
  const parts = [
    `${addressOf(api)}.policy`,
    `${addressOf(resource)}.id`,
    `${addressOf(resource)}.path_part`,
    `${addressOf(method)}.id`,
    `${addressOf(method)}.authorization`,
    `${addressOf(method)}.api_key_required`,
    `${addressOf(methodResponse)}.status_code`,
    `${addressOf(integration)}.uri`,
    `${addressOf(integration)}.credentials`,
    `${addressOf(integration)}.passthrough_behavior`,
    `${addressOf(integration)}.request_templates`,
    `${addressOf(integrationResponse)}.status_code`,
    `${addressOf(integrationResponse)}.selection_pattern`,
    `${addressOf(integrationResponse)}.response_templates`,
  ];
  return expression(`sha256(jsonencode([${parts.join(', ')}]))`);
}
