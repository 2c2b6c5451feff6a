import type { Condition } from './choice.ts';
import { isLateBound } from './late-bound.ts';
import type { Machine } from './machine.ts';
import { isPath } from './path.ts';
import type { State } from './states.ts';

/** One arrow of the diagram; `to` is undefined where the execution ends. */
export interface Transition {
  readonly from: string;
  readonly to: string | undefined;
  /** What makes the machine take it: a condition, an error, or nothing where there is no choice. */
  readonly when: string | undefined;
}

type Type = State<string>['Type'];
type Of<T extends Type> = Extract<State<string>, { readonly Type: T }>;
type Arrow = Omit<Transition, 'from'>;

const shown = (value: unknown): string => {
  if (isPath(value)) return value.toJSON();
  if (isLateBound(value)) return 'the given value';
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value);
};

const signs: readonly (readonly [RegExp, string])[] = [
  [/LessThanEquals(Path)?$/, '≤'],
  [/GreaterThanEquals(Path)?$/, '≥'],
  [/LessThan(Path)?$/, '<'],
  [/GreaterThan(Path)?$/, '>'],
  [/Equals(Path)?$/, '='],
  [/Matches$/, 'matches'],
];

/** The operator of a test and its operand. */
const operation = (test: object): readonly [string, unknown] =>
  (Object.entries(test) as [string, unknown][]).find(
    ([key, value]) => key !== 'Variable' && key !== 'Next' && value !== undefined,
  ) ?? ['', undefined];

/** A condition in a reader's words: `$.count ≥ 1 and $.holder is not present`. */
export function said(condition: Condition, not = ''): string {
  if (condition.And !== undefined) return negated(condition.And.map(inner).join(' and '), not);
  if (condition.Or !== undefined) return negated(condition.Or.map(inner).join(' or '), not);
  if (condition.Not !== undefined) return said(condition.Not, not === '' ? 'not ' : '');
  const [operator, operand] = operation(condition);
  if (operator.startsWith('Is')) return `${shown(condition.Variable)} is ${not}${operator.slice(2).toLowerCase()}`;
  const sign = signs.find(([ending]) => ending.test(operator))?.[1] ?? operator;
  return negated(`${shown(condition.Variable)} ${sign} ${shown(operand)}`, not);
}

const negated = (words: string, not: string): string => (not === '' ? words : `not (${words})`);

const inner = (condition: Condition): string =>
  condition.And !== undefined || condition.Or !== undefined ? `(${said(condition)})` : said(condition);

const next = (state: { readonly Next?: string; readonly End?: true }): Arrow => ({ to: state.Next, when: undefined });

/** Each type of state, and where it may go. A new type without a row does not compile. */
const arrows: { readonly [T in Type]: (state: Of<T>) => readonly Arrow[] } = {
  Pass: (state) => [next(state)],
  Wait: (state) => [next(state)],
  Task: (state) => [
    next(state),
    ...(state.Catch ?? []).map((catcher) => ({ to: catcher.Next, when: catcher.ErrorEquals.join(', ') })),
  ],
  Choice: (state) => [
    ...state.Choices.map((rule) => ({ to: rule.Next, when: said(rule) })),
    { to: state.Default, when: 'otherwise' },
  ],
  Succeed: () => [{ to: undefined, when: undefined }],
  Fail: () => [{ to: undefined, when: undefined }],
};

const leaving = <T extends Type>(state: Of<T>): readonly Arrow[] => arrows[state.Type](state);

/** Every arrow of the diagram, in the order in which the states and their rules were written. */
export const transitions = (machine: Machine): readonly Transition[] =>
  Object.entries(machine.States).flatMap(([from, state]) => leaving(state).map((arrow) => ({ from, ...arrow })));

/** The names to which a state may go, each once. */
export const successors = (machine: Machine, from: string): readonly string[] => [
  ...new Set(transitions(machine).flatMap((each) => (each.from === from && each.to !== undefined ? [each.to] : []))),
];
