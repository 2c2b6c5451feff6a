import { JavaList, JavaMap } from './java-collections.ts';
import { JavaNumber } from './java-number.ts';
import { javaPattern } from './java-pattern.ts';

/** The methods that a template may call on one kind of value. */
export type Methods = Readonly<Record<string, (...given: never[]) => unknown>>;

/** A variable such as `$input` carries its own methods under this key. */
export const ownMethods = Symbol('methods');

function literalReplacement(text: string): () => string {
  if (/[$\\]/.test(text)) {
    throw new Error(
      `replaceAll("…", "${text}"): $ and \\ have a meaning here in Java; this renderer takes plain text only`,
    );
  }
  return () => text;
}

const matchesWhole = (text: string, source: string): boolean =>
  new RegExp(`^(?:${javaPattern(source).source})$`, 'u').test(text);

const ofString = {
  contains: (text: string, part: string) => text.includes(part),
  endsWith: (text: string, part: string) => text.endsWith(part),
  equals: (text: string, other: unknown) => text === other,
  equalsIgnoreCase: (text: string, other: string) => text.toLowerCase() === other.toLowerCase(),
  indexOf: (text: string, part: string) => text.indexOf(part),
  isEmpty: (text: string) => text === '',
  length: (text: string) => text.length,
  matches: (text: string, source: string) => matchesWhole(text, source),
  replace: (text: string, part: string, by: string) => text.split(part).join(by),
  replaceAll: (text: string, source: string, by: string) =>
    text.replace(javaPattern(source, 'g'), literalReplacement(by)),
  startsWith: (text: string, part: string) => text.startsWith(part),
  toLowerCase: (text: string) => text.toLowerCase(),
  toString: (text: string) => text,
  toUpperCase: (text: string) => text.toUpperCase(),
} satisfies Methods;

const ofList = {
  contains: (list: object, item: unknown) => Object.values(list).includes(item),
  get: (list: object, index: number) => (Object.values(list) as unknown[])[index],
  isEmpty: (list: object) => Object.keys(list).length === 0,
  size: (list: object) => Object.keys(list).length,
} satisfies Methods;

const membersOf = (map: object): ReadonlyMap<string, unknown> =>
  map instanceof JavaMap ? JavaMap.members(map) : new Map<string, unknown>(Object.entries(map));

const ofMap = {
  containsKey: (map: object, key: string) => membersOf(map).has(key),
  // A missing key gives undefined, which prints as Java's null does after $!: as nothing.
  get: (map: object, key: string) => membersOf(map).get(key) ?? undefined,
  isEmpty: (map: object) => membersOf(map).size === 0,
  keySet: (map: object) => [...membersOf(map).keys()],
  size: (map: object) => membersOf(map).size,
} satisfies Methods;

function methodsOf(value: unknown): readonly [kind: string, methods: Methods] {
  if (typeof value === 'string') return ['a string', ofString];
  if (Array.isArray(value) || value instanceof JavaList) return ['a list', ofList];
  if (value instanceof JavaNumber) return ['a number', {}];
  if (typeof value !== 'object' || value === null) return [`a ${typeof value}`, {}];
  const own = (value as { readonly [ownMethods]?: Methods })[ownMethods];
  return own === undefined ? ['a map', ofMap] : ['this variable', own];
}

/**
 * Calls a method of Java's on a value of a template. Throws for a method that is not in the tables above: velocityjs
 * would answer false in silence, and a template that works only here would look right.
 */
export function callMethod(receiver: unknown, name: string, given: readonly unknown[]): unknown {
  const [kind, methods] = methodsOf(receiver);
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) {
    throw new Error(
      `VTL method ${name}() is not known on ${kind}; known are ${Object.keys(methods).join(', ') || 'none'}`,
    );
  }
  return (method as (...all: unknown[]) => unknown)(receiver, ...given);
}
