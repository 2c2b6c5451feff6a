import { request } from 'node:http';
import type { Answer } from '../decisions/step.ts';

/** Asks the Docker daemon whether it is there (Docker Engine API, `GET /_ping`). */
export const pingDocker = (socketPath: string, milliseconds = 2000): Promise<Answer> =>
  new Promise((resolve) => {
    const no = (why: string): void =>
      resolve({ kind: 'refused', why: `Docker at ${socketPath} does not answer: ${why}` });
    const asked = request({ socketPath, path: '/_ping', timeout: milliseconds, agent: false }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) resolve({ kind: 'done' });
      else no(`status ${answer.statusCode ?? 'unknown'}`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`nothing within ${milliseconds} ms`)));
    asked.on('error', (error) => no(error.message));
    asked.end();
  });

/** The socket of the Docker daemon: that of `DOCKER_HOST` when it is one, else the usual. */
export const dockerSocket = ({ DOCKER_HOST: host = '' }: Readonly<Record<string, string | undefined>>): string =>
  host.startsWith('unix://') ? host.slice('unix://'.length) : '/var/run/docker.sock';
