import type { Machine } from './machine.ts';
import { call } from './states.ts';

/** An IAM action that the machine's role needs. */
export interface Action {
  /** The service's prefix in IAM: what kind of resource the action is about. */
  readonly service: string;
  /** Such as `dynamodb:UpdateItem`. */
  readonly action: string;
  /** The names of the tasks that need it. */
  readonly states: readonly string[];
}

/** What the machine's tasks ask of IAM, each action once, by its name. */
export function actionsOf(machine: Machine): readonly Action[] {
  const calls = Object.entries(machine.States).flatMap(([name, state]) =>
    state.Type === 'Task' ? [{ ...state[call], name }] : [],
  );
  const actions = [...new Set(calls.map(({ action }) => action))].sort();
  return actions.map((action) => {
    const asking = calls.filter((each) => each.action === action);
    return { service: action.slice(0, action.indexOf(':')), action, states: asking.map(({ name }) => name) };
  });
}
