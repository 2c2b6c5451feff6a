import { createServer, request as forwardTo, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Sends the request on to the service, with another body where one is given. */
export type Forward = (body?: string) => Promise<Answer>;

/** What happens to one request on its way. 'cut' ends the connection without an answer. */
export type Meddle = (forward: Forward, body: string) => Promise<Answer | 'cut'>;

export interface InterceptingProxy {
  readonly url: string;
  close(): Promise<void>;
}

const textOf = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

const withoutFraming = (headers: Answer['headers']): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || name === 'transfer-encoding' || name === 'content-length' ? [] : [[name, value]],
    ),
  );

const forwarding =
  (service: URL, { method, url, headers }: IncomingMessage, given: string): Forward =>
  (body = given) =>
    new Promise((resolve, reject) => {
      const length = { 'content-length': String(Buffer.byteLength(body)) };
      const options = {
        host: service.hostname,
        port: service.port,
        method,
        path: url,
        headers: { ...headers, ...length },
      };
      const sent = forwardTo(options, (answer) => {
        textOf(answer).then(
          (text) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
          reject,
        );
      });
      sent.once('error', reject);
      sent.end(body);
    });

/** A caller in this process that has hung up is seen to have done so within the next turns of the event loop. */
const hasHungUp = async ({ socket }: IncomingMessage): Promise<boolean> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((next) => setImmediate(next));
  return socket.destroyed || socket.readableEnded;
};

/**
 * Stands before a service on loopback. `meddle` names, for each request, what happens to it; undefined lets it pass. It is told when the
 * caller had hung up before the request was read, as a caller with a short limit does on a busy machine.
 */
export async function startInterceptingProxy(
  service: string,
  meddle: (isCallerGone: boolean) => Meddle | undefined,
): Promise<InterceptingProxy> {
  const server = createServer((request, response) => {
    const serve = async (): Promise<void> => {
      const body = await textOf(request);
      const act = meddle(await hasHungUp(request)) ?? ((forward) => forward());
      const answer = await act(forwarding(new URL(service), request, body), body);
      if (answer === 'cut') request.socket.destroy();
      // Node frames the body itself.
      else response.writeHead(answer.status, withoutFraming(answer.headers)).end(answer.body);
    };
    serve().catch(() => request.socket.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
