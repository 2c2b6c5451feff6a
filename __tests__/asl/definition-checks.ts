import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import type { Definition } from '../../asl/definition.ts';

const sdks: Readonly<Record<string, { readonly prefix: string; readonly exports: object; readonly base: unknown }>> = {
  dynamodb: { prefix: 'DynamoDb', exports: dynamoDb, base: dynamoDb.DynamoDBServiceException },
  autoscaling: { prefix: 'AutoScaling', exports: autoScaling, base: autoScaling.AutoScalingServiceException },
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
const errorsOf = (service: string): ReadonlySet<string> => {
  const sdk = sdks[service];
  if (sdk === undefined) return new Set();
  const modelled = Object.keys(sdk.exports).filter((name) => /(Exception|Fault|Failure|Error|Exceeded)$/.test(name));
  const java = (name: string): string => (name.endsWith('Exception') ? name : `${name.replace(/Fault$/, '')}Exception`);
  return new Set([...modelled.map(java), `${sdk.prefix}Exception`].map((name) => `${sdk.prefix}.${name}`));
};

/** What asl-validator does not see in a definition. An empty list is a good definition. */
export function problemsOf(definition: Definition): readonly string[] {
  return Object.entries(definition.States).flatMap(([name, state]) => {
    if (state.Type !== 'Task') return [];
    const [, service = '', operation = ''] =
      /^arn:aws:states:::aws-sdk:(\w+):(\w+)$/.exec(String(state.Resource)) ?? [];
    const command = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Command`;
    const known = sdks[service];
    const handlers = (['Retry', 'Catch'] as const).map((field) => (state[field] ?? []) as readonly Handler[]);
    const errors = errorsOf(service);
    return [
      ...(known === undefined || !(command in known.exports)
        ? [`${name}: no such call ${String(state.Resource)}`]
        : []),
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
