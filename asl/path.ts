/** The first sign of a path: `$` is the state's input (or a task's result), `$$` the context object, which nobody may write. */
export type Root = '$' | '$$';

declare const target: unique symbol;
declare const root: unique symbol;
const written = Symbol('written');

/** A JSONPath whose value has the type `T`. Only `document` makes one, so it always names a field that was declared. */
export interface Path<out T, out R extends Root = Root> {
  readonly [target]: T;
  readonly [root]: R;
  toJSON(): string;
}

/** A path that a state may write to (`ResultPath`): into the state's document, never into the context object. */
export type ReferencePath<T> = Path<T, '$'>;

/** Array elements that can be named; a fixed list, because an index signature would make each of them possibly undefined. */
type Index = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/**
 * A declared document: `$.asg.groups[0].DesiredCapacity` is TypeScript and JSONPath alike. An optional field is a path
 * to the value it has when it is there; whether it is there is a question for `IsPresent`, which no type can answer.
 */
export type Document<T, R extends Root = '$'> = Path<NonNullable<T>, R> &
  (NonNullable<T> extends readonly (infer I)[]
    ? { readonly [K in Index]: Document<I, R> }
    : NonNullable<T> extends object
      ? { readonly [K in keyof NonNullable<T>]-?: Document<NonNullable<T>[K], R> }
      : unknown);

export const isPath = (value: unknown): value is Path<unknown> => typeof value === 'function' && written in value;

/** Names that need no quotes in a JSONPath; everything else is written in brackets. */
const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const step = (key: string): string => {
  if (/^\d+$/.test(key)) return `[${key}]`;
  return plainName.test(key) ? `.${key}` : `['${key.replace(/[\\']/g, '\\$&')}']`;
};

const follow = (at: string): unknown =>
  new Proxy(() => at, {
    has: (_, key) => key === written,
    get: (_, key) => {
      if (key === 'toJSON') return () => at;
      return typeof key === 'symbol' ? undefined : follow(at + step(key));
    },
  });

/** The state's document, of the declared type `T`. */
export function document<T>(): Document<T>;
/** The context object, of the declared type `T`. */
export function document<T>(at: '$$'): Document<T, '$$'>;
export function document(at: Root = '$'): unknown {
  return follow(at);
}
