import type { Definition } from '../../asl/definition.ts';
import type { ServiceName } from '../../rehearsal/step-functions/services.ts';
import { answerOf, serviceError, type ErrorCode, type ServiceError } from './fault-table-errors.ts';

/** What goes wrong with the requests of one task. `timed out` are two: the request may never arrive, or arrive when nobody waits for it. */
export const faults = [
  'throttled',
  'broken',
  'denied',
  'condition failed',
  'condition lost',
  'timed out',
  'timed out, late effect',
  'response lost',
  'killed',
] as const;
export type Fault = (typeof faults)[number];

/** It meets the first request alone, or every request of the task until the execution has ended. */
export type Duration = 'once' | 'lasting';

/** A task of a machine, as far as a fault cares. */
export interface Task {
  readonly state: string;
  readonly service: ServiceName;
  /** Whether Step Functions integrates the service itself, or calls it through the AWS SDK. */
  readonly integration: 'sdk' | 'optimized';
  readonly operation: string;
  readonly isRead: boolean;
  readonly isConditional: boolean;
}

const isService = (name: string): name is ServiceName => name === 'dynamodb' || name === 'autoscaling';

/** Every task of the machine, in its order. */
export const tasksOf = (definition: Definition): readonly Task[] =>
  Object.entries(definition.States).flatMap(([state, { Type, Resource, Parameters }]) => {
    if (Type !== 'Task') return [];
    const [, sdk, service = '', operation = ''] =
      /^arn:aws:states:::(aws-sdk:)?([a-z]+):([A-Za-z]+)$/.exec(String(Resource)) ?? [];
    if (!isService(service))
      throw new Error(`${state} calls ${String(Resource)}: the fault table knows no faults of that service yet.`);
    return [
      {
        state,
        service,
        integration: sdk === undefined ? 'optimized' : 'sdk',
        operation,
        isRead: /^(get|describe)/.test(operation),
        isConditional: Object.keys(Parameters as object).some((key) => key.startsWith('ConditionExpression')),
      },
    ];
  });

type Answered = 'throttled' | 'broken' | 'denied' | 'condition failed';
type Answers = { readonly [S in ServiceName]: Readonly<Record<Answered, Readonly<Record<Duration, ErrorCode<S>>>>> };

/** Where a service has two errors of a kind, one strikes once and the other lasts. What Auto Scaling refuses for the group's state stands for a condition. */
const codes: Answers = {
  dynamodb: {
    throttled: { once: 'ThrottlingException', lasting: 'ProvisionedThroughputExceededException' },
    broken: { once: 'InternalServerError', lasting: 'ServiceUnavailable' },
    denied: { once: 'AccessDeniedException', lasting: 'AccessDeniedException' },
    'condition failed': { once: 'ConditionalCheckFailedException', lasting: 'ConditionalCheckFailedException' },
  },
  autoscaling: {
    throttled: { once: 'Throttling', lasting: 'Throttling' },
    broken: { once: 'InternalFailure', lasting: 'ServiceUnavailable' },
    denied: { once: 'AccessDenied', lasting: 'AccessDenied' },
    'condition failed': { once: 'ScalingActivityInProgress', lasting: 'ResourceContention' },
  },
};

const isAnswered = (fault: Fault): fault is Answered => fault in codes.dynamodb;

const errorOf = (task: Task, fault: Answered, duration: Duration): ServiceError =>
  task.service === 'dynamodb'
    ? serviceError('dynamodb', codes.dynamodb[fault][duration])
    : // No description is refused for the group's state, only for a pending update.
      serviceError(
        'autoscaling',
        task.isRead && fault === 'condition failed' ? 'ResourceContention' : codes.autoscaling[fault][duration],
      );

/** The answer that the service gives instead of doing anything; undefined where the fault is none of the service's. */
export const answerFor = (task: Task, fault: Fault, duration: Duration) =>
  isAnswered(fault) ? answerOf(task.service, errorOf(task, fault, duration)) : undefined;

const prefixes = { dynamodb: { sdk: 'DynamoDb', optimized: 'DynamoDB' }, autoscaling: { sdk: 'AutoScaling' } } as const;

/** The name under which the machine must see the fault (semantics of Step Functions' error names); nobody sees that he was killed. */
export function errorName(task: Task, fault: Fault, duration: Duration): string | undefined {
  if (fault === 'killed') return undefined;
  if (fault.startsWith('timed out')) return 'States.Timeout';
  if (fault === 'response lost') {
    const all: Readonly<Record<string, string>> = prefixes[task.service];
    return `${all[task.integration] ?? task.service}.SdkClientException`;
  }
  const error = errorOf(task, isAnswered(fault) ? fault : 'condition failed', duration);
  return error[task.integration];
}

/** Whether a fault makes sense for a task, and for how long. */
export function durationsOf(task: Task, fault: Fault): readonly Duration[] {
  if (fault === 'killed') return ['once'];
  if (fault === 'condition lost' && !task.isConditional) return [];
  if (fault === 'timed out, late effect' && task.isRead) return [];
  return ['once', 'lasting'];
}
