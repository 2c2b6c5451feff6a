import type { ApiError } from './api-error.ts';
import { apiErrors } from './api-error.ts';
import type { Execution } from './execution.ts';
import { wireEvent } from './history.ts';
import type { Checked, Fields } from './request.ts';
import { textsOf, violations } from './request.ts';
import type { Start } from './start-execution.ts';
import { checkStart, isRepetition } from './start-execution.ts';

/** What the operations know of the world, and the one thing they change in it. */
export interface Executions {
  hasStateMachine(arn: string): boolean;
  find(executionArn: string): Execution | undefined;
  ofStateMachine(arn: string): readonly Execution[];
  begin(start: Start): Execution;
}

type Operation = (fields: Fields, executions: Executions) => Checked<object>;

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1000;

const started = ({ executionArn, startedAt }: Execution): Checked<object> => ({
  value: { executionArn, startDate: seconds(startedAt) },
});

const startExecution: Operation = (fields, executions) => {
  const checked = checkStart(fields, (arn) => executions.hasStateMachine(arn));
  if ('refused' in checked) return checked;
  const start = checked.value;
  const existing = executions.find(start.executionArn);
  if (existing === undefined) return started(executions.begin(start));
  return isRepetition(start, { input: existing.input, isRunning: existing.status === 'RUNNING' })
    ? started(existing)
    : { refused: apiErrors.executionAlreadyExists(start.executionArn) };
};

const isExecutionArn = (arn: string): boolean => /^arn:[^:]+:states:[^:]+:[^:]*:execution:[^:]+:[^:]+$/.test(arn);

/** The execution that a request names. */
function named(fields: Fields, executions: Executions): Checked<Execution> {
  const texts = textsOf(fields, 'executionArn');
  if ('refused' in texts) return texts;
  const { executionArn } = texts.value;
  const broken = violations('executionArn', executionArn, { required: true, characters: 256 });
  if (executionArn === undefined || broken.length > 0) return { refused: apiErrors.validation(broken) };
  if (!isExecutionArn(executionArn)) return { refused: apiErrors.invalidArn(executionArn) };
  const execution = executions.find(executionArn);
  return execution === undefined ? { refused: apiErrors.executionDoesNotExist(executionArn) } : { value: execution };
}

/** A field that has no value is absent, never null. */
const describeExecution: Operation = (fields, executions) => {
  const found = named(fields, executions);
  if ('refused' in found) return found;
  const { executionArn, stateMachineArn, name, status, input, output, error, cause, startedAt, stoppedAt } =
    found.value;
  const dates = { startDate: seconds(startedAt), stopDate: seconds(stoppedAt) };
  return { value: { executionArn, stateMachineArn, name, status, input, output, error, cause, ...dates } };
};

const getExecutionHistory: Operation = (fields, executions) => {
  const found = named(fields, executions);
  if ('refused' in found) return found;
  const events = found.value.history.map(wireEvent);
  return { value: { events: fields.reverseOrder === true ? events.reverse() : events } };
};

const listExecutions: Operation = (fields, executions) => {
  const texts = textsOf(fields, 'stateMachineArn', 'statusFilter');
  if ('refused' in texts) return texts;
  const { stateMachineArn, statusFilter } = texts.value;
  const broken = violations('stateMachineArn', stateMachineArn, { required: true, characters: 256 });
  if (stateMachineArn === undefined || broken.length > 0) return { refused: apiErrors.validation(broken) };
  if (!executions.hasStateMachine(stateMachineArn))
    return { refused: apiErrors.stateMachineDoesNotExist(stateMachineArn) };
  const listed = executions
    .ofStateMachine(stateMachineArn)
    .filter(({ status }) => statusFilter === undefined || status === statusFilter)
    .map(({ executionArn, name, status, startedAt, stoppedAt }) => {
      const dates = { startDate: seconds(startedAt), stopDate: seconds(stoppedAt) };
      return { executionArn, stateMachineArn, name, status, ...dates };
    });
  // The newest first, as AWS lists them.
  return { value: { executions: listed.reverse() } };
};

const operations: Readonly<Record<string, Operation>> = {
  StartExecution: startExecution,
  DescribeExecution: describeExecution,
  GetExecutionHistory: getExecutionHistory,
  ListExecutions: listExecutions,
};

/** The operation that the header `X-Amz-Target` names. */
export function operationOf(target: string | undefined): Operation | ApiError {
  const name = /^AWSStepFunctions\.(\w+)$/.exec(target ?? '')?.[1];
  return (name === undefined ? undefined : operations[name]) ?? apiErrors.unknownOperation();
}
