import type { Server } from 'node:http';

/** A server that listens on 127.0.0.1. */
export interface Listening {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** Cuts every connection. */
  close(): Promise<void>;
}

/** Lets a server listen on 127.0.0.1 only, at a free port by default. */
export async function listenOnLoopback(server: Server, port = 0): Promise<Listening> {
  // Node's five seconds end a connection just when a client that speaks up every few seconds uses it again.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server on 127.0.0.1 has no TCP port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
