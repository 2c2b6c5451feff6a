import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('boto.py', import.meta.url));

/** An operation was refused; the message begins with the error's code. */
export class Refusal extends Error {
  readonly code: string;

  constructor(operation: string, { Code, Message }: { readonly Code: string; readonly Message: string }) {
    super(`${Code}: ${Message} (${operation})`);
    this.code = Code;
  }
}

/** The Python SDK, which comes with moto: one process that takes any operation of any service. */
export interface Boto {
  /** `call('iam', 'get_role', { RoleName })`; an operation that has pages is asked for all of them. */
  readonly call: <T>(service: string, operation: string, parameters?: object) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** Starts it with moto's interpreter, for one endpoint and region. Calls are made in the order in which they were asked for. */
export function startBoto(python: string, url: string, region: string): Boto {
  const child = spawn(python, [program, url, region], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: ((line: string | undefined) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(line));
  child.on('close', () => {
    for (const tell of waiting.splice(0)) tell(undefined);
  });
  return {
    call: async <T>(service: string, operation: string, parameters: object = {}): Promise<T> => {
      const line = await new Promise<string | undefined>((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify({ service, operation, parameters })}\n`);
      });
      if (line === undefined) throw new Error(`boto3 ended before it answered ${service} ${operation}`);
      const { result, error } = JSON.parse(line) as {
        readonly result: T;
        readonly error?: { readonly Code: string; readonly Message: string };
      };
      if (error !== undefined) throw new Refusal(`${service} ${operation}`, error);
      return result;
    },
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.stdin.end();
      await closed;
    },
  };
}
