import type { LateBound } from './late-bound.ts';
import { isLateBound } from './late-bound.ts';
import type { Path } from './path.ts';
import { isPath } from './path.ts';

declare const evaluates: unique symbol;
const parts = Symbol('parts');

/** One piece of an intrinsic's text: written as it is, or known later. */
export type Part = string | LateBound<unknown, 'text'>;

/** A call of one of Step Functions' intrinsic functions, whose value has the type `T`. It stands where a payload has a value. */
export interface Intrinsic<out T> {
  readonly [evaluates]: T;
  readonly [parts]: readonly Part[];
}

/** What can be computed when a state runs. */
export type Expression<T> = Path<T> | Intrinsic<T>;

type Scalar = string | number | boolean | null;
/** An argument: a value written down, a path, another call, or a number known later. */
type Argument<T> = Expression<T> | (T extends Scalar ? T : never) | (T extends number ? LateBound<T, 'text'> : never);

export const isIntrinsic = (value: unknown): value is Intrinsic<unknown> =>
  typeof value === 'object' && value !== null && parts in value;

/** The pieces of the call's text, in order. */
export const partsOf = (value: Intrinsic<unknown>): readonly Part[] => value[parts];

/** Step Functions evaluates at most ten calls within each other (https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html). */
const deepest = 10;

/** Inside an intrinsic, `'`, `{`, `}` and `\` of a literal are written with a backslash. */
const quoted = (text: string): string => `'${text.replace(/[\\'{}]/g, '\\$&')}'`;
/** In a template, `{}` is where an argument goes, so braces keep their meaning. */
const template = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

const argument = (value: unknown): readonly Part[] => {
  if (isIntrinsic(value)) return partsOf(value);
  if (isPath(value)) return [value.toJSON()];
  if (isLateBound(value)) return [value as LateBound<unknown, 'text'>];
  if (typeof value === 'string') return [quoted(value)];
  return [JSON.stringify(value)];
};

const depth = (call: readonly Part[]): number => {
  let now = 0;
  let most = 0;
  const text = call.map((part) => (typeof part === 'string' ? part.replace(/'(\\.|[^'\\])*'/g, '') : '')).join('');
  for (const sign of text) {
    if (sign === '(') most = Math.max(most, ++now);
    if (sign === ')') now--;
  }
  return most;
};

const written = <T>(name: string, listed: readonly (readonly Part[])[]): Intrinsic<T> => {
  const commas = listed.flatMap((each, place) => (place === 0 ? each : [', ', ...each]));
  const call = [`States.${name}(`, ...commas, ')'];
  if (depth(call) > deepest)
    throw new Error(
      `States.${name} is the outermost of more than ${deepest} calls within each other, which Step Functions refuses: compute a part of it in a Pass of its own.`,
    );
  return Object.freeze({ [parts]: call }) as unknown as Intrinsic<T>;
};

const call = <T>(name: string, ...values: readonly unknown[]): Intrinsic<T> => written<T>(name, values.map(argument));

function array<T>(all: LateBound<readonly T[], 'text'>): Intrinsic<readonly T[]>;
function array<T>(...values: readonly Argument<T>[]): Intrinsic<readonly T[]>;
function array(...values: readonly unknown[]): Intrinsic<readonly unknown[]> {
  return written('Array', values.map(argument));
}

const holes = (text: string): number => text.split('{}').length - 1;

/** Step Functions' intrinsic functions under their own names; their words are in https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html. */
export const States = {
  /** Text with each `{}` replaced by an argument; another number of arguments is an error. */
  Format: (text: string, ...values: readonly Argument<Scalar>[]): Intrinsic<string> => {
    if (holes(text) !== values.length)
      throw new Error(
        `States.Format('${text}') has ${holes(text)} places for ${values.length} arguments: give as many arguments as there are {}.`,
      );
    return written('Format', [[template(text)], ...values.map(argument)]);
  },
  StringToJson: <T>(text: Argument<string>): Intrinsic<T> => call<T>('StringToJson', text),
  JsonToString: (value: Expression<unknown>): Intrinsic<string> => call('JsonToString', value),
  /** A list of the values; or, late-bound, of all the elements that the text names. */
  Array: array,
  /** The list cut into lists of `size`; the last may be shorter. Its length is the list's, divided and rounded up. */
  ArrayPartition: <T>(list: Expression<readonly T[]>, size: Argument<number>): Intrinsic<readonly (readonly T[])[]> =>
    call('ArrayPartition', list, size),
  ArrayContains: <T>(list: Expression<readonly T[]>, value: Argument<NoInfer<T>>): Intrinsic<boolean> =>
    call('ArrayContains', list, value),
  /** From `first` to `last`, both included, at most 1,000 numbers. */
  ArrayRange: (first: Argument<number>, last: Argument<number>, by: Argument<number>): Intrinsic<readonly number[]> =>
    call('ArrayRange', first, last, by),
  ArrayGetItem: <T>(list: Expression<readonly T[]>, index: Argument<number>): Intrinsic<T> =>
    call('ArrayGetItem', list, index),
  ArrayLength: (list: Expression<readonly unknown[]>): Intrinsic<number> => call('ArrayLength', list),
  ArrayUnique: <T>(list: Expression<readonly T[]>): Intrinsic<readonly T[]> => call('ArrayUnique', list),
  Base64Encode: (text: Argument<string>): Intrinsic<string> => call('Base64Encode', text),
  Base64Decode: (text: Argument<string>): Intrinsic<string> => call('Base64Decode', text),
  /** Lower-case hexadecimal digits. */
  Hash: (data: Argument<string>, algorithm: 'MD5' | 'SHA-1' | 'SHA-256' | 'SHA-384' | 'SHA-512'): Intrinsic<string> =>
    call('Hash', data, algorithm),
  /** Shallow: a key of both has the second's value. Step Functions knows no deep merge, hence `false`. */
  JsonMerge: <A extends object, B extends object>(
    first: Expression<A>,
    second: Expression<B>,
    deep: false,
  ): Intrinsic<Omit<A, keyof B> & B> => call('JsonMerge', first, second, deep),
  /** A whole number from `first` up to `end`. Interpreters differ on whether `end` itself is drawn: do not depend on it. */
  MathRandom: (first: Argument<number>, end: Argument<number>): Intrinsic<number> => call('MathRandom', first, end),
  MathAdd: (one: Argument<number>, other: Argument<number>): Intrinsic<number> => call('MathAdd', one, other),
  StringSplit: (text: Argument<string>, separator: Argument<string>): Intrinsic<readonly string[]> =>
    call('StringSplit', text, separator),
  UUID: (): Intrinsic<string> => call('UUID'),
};
