import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback } from './loopback.ts';
import { bodyOf } from './request-body.ts';
import { signerOf } from './signature.ts';

/** What goes wrong with the next request. */
export type JsonFault =
  /** The connection is cut, and nothing happens. */
  | 'cut'
  /** The effect happens, and the connection is cut before the answer. */
  | 'lost response'
  /** There is no answer, until the service is closed. */
  | 'stall'
  /** The service refuses, by the name that it gives the error, and nothing happens. */
  | { readonly status: number; readonly type: string; readonly message?: string };

/** An error of the caller, with the name that the service gives it. */
export interface JsonError {
  readonly type: string;
  readonly message?: string;
}

/** What an operation comes to. */
export type JsonOutcome = { readonly result: object } | { readonly error: JsonError };

export interface JsonService {
  /** For `endpoint` of an SDK client, or `AWS_ENDPOINT_URL_…`. */
  readonly url: string;
  /** One for each request to come, in order. */
  readonly faults: JsonFault[];
  close(): Promise<void>;
}

export type JsonInput = Readonly<Record<string, unknown>>;

export interface JsonServiceOptions {
  /** Before the operation in `X-Amz-Target`. */
  readonly target: string;
  /** For what its requests are signed. */
  readonly signingName: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  readonly operations: Readonly<Record<string, (input: JsonInput) => JsonOutcome>>;
  /**
   * A service that once spoke the Query protocol tells its old codes as well, by the names of its errors
   * (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html, "awsQueryCompatible trait").
   */
  readonly queryCodes?: Readonly<Record<string, string>>;
  /** A free one by default. */
  readonly port?: number;
}

interface Answer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service of AWS on 127.0.0.1 that speaks its JSON protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html). */
export async function startJsonService({
  target,
  signingName,
  contentType,
  operations,
  queryCodes,
  port,
}: JsonServiceOptions): Promise<JsonService> {
  const faults: JsonFault[] = [];

  const refused = (status: number, { type, message }: JsonError): Answer => ({
    status,
    body: { __type: type, ...(message !== undefined && { message }) },
    ...(queryCodes && {
      headers: { 'x-amzn-query-error': `${queryCodes[type] ?? type};${status < 500 ? 'Sender' : 'Receiver'}` },
    }),
  });
  const answerTo = async (request: IncomingMessage): Promise<Answer> => {
    const signer = signerOf(request.headers.authorization, signingName);
    if (signer === 'unsigned') return refused(400, { type: 'MissingAuthenticationTokenException' });
    if (signer === 'incomplete') return refused(400, { type: 'IncompleteSignatureException' });
    const name = String(request.headers['x-amz-target'] ?? '');
    const operation = name.startsWith(`${target}.`) ? operations[name.slice(target.length + 1)] : undefined;
    if (operation === undefined) return refused(400, { type: 'UnknownOperationException' });
    const text = await bodyOf(request);
    let input: JsonInput;
    try {
      input = JSON.parse(text) as JsonInput;
    } catch {
      return refused(400, { type: 'SerializationException' });
    }
    const outcome = operation(input);
    return 'result' in outcome ? { status: 200, body: outcome.result } : refused(400, outcome.error);
  };
  /** Undefined: the connection is cut. */
  const meet = async (request: IncomingMessage): Promise<Answer | undefined> => {
    const fault = faults.shift();
    if (fault === undefined) return answerTo(request);
    if (fault === 'stall') return new Promise(() => undefined);
    if (fault === 'lost response') await answerTo(request);
    return typeof fault === 'object' ? refused(fault.status, { message: 'made by the test', ...fault }) : undefined;
  };

  const server = createServer((request, response) => {
    meet(request)
      .catch((error: unknown) => {
        // A mistake in the double must not look like a sick service.
        process.emitWarning(`${target} double: ${String(error)}`);
        return refused(500, { type: 'InternalFailure', message: String(error) });
      })
      .then((answer) => {
        if (answer === undefined) {
          request.socket.destroy();
          return;
        }
        response
          .writeHead(answer.status, {
            'Content-Type': contentType,
            'x-amzn-requestid': randomUUID(),
            ...answer.headers,
          })
          .end(JSON.stringify(answer.body));
      })
      .catch(() => request.socket.destroy());
  });
  return { ...(await listenOnLoopback(server, port)), faults };
}
