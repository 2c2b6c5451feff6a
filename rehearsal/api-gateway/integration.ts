import { type Answer, Refused } from './gateway-response.ts';
import { MalformedBody } from './json-document.ts';
import { type MappingTemplate, type Rendered, renderMappingTemplate } from './mapping-template.ts';

/** `aws_api_gateway_integration_response`. A pattern that is empty or null makes it the default. */
export interface IntegrationResponse {
  readonly statusCode: string;
  readonly selectionPattern?: string | null | undefined;
  readonly responseTemplates?: Readonly<Record<string, string>> | null | undefined;
}

/** An AWS integration: the service's action is called with the rendered request as its JSON body. */
export interface ServiceIntegration {
  readonly service: 'states';
  readonly action: 'StartExecution';
  /** Where the service listens. */
  readonly url: string;
  /** 29,000 as in API Gateway, unless told otherwise. */
  readonly timeoutMilliseconds?: number;
}

/** What the backend answered. */
export interface BackendAnswer {
  readonly status: number;
  readonly body: string;
}

/** `aws_api_gateway_integration.passthrough_behavior`. */
export type PassthroughBehavior = 'NEVER' | 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES';

/** `X-Amz-Target` names the service by its model's prefix, not by its endpoint's name. */
const targetPrefixes = { states: 'AWSStepFunctions' } as const satisfies Record<ServiceIntegration['service'], string>;

const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType?.split(';')[0] ?? '').trim().toLowerCase() || 'application/json';

/**
 * Finds the request template of a content type, `undefined` when the body is to pass as it is
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html).
 */
export function chooseRequestTemplate(
  templates: Readonly<Record<string, string>>,
  behavior: PassthroughBehavior,
  contentType: string | undefined,
): string | undefined {
  const mediaType = mediaTypeOf(contentType);
  const template = Object.hasOwn(templates, mediaType) ? templates[mediaType] : templates.$default;
  const passes =
    behavior === 'WHEN_NO_MATCH' || (behavior === 'WHEN_NO_TEMPLATES' && Object.keys(templates).length === 0);
  if (template === undefined && !passes) throw new Refused('unsupportedMediaType');
  return template;
}

/** Renders the integration request. A body that cannot be read is the caller's fault, any other failure the template's. */
export function renderRequest(given: MappingTemplate): Rendered {
  try {
    return renderMappingTemplate(given);
  } catch (error) {
    throw new Refused(error instanceof MalformedBody ? 'malformedBody' : 'configurationError', error);
  }
}

/** Calls the service's action over HTTP, in AWS JSON 1.0. */
export async function callService(integration: ServiceIntegration, request: string): Promise<BackendAnswer> {
  const { service, action, url, timeoutMilliseconds = 29_000 } = integration;
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': `${targetPrefixes[service]}.${action}`,
      },
      body: request,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    return { status: answer.status, body: await answer.text() };
  } catch (error) {
    const timedOut = (error as Error).name === 'TimeoutError';
    throw new Refused(timedOut ? 'integrationTimeout' : 'integrationFailure', error);
  }
}

/**
 * Chooses the integration response: of an AWS integration, the pattern has to match the whole backend status
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html).
 */
export function chooseIntegrationResponse(
  responses: readonly IntegrationResponse[],
  backendStatus: number,
): IntegrationResponse {
  const isDefault = ({ selectionPattern }: IntegrationResponse) => (selectionPattern ?? '') === '';
  const chosen =
    responses.find(
      (response) =>
        !isDefault(response) && new RegExp(`^(?:${response.selectionPattern})$`).test(String(backendStatus)),
    ) ?? responses.find(isDefault);
  if (chosen === undefined) {
    throw new Refused('configurationError', new Error(`No integration response for backend status ${backendStatus}`));
  }
  return chosen;
}

/** Turns the backend's answer into the caller's. Without a template the backend's body passes as it is. */
export function renderResponse(
  { statusCode, responseTemplates }: IntegrationResponse,
  backend: BackendAnswer,
  given: Omit<MappingTemplate, 'template' | 'body'>,
): Answer {
  const headers = { 'Content-Type': 'application/json' };
  const templates = responseTemplates ?? {};
  const template = templates['application/json'] ?? Object.values(templates)[0];
  if (template === undefined) return { status: Number(statusCode), headers, body: backend.body };
  try {
    const { text, status } = renderMappingTemplate({ ...given, template, body: backend.body });
    return { status: status ?? Number(statusCode), headers, body: text };
  } catch (error) {
    throw new Refused('configurationError', error);
  }
}
