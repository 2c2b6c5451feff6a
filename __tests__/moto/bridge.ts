import { Agent, createServer, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtImage } from '../../rehearsal/terraform/plan.ts';
import { startAwsEndpoints } from '../../rehearsal/terraform/aws-endpoints.ts';
import { deploymentsOf, type Deployments } from './deployments.ts';

/** One call, as it came over the wire; the headers hold no secret of ours. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** `X-Amz-Target`, of services that speak JSON. */
  readonly target: string | undefined;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** What stands between a client and moto, and adds what moto lacks for this stack. */
export interface Bridge {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  readonly region: string;
  /** Every call that came, in order. */
  readonly calls: readonly Call[];
  readonly deployments: Deployments;
  readonly close: () => Promise<void>;
}

const json = (status: number, value: object): Answer => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: Buffer.from(JSON.stringify(value)),
});

/** moto reads service and region off the signature, and checks nothing else of it. */
const signature = (service: string, region: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`;

/**
 * Starts the bridge on 127.0.0.1. It passes every call on to moto but
 *
 * - states:ValidateStateMachineDefinition and states:ListStateMachineVersions, which the provider asks at each plan and moto does
 *   not know: asl-validator answers the first, and nobody has published a version;
 * - creating and deleting an API Gateway deployment (deployments.ts);
 * - a call of Step Functions without a signature: API Gateway makes it for an integration, and signs it.
 */
export async function startBridge(moto: string, region: string): Promise<Bridge> {
  const agent = new Agent({ keepAlive: true });
  const validator = await startAwsEndpoints(builtImage);
  const calls: Call[] = [];

  const send = (
    url: string,
    method: string,
    path: string,
    headers: OutgoingHttpHeaders,
    body: Buffer | string,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const outgoing = httpRequest(new URL(path, url), { method, headers, agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { 'transfer-encoding': _, connection: __, ...rest } = response.headers;
          resolve({ status: response.statusCode ?? 0, headers: rest, body: Buffer.concat(chunks) });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  const deployments = deploymentsOf(async (path) => {
    const headers = { authorization: signature('apigateway', region) };
    const { status, body } = await send(moto, 'GET', path, headers, '');
    if (status !== 200) throw new Error(`moto answered GET ${path} with ${status}: ${body.toString()}`);
    return JSON.parse(body.toString()) as never;
  });

  const answer = async (
    { method, path, target, body }: Call,
    headers: OutgoingHttpHeaders,
    raw: Buffer,
  ): Promise<Answer> => {
    if (target === 'AWSStepFunctions.ValidateStateMachineDefinition') {
      return send(validator.url, method, path, { 'x-amz-target': target }, body);
    }
    if (target === 'AWSStepFunctions.ListStateMachineVersions') return json(200, { stateMachineVersions: [] });
    const signed =
      target?.startsWith('AWSStepFunctions.') && headers.authorization === undefined
        ? { ...headers, authorization: signature('states', region) }
        : headers;
    const pass = (): Promise<Answer> => send(moto, method, path, signed, raw);
    return (await deployments.handle(method, path, pass)) ?? pass();
  };

  const receive = async (request: IncomingMessage): Promise<Answer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const { connection: _, 'transfer-encoding': __, ...headers } = request.headers;
    const target = request.headers['x-amz-target'];
    const call: Call = {
      method: request.method ?? '',
      path: request.url ?? '/',
      target: typeof target === 'string' ? target : undefined,
      body: raw.toString(),
    };
    calls.push(call);
    return answer(call, { ...headers, 'content-length': raw.length }, raw);
  };
  const server = createServer((request, response) => {
    receive(request).then(
      ({ status, headers, body }) =>
        response.writeHead(status, headers).end(request.method === 'HEAD' ? undefined : body),
      (error: unknown) => response.writeHead(502).end(String(error)),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region,
    calls,
    deployments,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      agent.destroy();
      await Promise.all([closed, validator.close()]);
    },
  };
}
