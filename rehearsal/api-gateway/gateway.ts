import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Answer, refusalAnswer, Refused } from './gateway-response.ts';
import {
  type BackendAnswer,
  callService,
  chooseIntegrationResponse,
  chooseRequestTemplate,
  type IntegrationResponse,
  type PassthroughBehavior,
  renderRequest,
  renderResponse,
  type ServiceIntegration,
} from './integration.ts';
import type { Parameters } from './mapping-template.ts';
import { sourceIpCheck } from './source-ip.ts';
import { type Throttling, tokenBucket } from './token-bucket.ts';

export type { IntegrationResponse, PassthroughBehavior, ServiceIntegration } from './integration.ts';

/** One method of a REST API on one stage, in the words of the Terraform resources. */
export interface ApiGatewayOptions {
  readonly stage: string;
  /** The resource's path, with or without its leading slash. */
  readonly path: string;
  readonly httpMethod: string;
  readonly apiKeyRequired: boolean;
  /** Keys of the usage plan. */
  readonly apiKeys?: readonly string[];
  /** VTL by content type. */
  readonly requestTemplates: Readonly<Record<string, string>>;
  readonly passthroughBehavior: PassthroughBehavior;
  readonly integrationResponses: readonly IntegrationResponse[];
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly integration: ServiceIntegration;
  readonly throttling?: Throttling;
  /** The resource policy's `aws:SourceIp`; without it everybody may call. */
  readonly allowedCidrs?: readonly string[];
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Milliseconds; for the throttle. */
  readonly now?: () => number;
  /** Told after each answer; it holds the caller's headers, so also the token. */
  readonly onExchange?: (exchange: Exchange) => void;
}

/** What happened to one call, as far as it came. */
export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Parameters;
    readonly body: string;
  };
  /** What the request template became. */
  readonly rendered?: string;
  readonly backend?: BackendAnswer;
  readonly answer: Answer;
  /** Why API Gateway itself refused; stands in the execution log, not in the answer. */
  readonly cause?: unknown;
}

export interface ApiGateway {
  /** The method's invoke URL, `http://127.0.0.1:<port>/<stage>/<path>`. */
  readonly url: string;
  close(): Promise<void>;
}

const maxBodyBytes = 10 * 1024 * 1024;
/** "Total combined size of request line and header values" (https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html). */
const maxHeaderBytes = 10_240;

/** Header names as they came over the wire: API Gateway keeps their spelling. */
const headersOf = ({ rawHeaders }: IncomingMessage): Parameters =>
  rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : []));

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read on, so that a caller who is still sending hears the answer.
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  }
  if (bytes > maxBodyBytes) throw new Refused('requestTooLarge');
  return Buffer.concat(chunks);
}

/** A request's target. A path stays one: `//x` on its own would be read as the host x, and `//` as nothing at all. */
function targetOf({ url = '/' }: IncomingMessage): URL {
  const text = url.startsWith('/') ? `http://127.0.0.1${url}` : url;
  if (!URL.canParse(text)) throw new Refused('missingAuthenticationToken');
  return new URL(text);
}

/**
 * Serves one method of a REST API on 127.0.0.1 as API Gateway's data plane does: who may call, the request template, the
 * service's action over HTTP, the integration response, its template.
 */
export async function startApiGateway(options: ApiGatewayOptions): Promise<ApiGateway> {
  const { stage, httpMethod, stageVariables, integration, now = Date.now } = options;
  const resourcePath = `/${options.path.replace(/^\/+/, '')}`;
  const isAllowed = options.allowedCidrs === undefined ? () => true : sourceIpCheck(options.allowedCidrs);
  const mayPass = options.throttling === undefined ? () => true : tokenBucket(options.throttling, now);

  function admit(request: IncomingMessage, pathname: string, sourceIp: string): void {
    const isMethod = httpMethod === 'ANY' || request.method === httpMethod;
    if (pathname !== `/${stage}${resourcePath}` || !isMethod) throw new Refused('missingAuthenticationToken');
    if (!isAllowed(sourceIp)) throw new Refused('accessDenied');
    const key = request.headers['x-api-key'];
    if (options.apiKeyRequired && !(options.apiKeys ?? []).some((known) => known === key)) {
      throw new Refused('invalidApiKey');
    }
    if (!mayPass()) throw new Refused('throttled');
  }

  async function exchange(request: IncomingMessage, requestId: string): Promise<Exchange> {
    const sourceIp = request.socket.remoteAddress ?? '';
    const headers = headersOf(request);
    const seen: { body: string; rendered?: string; backend?: BackendAnswer; cause?: unknown } = { body: '' };
    const done = (answer: Answer): Exchange => {
      const { body, ...rest } = seen;
      return { request: { method: request.method ?? '', url: request.url ?? '', headers, body }, ...rest, answer };
    };
    try {
      const { pathname, searchParams } = targetOf(request);
      admit(request, pathname, sourceIp);
      seen.body = (await bodyOf(request)).toString('utf8');
      const template = chooseRequestTemplate(
        options.requestTemplates,
        options.passthroughBehavior,
        request.headers['content-type'],
      );
      const given = {
        headers,
        querystring: [...searchParams],
        stageVariables,
        context: {
          requestId,
          requestTimeEpoch: now(),
          apiId: 'rehearsal',
          stage,
          resourcePath,
          httpMethod: request.method,
          identity: { sourceIp, userAgent: request.headers['user-agent'] ?? '' },
        },
      };
      seen.rendered = template === undefined ? seen.body : renderRequest({ ...given, template, body: seen.body }).text;
      seen.backend = await callService(integration, seen.rendered);
      const response = chooseIntegrationResponse(options.integrationResponses, seen.backend.status);
      return done(renderResponse(response, seen.backend, given));
    } catch (error) {
      const refused = error instanceof Refused ? error : new Refused('configurationError', error);
      if (refused.cause !== undefined) seen.cause = refused.cause;
      return done(refusalAnswer(refused.refusal));
    }
  }

  const server = createServer({ maxHeaderSize: maxHeaderBytes }, (request, response) => {
    const requestId = randomUUID();
    exchange(request, requestId)
      .then((result) => {
        const { status, headers, body } = result.answer;
        request.resume();
        response.writeHead(status, { ...headers, 'x-amzn-RequestId': requestId }).end(body);
        options.onExchange?.(result);
      })
      .catch((error: unknown) => {
        // One call may fail; the server goes on.
        response.destroy();
        process.emitWarning(error as Error);
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/${stage}${resourcePath}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
