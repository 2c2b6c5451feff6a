import type { Path } from './path.ts';
import type { Fixed } from './payload.ts';

/** The operators that compare with a value, and the type of both sides. Timestamps are ISO 8601 text. */
interface Compared {
  readonly StringEquals: string;
  readonly StringLessThan: string;
  readonly StringLessThanEquals: string;
  readonly StringGreaterThan: string;
  readonly StringGreaterThanEquals: string;
  readonly NumericEquals: number;
  readonly NumericLessThan: number;
  readonly NumericLessThanEquals: number;
  readonly NumericGreaterThan: number;
  readonly NumericGreaterThanEquals: number;
  readonly BooleanEquals: boolean;
  readonly TimestampEquals: string;
  readonly TimestampLessThan: string;
  readonly TimestampLessThanEquals: string;
  readonly TimestampGreaterThan: string;
  readonly TimestampGreaterThanEquals: string;
}

/** The operators that ask what a value is. All but `IsPresent` want a value that is there. */
type Question = 'IsPresent' | 'IsNull' | 'IsString' | 'IsNumeric' | 'IsBoolean' | 'IsTimestamp';

/** What decides a condition; each has exactly one. */
export type Operator = keyof Compared | `${keyof Compared}Path` | 'StringMatches' | Question;
type Connective = 'And' | 'Or' | 'Not';

/** One operator with its operand, and none of the others. */
type Only<K extends Operator, V> = Readonly<Record<K, V>> &
  Readonly<Partial<Record<Exclude<Operator | Connective, K>, never>>>;

type Test<V, K extends Operator, Operand> = { readonly Variable: Path<V> } & Only<K, Operand>;

type Others<K extends Connective> = Readonly<Partial<Record<Exclude<Operator | Connective | 'Variable', K>, never>>>;
interface And extends Others<'And'> {
  readonly And: readonly [Condition, ...Condition[]];
}
interface Or extends Others<'Or'> {
  readonly Or: readonly [Condition, ...Condition[]];
}
interface Not extends Others<'Not'> {
  readonly Not: Condition;
}

/** What a Choice asks of the document. A missing path under any operator but `IsPresent` is `States.Runtime`, which nothing catches. */
export type Condition =
  | { [K in keyof Compared]: Test<Compared[K], K, Fixed<Compared[K]>> }[keyof Compared]
  | { [K in keyof Compared]: Test<Compared[K], `${K}Path`, Path<Compared[K]>> }[keyof Compared]
  /** `*` stands for any text, `\\*` for a star. */
  | Test<string, 'StringMatches', Fixed<string>>
  /** Only `true`: that it is not so is written with `Not`, which every interpreter reads alike. */
  | { [K in Question]: Test<unknown, K, true> }[Question]
  | And
  | Or
  | Not;

export type Rule<N extends string> = Condition & { readonly Next: N };

/** Takes the first rule that holds. Without a `Default` a Choice that finds none would end the execution, so it is not optional. */
export interface Choice<N extends string> {
  readonly Type: 'Choice';
  readonly Comment?: string;
  readonly InputPath?: Path<unknown> | null;
  readonly OutputPath?: Path<unknown> | null;
  readonly Choices: readonly [Rule<N>, ...Rule<N>[]];
  readonly Default: N;
}
