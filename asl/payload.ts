import type { Expression } from './intrinsic.ts';
import type { LateBound } from './late-bound.ts';

/** A value that stands in the definition: written down, or known later. */
export type Fixed<T> = T | LateBound<T>;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * What is written where a service takes a `T`: the value, or an object of which parts are computed when the state runs.
 * The elements of a list cannot be computed one by one, because only a key can end in `.$`: use `States.Array`.
 */
export type Payload<T> = Expression<Computed<NonNullable<T>>> | Written<T>;

/** Nobody changes what is computed, so a list of a client package's type need not be one that may be changed. */
type Computed<T> = T extends readonly (infer I)[] ? readonly I[] : T;

type Written<T> =
  | Fixed<T>
  | (T extends readonly (infer I)[]
      ? readonly Written<I>[]
      : T extends object
        ? { readonly [K in keyof T]: Payload<T[K]> }
        : never);

/** A payload of a form of one's own, as `Parameters` of a Pass or a `ResultSelector`. */
export interface Template {
  readonly [key: string]: Expression<unknown> | TemplateValue;
}
type TemplateValue = string | number | boolean | null | LateBound<unknown> | readonly TemplateValue[] | Template;
