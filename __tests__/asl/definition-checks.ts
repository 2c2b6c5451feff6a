import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import type { Definition } from '../../asl/definition.ts';

/** A service as a Resource names it after `arn:aws:states:::`. */
interface Service {
  readonly prefix: string;
  /** What an error is called that the API does not model. */
  readonly unmodelled: string;
  readonly exports: object;
  /** All that the client package has, unless it is said. */
  readonly operations?: readonly string[];
}

const services: Readonly<Record<string, Service>> = {
  'aws-sdk:dynamodb': { prefix: 'DynamoDb', unmodelled: 'DynamoDbException', exports: dynamoDb },
  'aws-sdk:autoscaling': { prefix: 'AutoScaling', unmodelled: 'AutoScalingException', exports: autoScaling },
  dynamodb: {
    prefix: 'DynamoDB',
    unmodelled: 'AmazonDynamoDBException',
    exports: dynamoDb,
    operations: ['getItem', 'putItem', 'updateItem', 'deleteItem'],
  },
};

const ofStates = new Set([
  'States.ALL',
  'States.HeartbeatTimeout',
  'States.IntrinsicFailure',
  'States.ParameterPathFailure',
  'States.Permissions',
  'States.ResultPathMatchFailure',
  'States.TaskFailed',
  'States.Timeout',
]);

interface Handler {
  readonly ErrorEquals: readonly string[];
}

const retryFields = [
  'ErrorEquals',
  'IntervalSeconds',
  'MaxAttempts',
  'BackoffRate',
  'MaxDelaySeconds',
  'JitterStrategy',
  'Comment',
];

/** The names of a service's errors in Step Functions, read off its client package at run time. */
const errorsOf = ({ prefix, unmodelled, exports }: Service): ReadonlySet<string> => {
  const modelled = Object.keys(exports).filter((name) => /(Exception|Fault|Failure|Error|Exceeded)$/.test(name));
  const java = (name: string): string => (name.endsWith('Exception') ? name : `${name.replace(/Fault$/, '')}Exception`);
  return new Set([...modelled.map(java), unmodelled].map((name) => `${prefix}.${name}`));
};

/** What asl-validator does not see in a definition. An empty list is a good definition. */
export function problemsOf(definition: Definition): readonly string[] {
  return Object.entries(definition.States).flatMap(([name, state]) => {
    if (state.Type !== 'Task') return [];
    const [, service = '', operation = ''] =
      /^arn:aws:states:::((?:aws-sdk:)?\w+):(\w+)$/.exec(String(state.Resource)) ?? [];
    const command = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Command`;
    const known = services[service];
    const handlers = (['Retry', 'Catch'] as const).map((field) => (state[field] ?? []) as readonly Handler[]);
    const errors = known === undefined ? new Set<string>() : errorsOf(known);
    const isThere = known !== undefined && command in known.exports && known.operations?.includes(operation) !== false;
    return [
      ...(isThere ? [] : [`${name}: no such call ${String(state.Resource)}`]),
      ...handlers
        .flat()
        .flatMap(({ ErrorEquals }) => ErrorEquals)
        .filter((error) => !ofStates.has(error) && !errors.has(error))
        .map((error) => `${name}: ${service} never raises ${error}`),
      ...handlers.flatMap((list) =>
        list
          .filter(
            ({ ErrorEquals }, at) =>
              ErrorEquals.includes('States.ALL') && (ErrorEquals.length > 1 || at < list.length - 1),
          )
          .map(() => `${name}: States.ALL is not alone and last`),
      ),
      ...((state.Retry ?? []) as readonly Record<string, unknown>[]).flatMap((retrier) => [
        ...Object.keys(retrier)
          .filter((field) => !retryFields.includes(field))
          .map((field) => `${name}: a retrier has no field ${field}`),
        ...((['FULL', 'NONE', undefined] as unknown[]).includes(retrier.JitterStrategy)
          ? []
          : [`${name}: no such JitterStrategy ${String(retrier.JitterStrategy)}`]),
      ]),
      ...(typeof state.TimeoutSeconds === 'number' ? [] : [`${name}: no TimeoutSeconds, so a hung call never ends`]),
    ];
  });
}
