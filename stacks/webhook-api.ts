import { ApiGatewayIntegrationResponse } from '@cdktf/provider-aws/lib/api-gateway-integration-response/index.js';
import { ApiGatewayIntegration } from '@cdktf/provider-aws/lib/api-gateway-integration/index.js';
import { ApiGatewayMethodResponse } from '@cdktf/provider-aws/lib/api-gateway-method-response/index.js';
import { ApiGatewayMethod } from '@cdktf/provider-aws/lib/api-gateway-method/index.js';
import { ApiGatewayResource } from '@cdktf/provider-aws/lib/api-gateway-resource/index.js';
import { ApiGatewayRestApi } from '@cdktf/provider-aws/lib/api-gateway-rest-api/index.js';
import type { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { addressOf, expression } from './expression.ts';
import { isDemand } from './strategy.ts';
import { requestTemplate, responseTemplate } from './templates/mapping-templates.ts';
import type { Wanted } from './templates/mapping-templates.ts';
import type { Variables } from './variables.ts';

/** Of these events the demand strategy keeps its account of open jobs. */
const demandStatuses = ['pending', 'running', 'success', 'failed', 'canceled'];

/**
 * The REST API: one method whose request template hands GitLab's event to Step Functions without a Lambda (departure D3),
 * and whose response template tells GitLab the truth about what became of it (departure D4).
 */
export class WebhookApi extends Construct {
  readonly api: ApiGatewayRestApi;
  readonly resource: ApiGatewayResource;
  readonly method: ApiGatewayMethod;
  readonly methodResponse: ApiGatewayMethodResponse;
  readonly integration: ApiGatewayIntegration;
  readonly integrationResponse: ApiGatewayIntegrationResponse;

  constructor(scope: Construct, id: string, vars: Variables, stackName: string, role: IamRole) {
    super(scope, id);
    this.api = new ApiGatewayRestApi(this, 'aws_api_gateway_rest_api.gitlab_webhook_api', {
      name: stackName,
      description: 'API Gateway to receive GitLab webhooks and trigger Step Functions',
      policy: allowedCallers(vars),
    });
    const restApiId = this.api.id;
    this.resource = new ApiGatewayResource(this, 'aws_api_gateway_resource.webhook_resource', {
      restApiId,
      parentId: this.api.rootResourceId,
      pathPart: 'webhook',
    });
    const resourceId = this.resource.id;
    this.method = new ApiGatewayMethod(this, 'aws_api_gateway_method.post_method', {
      restApiId,
      resourceId,
      httpMethod: 'POST',
      authorization: 'NONE',
      apiKeyRequired: Token.asAny(vars.webhook_api_key_required.value),
    });
    const { httpMethod } = this.method;
    this.methodResponse = new ApiGatewayMethodResponse(this, 'aws_api_gateway_method_response.post_method_response', {
      restApiId,
      resourceId,
      httpMethod,
      statusCode: '200',
    });
    this.integration = new ApiGatewayIntegration(this, 'aws_api_gateway_integration.post_integration', {
      restApiId,
      resourceId,
      httpMethod,
      integrationHttpMethod: 'POST',
      type: 'AWS',
      uri: `arn:aws:apigateway:${vars.aws_region.stringValue}:states:action/StartExecution`,
      credentials: role.arn,
      passthroughBehavior: 'NEVER',
      requestTemplates: {
        'application/json': requestTemplate(wanted(vars)),
      },
    });
    this.integrationResponse = new ApiGatewayIntegrationResponse(
      this,
      'aws_api_gateway_integration_response.post_integration_response',
      {
        restApiId,
        resourceId,
        httpMethod,
        statusCode: this.methodResponse.statusCode,
        responseTemplates: { 'application/json': responseTemplate() },
        // The response belongs to the integration, which has to be there first.
        dependsOn: [this.integration],
      },
    );
  }
}

/** Which events start an execution. The demand strategy has to see what becomes of each job; `webhook_build_statuses` is the other one's. */
function wanted(vars: Variables): Wanted {
  const [ids, pattern] = [addressOf(vars.webhook_project_ids), addressOf(vars.webhook_job_name_pattern)];
  return {
    statuses: expression(
      `jsonencode(${isDemand(vars)} ? ${JSON.stringify(demandStatuses)} : ${addressOf(vars.webhook_build_statuses)})`,
    ),
    projectIds: expression(`jsonencode([for id in ${ids} : format("%d", id)])`),
    // In a group, so that no backslash stands before the apostrophe that ends the text.
    jobNamePattern: expression(`${pattern} == "" ? "" : "(?:${expression(pattern)})"`),
  };
}

/**
 * The resource policy (departure D7), null without an allow-list. The resource is spelt out with wildcards in place of the API's
 * id, which a policy inside the API cannot know; the short form `execute-api:/*` comes back rewritten.
 */
function allowedCallers(vars: Variables): string {
  const cidrs = addressOf(vars.webhook_allowed_cidrs);
  const document = `jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = "*", Action = "execute-api:Invoke", Resource = "arn:aws:execute-api:${expression(addressOf(vars.aws_region))}:*:*/*/POST/webhook", Condition = { IpAddress = { "aws:SourceIp" = ${cidrs} } } }] })`;
  return expression(`length(${cidrs}) == 0 ? null : ${document}`);
}
