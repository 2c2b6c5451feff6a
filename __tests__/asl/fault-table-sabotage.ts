import { leaseSeconds } from '../../ami/contract.ts';
import type { Definition } from '../../asl/definition.ts';

type State = Definition['States'][string];

const changed = (definition: Definition, state: string, change: (state: State) => State): Definition => {
  const found = definition.States[state];
  if (found === undefined) throw new Error(`There is no state ${state} to break.`);
  return { ...definition, States: { ...definition.States, [state]: change(found) } };
};

const without = (fields: State, ...names: readonly string[]): State =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** Any error of the task ends the execution at once. */
export const withoutHandlers = (definition: Definition, state: string): Definition =>
  changed(definition, state, (task) => without(task, 'Retry', 'Catch'));

/** An error of the task that outlasts its retries ends the execution. */
export const withoutCatch = (definition: Definition, state: string): Definition =>
  changed(definition, state, (task) => without(task, 'Catch'));

/** The task frees the lock whoever has it. DynamoDB refuses a value that no expression names. */
export const withUnconditionalRelease = (definition: Definition, state: string): Definition =>
  changed(definition, state, (task) => {
    const parameters = without(task.Parameters as State, 'ConditionExpression');
    const values = without(parameters.ExpressionAttributeValues as State, ':me', ':fenced');
    return { ...task, Parameters: { ...parameters, ExpressionAttributeValues: values } };
  });

const edited = (definition: Definition, from: RegExp, to: string): Definition => {
  const text = JSON.stringify(definition);
  const after = text.replaceAll(from, to);
  if (after === text) throw new Error(`There is nothing like ${from.source} to break.`);
  return JSON.parse(after) as Definition;
};

/** The error's name as the other integration spells it. */
export const withWrongErrorName = (definition: Definition): Definition =>
  edited(definition, /DynamoDb\.ConditionalCheckFailedException/g, 'DynamoDB.ConditionalCheckFailedException');

/** Acquires whether or not the lock was let go since it was looked at. */
export const withBlindAcquisition = (definition: Definition): Definition =>
  changed(definition, 'AcquireLock', (task) => {
    const parameters = task.Parameters as { readonly ConditionExpression: string } & State;
    const ConditionExpression = parameters.ConditionExpression.replace(/^\w+ = :seen AND /, '');
    const values = without(parameters.ExpressionAttributeValues as State, ':seen');
    return { ...task, Parameters: { ...parameters, ConditionExpression, ExpressionAttributeValues: values } };
  });

/** Takes a dead holder's lock over after two leases. */
export const withLongLease = (definition: Definition): Definition =>
  edited(
    definition,
    new RegExp(`"NumericGreaterThanEquals":${leaseSeconds}\\b`, 'g'),
    `"NumericGreaterThanEquals":${2 * leaseSeconds}`,
  );

/** Takes a lock over from whoever has held it for two looks. */
export const withShortLease = (definition: Definition): Definition =>
  edited(definition, new RegExp(`"NumericGreaterThanEquals":${leaseSeconds}\\b`, 'g'), '"NumericGreaterThanEquals":10');
