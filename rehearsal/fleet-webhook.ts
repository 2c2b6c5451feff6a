import { createHash } from 'node:crypto';
import type { Strategy } from '../ami/contract.ts';
import { lockTableName } from '../ami/contract.ts';
import { render } from '../asl/definition.ts';
import { demand } from '../asl/demand.ts';
import { scaleOut } from '../asl/scale-out.ts';
import type { Fleet } from './fleet.ts';
import type { Execution, Running } from './step-functions/execution.ts';
import { execute } from './step-functions/execution.ts';
import type { Definition } from './step-functions/runnable.ts';
import { runnable } from './step-functions/runnable.ts';
import { connectServices } from './step-functions/services.ts';

const token = 'the secret of the rehearsal';

export interface Webhooks {
  /** An event of a job has come in: the machine works on it. Resolves with the execution when that has ended. */
  send(status: string, job: number, runner?: number): Promise<Execution>;
  close(): void;
}

/** The webhook's half of a fleet: the stack's machine, in an interpreter, on the fleet's services. */
export function webhooksOf(
  fleet: Fleet,
  {
    strategy = 'first-instance',
    jobsPerInstance = 2,
    maxSize = 4,
    pace = 1,
  }: {
    readonly strategy?: Strategy;
    readonly jobsPerInstance?: number;
    readonly maxSize?: number;
    readonly pace?: number;
  } = {},
): Webhooks {
  const common = {
    secretTokenHash: createHash('sha256').update(token).digest('hex'),
    lockTable: lockTableName(fleet.name),
    group: fleet.name,
  };
  const machine =
    strategy === 'demand'
      ? demand({ ...common, capacity: jobsPerInstance, openLimit: jobsPerInstance * maxSize })
      : scaleOut({ ...common, buildStatuses: ['created', 'pending'] });
  const definition = render(machine) as unknown as Definition;
  const services = connectServices({ dynamodb: fleet.dynamodb.url, autoscaling: fleet.autoScaling.url }, fleet.region);
  const scale = { waits: 1 / pace, timeouts: 1 };
  const arn = `arn:aws:states:${fleet.region}:123456789012:stateMachine:${fleet.name}`;
  const running = new Set<Running>();
  let count = 0;
  return {
    send: async (status, job, runner) => {
      count += 1;
      const begun = execute(
        { arn, name: fleet.name, definition, runnable: runnable(definition, services, scale) },
        {
          stateMachineArn: arn,
          executionArn: `${arn.replace('stateMachine', 'execution')}:${count}`,
          name: String(count),
          input: JSON.stringify({
            status,
            token,
            job: String(job),
            project: '7',
            runner: runner === undefined ? '' : String(runner),
          }),
        },
        scale,
        () => undefined,
      );
      running.add(begun);
      await begun.ended;
      running.delete(begun);
      return begun.current();
    },
    close: () => {
      for (const each of running) each.abort();
      services.close();
    },
  };
}
