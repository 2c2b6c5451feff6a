import type { Answer } from './bridge.ts';

/** A method as API Gateway describes it (API reference, GetMethod). */
export interface DeployedMethod {
  readonly httpMethod: string;
  readonly apiKeyRequired: boolean;
  readonly methodIntegration: {
    readonly uri: string;
    readonly credentials: string;
    readonly passthroughBehavior: 'NEVER' | 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES';
    readonly requestTemplates: Readonly<Record<string, string>> | null;
    readonly integrationResponses: Readonly<
      Record<
        string,
        {
          readonly statusCode: string;
          readonly selectionPattern?: string | null;
          readonly responseTemplates?: Readonly<Record<string, string>> | null;
        }
      >
    > | null;
  };
}

/** What a deployment froze: the API as it was when CreateDeployment was called. */
export interface Snapshot {
  /** The resource policy, JSON; null when everybody may call. */
  readonly policy: string | null;
  readonly methods: readonly { readonly path: string; readonly method: DeployedMethod }[];
}

/** As API Gateway describes it (API reference, GetStage). */
export interface Stage {
  readonly stageName: string;
  readonly deploymentId: string;
  readonly variables?: Readonly<Record<string, string>> | null;
  readonly methodSettings?: Readonly<
    Record<string, { readonly throttlingRateLimit: number; readonly throttlingBurstLimit: number }>
  >;
}

/** What a usage plan lets use a stage. */
interface UsagePlan {
  readonly id: string;
  readonly apiStages?: readonly { readonly apiId: string; readonly stage: string }[];
}

export interface Deployments {
  /** Answers a call that is about deployments; undefined when the call is none of them. */
  readonly handle: (method: string, path: string, pass: () => Promise<Answer>) => Promise<Answer | undefined>;
  readonly stage: (restApiId: string, stageName: string) => Promise<Stage>;
  /** Throws when no deployment of this id was ever made. */
  readonly snapshot: (deploymentId: string) => Snapshot;
  /** Values of the API keys whose usage plans have this stage. */
  readonly apiKeys: (restApiId: string, stageName: string) => Promise<readonly string[]>;
}

interface Items<T> {
  readonly item: readonly T[];
}

/**
 * Deployments as API Gateway keeps them. In moto a deployment is but an id: its stages show the API as it is now, so a change that
 * nobody deployed would be live at once, and a deployment can be deleted while a stage serves it, which API Gateway refuses
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html). `get` reads a path of moto's API Gateway.
 */
export function deploymentsOf(get: <T>(path: string) => Promise<T>): Deployments {
  const snapshots = new Map<string, Snapshot>();

  const take = async (restApiId: string): Promise<Snapshot> => {
    const { policy = null } = await get<{ policy?: string | null }>(`/restapis/${restApiId}`);
    const { item: resources } = await get<
      Items<{ id: string; path: string; resourceMethods?: Readonly<Record<string, unknown>> }>
    >(`/restapis/${restApiId}/resources`);
    const methods = resources.flatMap(({ id, path, resourceMethods }) =>
      Object.keys(resourceMethods ?? {}).map(async (httpMethod) => ({
        path,
        method: await get<DeployedMethod>(`/restapis/${restApiId}/resources/${id}/methods/${httpMethod}`),
      })),
    );
    // It comes as the inside of a JSON string.
    return { policy: policy && (JSON.parse(`"${policy}"`) as string), methods: await Promise.all(methods) };
  };

  const create = async (restApiId: string, pass: () => Promise<Answer>): Promise<Answer> => {
    const snapshot = await take(restApiId);
    const answer = await pass();
    if (answer.status < 300) snapshots.set((JSON.parse(answer.body.toString()) as { id: string }).id, snapshot);
    return answer;
  };

  const remove = async (restApiId: string, deploymentId: string, pass: () => Promise<Answer>): Promise<Answer> => {
    const { item: stages } = await get<Items<Stage>>(`/restapis/${restApiId}/stages`);
    if (!stages.some((stage) => stage.deploymentId === deploymentId)) return pass();
    return {
      status: 400,
      headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'BadRequestException' },
      body: Buffer.from('{"message": "Active stages pointing to this deployment must be moved or deleted"}'),
    };
  };

  return {
    handle: async (method, path, pass) => {
      const [, restApiId, deploymentId] = /^\/restapis\/([^/]+)\/deployments(?:\/([^/?]+))?(?:\?|$)/.exec(path) ?? [];
      if (restApiId === undefined) return undefined;
      if (method === 'POST' && deploymentId === undefined) return create(restApiId, pass);
      if (method === 'DELETE' && deploymentId !== undefined) return remove(restApiId, deploymentId, pass);
      return undefined;
    },
    stage: (restApiId, stageName) => get(`/restapis/${restApiId}/stages/${stageName}`),
    snapshot: (deploymentId) => {
      const found = snapshots.get(deploymentId);
      if (found === undefined) throw new Error(`nobody has made the deployment ${deploymentId}`);
      return found;
    },
    apiKeys: async (restApiId, stageName) => {
      const { item: plans } = await get<Items<UsagePlan>>('/usageplans');
      const ofStage = plans.filter(({ apiStages = [] }) =>
        apiStages.some(({ apiId, stage }) => apiId === restApiId && stage === stageName),
      );
      const keys = await Promise.all(ofStage.map(({ id }) => get<Items<{ value: string }>>(`/usageplans/${id}/keys`)));
      return keys.flatMap(({ item }) => item.map(({ value }) => value));
    },
  };
}
