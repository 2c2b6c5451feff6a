import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pythonWith } from './python.ts';
import type { Tool } from './tools.ts';

const server = fileURLToPath(new URL('moto/server.py', import.meta.url));

/** The interpreter with moto and the AWS CLI 1.x (`besides(path, 'aws')`); made at first use, about a minute. */
export const motoPython = (): Promise<Tool> => pythonWith(new URL('moto/requirements.txt', import.meta.url));

/** A running moto server: every service on one port, empty at first, any credentials, account 123456789012. */
export interface Moto {
  readonly url: string;
  readonly pid: number;
  /** What it wrote on standard error so far: a line for each request, and warnings. */
  log(): string;
  close(): Promise<void>;
}

/**
 * Starts moto with its Step Functions interpreter on and its known faults repaired (moto/server.py), with the interpreter that
 * `motoPython` gave. Ends with `close`, and with this process, however that ends.
 */
export async function startMoto(python: string): Promise<Moto> {
  const child = spawn(python, [server], { stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const port = await firstLine(child).then(
    (line) => (JSON.parse(line) as { readonly port: number }).port,
    (error: unknown) => {
      throw new Error(`moto did not start: ${log.trim().split('\n').slice(-3).join(' | ')}`, { cause: error });
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new Error('moto has no process id');
  return {
    url: `http://127.0.0.1:${port}`,
    pid,
    log: () => log,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      // The server ends with its standard input.
      child.stdin.end();
      const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(hard);
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('moto has no standard output');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`it ended with ${String(code)} before it listened`);
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => undefined);
  return line;
}
