import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with the next request. */
export type JsonFault = 'cut' | 'stall' | { readonly status: number; readonly type: string; readonly message?: string };

/** What an operation comes to: its result, or an error with the name that the service gives it. */
export type JsonOutcome =
  { readonly result: object } | { readonly error: { readonly type: string; readonly message: string } };

export interface JsonService {
  /** For `endpoint` of an SDK client, or `AWS_ENDPOINT_URL_…`. */
  readonly url: string;
  /** One for each request to come, in order. */
  readonly faults: JsonFault[];
  close(): Promise<void>;
}

export interface JsonServiceOptions {
  /** Before the operation in `X-Amz-Target`. */
  readonly target: string;
  readonly contentType: 'application/x-amz-json-1.0' | 'application/x-amz-json-1.1';
  readonly operations: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => JsonOutcome>>;
}

/** A service of AWS that speaks its JSON protocol (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html). Any signature will do. */
export async function startJsonService({ target, contentType, operations }: JsonServiceOptions): Promise<JsonService> {
  const faults: JsonFault[] = [];
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const send = (status: number, body: object): void => {
        answer.writeHead(status, { 'Content-Type': contentType }).end(JSON.stringify(body));
      };
      const fault = faults.shift();
      if (fault === 'stall') return;
      if (fault === 'cut') {
        request.socket.destroy();
        return;
      }
      if (fault !== undefined) {
        send(fault.status, { __type: fault.type, message: fault.message ?? 'made by the test' });
        return;
      }
      const name = String(request.headers['x-amz-target'] ?? '');
      const operation = name.startsWith(`${target}.`) ? operations[name.slice(target.length + 1)] : undefined;
      if (operation === undefined) {
        send(400, { __type: 'UnknownOperationException' });
        return;
      }
      const outcome = operation(JSON.parse(Buffer.concat(chunks).toString()) as Readonly<Record<string, unknown>>);
      if ('result' in outcome) send(200, outcome.result);
      else send(400, { __type: outcome.error.type, message: outcome.error.message });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
