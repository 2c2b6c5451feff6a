import { lockItem } from '../../ami/contract.ts';
import type { Boto } from './boto.ts';

export interface Execution {
  readonly executionArn: string;
  readonly name: string;
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
}

/** One event of an execution's history, whole, and what of it is asked for here. */
export interface HistoryEvent {
  readonly type: string;
  readonly stateEnteredEventDetails?: { readonly name: string; readonly input: string };
}

/** What one deployed fleet looks like to somebody with an SDK. */
export interface Fleet {
  readonly machineArn: string;
  readonly desiredCapacity: () => Promise<number>;
  readonly setDesiredCapacity: (capacity: number) => Promise<unknown>;
  /** The lock table's only item, plainly: numbers and sets as the API spells them. Undefined before the first event. */
  readonly item: () => Promise<Readonly<Record<string, unknown>> | undefined>;
  /** All executions, the newest first, once none of them runs any more. */
  readonly executions: () => Promise<readonly Execution[]>;
  readonly history: (execution: Execution) => Promise<readonly HistoryEvent[]>;
  /** Error of a failed one, input of any. */
  readonly describe: (
    execution: Execution,
  ) => Promise<{ readonly error?: string; readonly cause?: string; readonly input: string }>;
}

/** More than the waits of a few executions that meet at the lock. */
const patienceMilliseconds = 90_000;

export function fleetOf({ call }: Boto, stackName: string, machineArn: string): Fleet {
  const group = { AutoScalingGroupName: stackName };
  const list = async (): Promise<readonly Execution[]> =>
    (
      await call<{ executions: readonly Execution[] }>('stepfunctions', 'list_executions', {
        stateMachineArn: machineArn,
      })
    ).executions;
  return {
    machineArn,
    desiredCapacity: async () => {
      const { AutoScalingGroups } = await call<{ AutoScalingGroups: readonly { DesiredCapacity: number }[] }>(
        'autoscaling',
        'describe_auto_scaling_groups',
        { AutoScalingGroupNames: [stackName] },
      );
      return AutoScalingGroups[0]?.DesiredCapacity ?? Number.NaN;
    },
    setDesiredCapacity: (DesiredCapacity) => call('autoscaling', 'set_desired_capacity', { ...group, DesiredCapacity }),
    item: async () => {
      const { Item } = await call<{ Item?: Readonly<Record<string, unknown>> }>('dynamodb', 'get_item', {
        TableName: `${stackName}-lock`,
        Key: { [lockItem.key]: { S: lockItem.id } },
      });
      return Item;
    },
    executions: async () => {
      const patience = AbortSignal.timeout(patienceMilliseconds);
      for (;;) {
        const executions = await list();
        const running = executions.filter(({ status }) => status === 'RUNNING');
        if (running.length === 0) return executions;
        if (patience.aborted) throw new Error(`${running.length} executions do not end`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    history: async ({ executionArn }) =>
      (await call<{ events: readonly HistoryEvent[] }>('stepfunctions', 'get_execution_history', { executionArn }))
        .events,
    describe: ({ executionArn }) => call('stepfunctions', 'describe_execution', { executionArn }),
  };
}
