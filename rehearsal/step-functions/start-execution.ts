import { randomUUID } from 'node:crypto';
import { apiErrors } from './api-error.ts';
import type { Checked, Fields } from './request.ts';
import { textsOf, violations } from './request.ts';

/** A request that Step Functions takes. */
export interface Start {
  readonly stateMachineArn: string;
  readonly executionArn: string;
  readonly name: string;
  /** As it was sent. */
  readonly input: string;
}

/** What is known of an execution that has the name already. */
export interface Existing {
  readonly input: string;
  readonly isRunning: boolean;
}

/** The state or the input of an execution holds at most this (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html). */
export const maximumBytes = 262_144;

/** White space, brackets, wildcards, special and control characters, surrogates and what is no character (API reference of StartExecution). */
const forbiddenInName =
  /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udfff]|\u{10ffff}/u;

const isStateMachineArn = (arn: string): boolean => /^arn:[^:]+:states:[^:]+:[^:]*:stateMachine:[^:]+$/.test(arn);

/** The execution's ARN, which carries the machine's name and its own. */
export const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

const problemOf = (input: string): string | undefined => {
  try {
    JSON.parse(input);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
};

/**
 * Checks a StartExecution in the order in which AWS does (api-error.ts says who measured it): the ARN's form, the model's constraints, whether the
 * machine exists, the characters of the name and the input's JSON. Hence an illegal name is reported only by a machine that exists.
 */
export function checkStart(fields: Fields, exists: (stateMachineArn: string) => boolean): Checked<Start> {
  const texts = textsOf(fields, 'stateMachineArn', 'name', 'input', 'traceHeader');
  if ('refused' in texts) return texts;
  const { stateMachineArn, name = randomUUID(), input = '{}' } = texts.value;

  if (stateMachineArn !== undefined && stateMachineArn !== '' && !isStateMachineArn(stateMachineArn))
    return { refused: apiErrors.invalidArn(stateMachineArn) };
  const broken = [
    ...violations('stateMachineArn', stateMachineArn, { required: true, characters: 256 }),
    ...violations('name', texts.value.name, { characters: 80 }),
    ...violations('input', texts.value.input, { bytes: maximumBytes }),
  ];
  if (stateMachineArn === undefined || broken.length > 0) return { refused: apiErrors.validation(broken) };
  if (!exists(stateMachineArn)) return { refused: apiErrors.stateMachineDoesNotExist(stateMachineArn) };
  if (forbiddenInName.test(name)) return { refused: apiErrors.invalidName(name) };
  const problem = problemOf(input);
  if (problem !== undefined) return { refused: apiErrors.invalidExecutionInput(problem) };
  return { value: { stateMachineArn, executionArn: executionArnOf(stateMachineArn, name), name, input } };
}

/**
 * A name is used once: the same request while the execution runs is answered with that execution, anything else is refused
 * (API reference of StartExecution, for Standard workflows).
 */
export const isRepetition = (start: Start, existing: Existing): boolean =>
  existing.isRunning && existing.input === start.input;
