import { createServer } from 'node:net';
import { SetupError } from './terraform/binary.ts';

/** Finds out whether 127.0.0.1 can be listened on at this port; a SetupError says why not. 0, any free port, always can. */
export async function checkPort(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(portError(port, error)));
    server.listen(port, '127.0.0.1', resolve);
  });
  await new Promise((closed) => server.close(closed));
}

/** What a failed listen means to whoever chose the port; every other error comes back as it was. */
export function portError(port: number, error: Error): Error {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new SetupError(`Port ${port} is in use; choose another with --port.`, { cause: error });
    case 'EACCES':
      return new SetupError(`Port ${port} is not open to this user; choose one above 1023 with --port.`, {
        cause: error,
      });
    default:
      return error;
  }
}
