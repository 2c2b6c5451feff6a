import type { Part } from './intrinsic.ts';
import { isIntrinsic, partsOf } from './intrinsic.ts';
import type { Form, LateBound } from './late-bound.ts';
import { formOf, isLateBound } from './late-bound.ts';
import type { Machine } from './machine.ts';
import { isPath } from './path.ts';

/** A string of which parts are known later. */
class LateString {
  constructor(readonly parts: readonly Part[]) {}
}

/** The definition as Step Functions reads it, but for late-bound values that are still themselves. */
type Node = string | number | boolean | null | LateBound<unknown, Form> | LateString | readonly Node[] | Fields;
interface Fields {
  readonly [key: string]: Node;
}

/** The fields in which a key that ends in `.$` means "computed". */
const payloads: ReadonlySet<string> = new Set(['Parameters', 'ResultSelector']);

const expressed = (value: unknown): Node => {
  if (isPath(value)) return value.toJSON();
  if (!isIntrinsic(value)) return value as Node;
  const parts = partsOf(value);
  return parts.every((part) => typeof part === 'string') ? parts.join('') : new LateString(parts);
};

function node(value: unknown, where: readonly string[], payload: boolean): Node {
  if (isLateBound(value)) {
    if (formOf(value) === 'text')
      throw new Error(
        `${where.join('.')} is a late-bound text, which can only stand inside an intrinsic: use lateBound.json for a whole value.`,
      );
    return value;
  }
  if (isPath(value)) return value.toJSON();
  if (isIntrinsic(value))
    throw new Error(`${where.join('.')} is an intrinsic, which only a payload can hold: compute it in a Pass before.`);
  if (Array.isArray(value))
    return value.map((each, index) => {
      if (payload && (isPath(each) || isIntrinsic(each)))
        throw new Error(
          `${[...where, index].join('.')} is computed, but only a field can be, not an element of a list: use States.Array.`,
        );
      return node(each, [...where, String(index)], payload);
    });
  if (typeof value !== 'object' || value === null) return value as Node;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) =>
        payload && (isPath(each) || isIntrinsic(each))
          ? [`${key}.$`, expressed(each)]
          : [key, node(each, [...where, key], payload || payloads.has(key))],
      ),
  );
}

const isFields = (value: Node): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !isLateBound(value) &&
  !(value instanceof LateString);

const plain = (value: Node, where: readonly string[]): unknown => {
  if (isLateBound(value) || value instanceof LateString)
    throw new Error(
      `${where.join('.')} is known only later, so there is no plain definition yet: use text(), or give plain values.`,
    );
  if (Array.isArray(value)) return value.map((each: Node, index) => plain(each, [...where, String(index)]));
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, [...where, key])]));
};

/** The rendered state machine: what Step Functions, asl-validator and an interpreter take. */
export interface Definition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The machine as a plain object, in the order in which it was written. A late-bound value is an error. */
export const render = (machine: Machine): Definition => plain(node(machine, [], false), []) as Definition;

/** The text, in the pieces that are ours and those that somebody evaluates later. */
type Piece = { readonly ours: string } | { readonly late: string };

const ours = (text: string): Piece => ({ ours: text });

const inString = (part: Part): Piece =>
  typeof part === 'string' ? ours(JSON.stringify(part).slice(1, -1)) : { late: part.source };

function pieces(value: Node, indent: string): readonly Piece[] {
  if (isLateBound(value)) return [{ late: value.source }];
  if (value instanceof LateString) return [ours('"'), ...value.parts.map(inString), ours('"')];
  const deeper = `${indent}  `;
  const block = (open: string, entries: readonly (readonly Piece[])[], close: string): readonly Piece[] =>
    entries.length === 0
      ? [ours(open + close)]
      : [
          ...entries.flatMap((entry, place) => [ours(`${place === 0 ? open : ','}\n${deeper}`), ...entry]),
          ours(`\n${indent}${close}`),
        ];
  if (Array.isArray(value))
    return block(
      '[',
      value.map((each: Node) => pieces(each, deeper)),
      ']',
    );
  if (!isFields(value)) return [ours(JSON.stringify(value))];
  return block(
    '{',
    Object.entries(value).map(([key, each]) => [ours(`${JSON.stringify(key)}: `), ...pieces(each, deeper)]),
    '}',
  );
}

/** Neighbours joined, so that `escapeLiteral` sees a sequence such as `${` that two pieces make together. */
const joined = (all: readonly Piece[]): readonly Piece[] =>
  all.reduce<Piece[]>((done, piece) => {
    const last = done.at(-1);
    if (last !== undefined && 'ours' in last && 'ours' in piece) done[done.length - 1] = ours(last.ours + piece.ours);
    else done.push(piece);
    return done;
  }, []);

/**
 * The definition as JSON text, two spaces deep. Each late-bound value stands there as its source, untouched; everything else passes
 * through `escapeLiteral`, in which the caller takes the meaning from whatever would mean something to the one who evaluates the sources.
 */
export const text = (machine: Machine, escapeLiteral: (literal: string) => string = (literal) => literal): string =>
  joined(pieces(node(machine, [], false), ''))
    .map((piece) => ('ours' in piece ? escapeLiteral(piece.ours) : piece.late))
    .join('');
