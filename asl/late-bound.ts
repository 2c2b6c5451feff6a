declare const becomes: unique symbol;
const form = Symbol('form');

/** `json` stands in place of a whole JSON value, `text` inside a JSON string. */
export type Form = 'json' | 'text';

/**
 * A value that is known later than this program runs, such as a Terraform expression. What it carries is opaque: it is
 * written into the text of the definition as it is, and only whoever evaluates that text knows the value of type `T`.
 */
export interface LateBound<out T, F extends Form = 'json'> {
  readonly [becomes]: T;
  readonly [form]: F;
  readonly source: string;
}

const late = <T, F extends Form>(as: F, source: string): LateBound<T, F> =>
  Object.freeze({ [form]: as, source }) as LateBound<T, F>;

/** Late-bound values, by where their source stands in the text. */
export const lateBound = {
  /** `source` evaluates to a JSON value, quotes and all: `${jsonencode(var.name)}`. */
  json: <T>(source: string): LateBound<T> => late<T, 'json'>('json', source),
  /**
   * `source` evaluates to what stands inside a JSON string, as part of an intrinsic: `'created','pending'`. Nobody escapes it:
   * whoever makes it promises that it holds no `"`, no `\` and no control character, and no `'` within an element.
   */
  text: <T>(source: string): LateBound<T, 'text'> => late<T, 'text'>('text', source),
};

export const isLateBound = (value: unknown): value is LateBound<unknown, Form> =>
  typeof value === 'object' && value !== null && form in value;

/** Where the source of a late-bound value stands. */
export const formOf = (value: LateBound<unknown, Form>): Form => value[form];
