import './promise-with-resolvers.ts';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorBody } from './api-error.ts';
import type { Deployed, Execution, Running } from './execution.ts';
import { execute } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import type { Executions } from './operations.ts';
import { operationOf } from './operations.ts';
import type { Pace } from './pace.ts';
import { fieldsOf } from './request.ts';
import type { Definition } from './runnable.ts';
import { runnable } from './runnable.ts';
import type { Endpoints } from './services.ts';
import { connectServices } from './services.ts';

export type { Execution, HistoryEvent };

export interface StepFunctionsOptions {
  readonly stateMachines: readonly {
    readonly arn: string;
    readonly name: string;
    /** The definition, or its JSON text. */
    readonly definition: unknown;
  }[];
  /** Where the services listen that the machines call. */
  readonly endpoints: Endpoints;
  readonly region: string;
  /** How much of a second of a Wait or of a Retry's delay passes here; 1 by default. */
  readonly waitScale?: number;
  /** How much of a second of a TimeoutSeconds passes here, a task's or an execution's; 1 by default. */
  readonly timeoutScale?: number;
  /** On 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** Told every event of every execution, in order, with the execution as it then is. */
  readonly onEvent?: (execution: Execution, event: HistoryEvent) => void;
}

export interface StepFunctions {
  /** `http://127.0.0.1:PORT`, for `endpoint` of an SDK client or `--endpoint-url`. */
  readonly url: string;
  /** All executions, in the order in which they were started. */
  readonly executions: () => readonly Execution[];
  /** Resolves when no execution runs. */
  readonly settled: () => Promise<void>;
  /** Aborts what runs and stops listening. */
  readonly close: () => Promise<void>;
}

/** Larger requests are cut off: the largest valid one is an input of 262,144 bytes, each of which may be escaped. */
const maximumRequestBytes = 4_000_000;

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > maximumRequestBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function answer(target: string | undefined, body: string | undefined, executions: Executions): Answer {
  if (body === undefined) return { status: 413, body: errorBody({ name: 'RequestEntityTooLargeException' }) };
  const operation = operationOf(target);
  if (typeof operation !== 'function') return { status: 400, body: errorBody(operation) };
  const fields = fieldsOf(body);
  const done = 'refused' in fields ? fields : operation(fields.value, executions);
  return 'refused' in done
    ? { status: 400, body: errorBody(done.refused) }
    : { status: 200, body: JSON.stringify(done.value) };
}

/** A definition that asl-validator refuses is an error here, before anything is started. */
function deploy({
  arn,
  name,
  definition: given,
}: StepFunctionsOptions['stateMachines'][number]): Omit<Deployed, 'runnable'> {
  const definition = (typeof given === 'string' ? JSON.parse(given) : given) as Definition;
  // The interpreter's constructor validates, and its validator writes into what it is given.
  new StateMachine(structuredClone(definition) as unknown as StateMachineDefinition);
  return { arn, name, definition };
}

/**
 * Step Functions on 127.0.0.1: AWS JSON 1.0, as its SDKs speak it. The states are walked by aws-local-stepfunctions; each task calls its
 * service over HTTP, at `endpoints`.
 */
export async function startStepFunctions(options: StepFunctionsOptions): Promise<StepFunctions> {
  const pace: Pace = { waits: options.waitScale ?? 1, timeouts: options.timeoutScale ?? 1 };
  const services = connectServices(options.endpoints, options.region);
  const machines = new Map(
    options.stateMachines.map(deploy).map((machine) => {
      const ready: Deployed = { ...machine, runnable: runnable(machine.definition, services, pace) };
      return [machine.arn, ready] as const;
    }),
  );
  const running = new Map<string, Running>();

  const executions: Executions = {
    hasStateMachine: (arn) => machines.has(arn),
    find: (executionArn) => running.get(executionArn)?.current(),
    ofStateMachine: (arn) =>
      [...running.values()].map((each) => each.current()).filter(({ stateMachineArn }) => stateMachineArn === arn),
    begin: (start) => {
      const machine = machines.get(start.stateMachineArn);
      if (machine === undefined) throw new Error(`There is no state machine ${start.stateMachineArn}.`);
      const begun = execute(machine, start, pace, options.onEvent ?? (() => undefined));
      running.set(start.executionArn, begun);
      return begun.current();
    },
  };

  const serve = async (request: IncomingMessage): Promise<Answer> => {
    const target = request.headers['x-amz-target'];
    return answer(typeof target === 'string' ? target : undefined, await bodyOf(request), executions);
  };
  const server = createServer((request, response) => {
    void serve(request).then(
      ({ status, body }) =>
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() })
          .end(body),
      () => request.destroy(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });

  const settled = async (): Promise<void> => {
    const before = running.size;
    await Promise.all([...running.values()].map(({ ended }) => ended));
    if (running.size > before) await settled();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    executions: () => [...running.values()].map((each) => each.current()),
    settled,
    close: async () => {
      for (const each of running.values()) each.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await Promise.all([closed, settled()]);
      services.close();
    },
  };
}
