import { startApiGateway, type ApiGateway } from '../../rehearsal/api-gateway/gateway.ts';
import type { Bridge } from './bridge.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal: unknown;
  readonly Action: string;
  readonly Resource: string;
  readonly Condition: { readonly IpAddress: { readonly 'aws:SourceIp': readonly string[] } };
}

const matches = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(text);

/**
 * The addresses from which a resource policy lets anybody call the method; undefined without a policy. Knows the one form of
 * statement that the stack writes, and throws at any other.
 */
function allowedCidrs(policy: string | null, methodArn: string): readonly string[] | undefined {
  if (policy === null) return undefined;
  const { Statement: statements } = JSON.parse(policy) as { readonly Statement: readonly Statement[] };
  return statements.flatMap(({ Effect, Principal, Action, Resource, Condition, ...more }) => {
    const operators = Object.keys(Condition).concat(Object.keys(Condition.IpAddress), Object.keys(more));
    const form = JSON.stringify([Effect, Principal, Action, ...operators]);
    if (form !== '["Allow","*","execute-api:Invoke","IpAddress","aws:SourceIp"]') {
      throw new Error(`the resource policy has a statement that is not evaluated here: ${form}`);
    }
    return matches(Resource, methodArn) ? Condition.IpAddress['aws:SourceIp'] : [];
  });
}

/** The region and the action that an integration of type AWS calls (API reference, PutIntegration, `uri`). */
function startExecutionIn(uri: string): string {
  const region = /^arn:aws:apigateway:([^:]+):states:action\/StartExecution$/.exec(uri)?.[1];
  if (region === undefined) throw new Error(`the integration calls ${uri}, and not StartExecution`);
  return region;
}

/**
 * Opens a stage to callers: the data plane of API Gateway, which moto does not have, with every value as it was *deployed*. The
 * integration calls moto's Step Functions through the bridge. A stage that was changed is opened anew.
 */
export async function openStage(bridge: Bridge, restApiId: string, stageName: string): Promise<ApiGateway> {
  const { deployments, region, url } = bridge;
  const stage = await deployments.stage(restApiId, stageName);
  const { policy, methods } = deployments.snapshot(stage.deploymentId);
  const [deployed, ...others] = methods;
  if (deployed === undefined || others.length > 0)
    throw new Error(`the deployment has ${methods.length} methods, not 1`);
  const { path, method } = deployed;
  const { uri, passthroughBehavior, requestTemplates, integrationResponses } = method.methodIntegration;
  if (startExecutionIn(uri) !== region) throw new Error(`the integration calls ${uri}, but the stack is in ${region}`);

  const settings = stage.methodSettings?.['*/*'];
  const cidrs = allowedCidrs(
    policy,
    `arn:aws:execute-api:${region}:123456789012:${restApiId}/${stageName}/${method.httpMethod}${path}`,
  );
  return startApiGateway({
    stage: stageName,
    path,
    httpMethod: method.httpMethod,
    apiKeyRequired: method.apiKeyRequired,
    apiKeys: await deployments.apiKeys(restApiId, stageName),
    requestTemplates: requestTemplates ?? {},
    passthroughBehavior,
    integrationResponses: Object.values(integrationResponses ?? {}),
    stageVariables: stage.variables ?? {},
    integration: { service: 'states', action: 'StartExecution', url },
    ...(settings && {
      throttling: { rateLimit: settings.throttlingRateLimit, burstLimit: settings.throttlingBurstLimit },
    }),
    ...(cidrs && { allowedCidrs: cidrs }),
  });
}
