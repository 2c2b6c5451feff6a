import { configurationKeys } from './keys.ts';
import { nearest } from './nearest.ts';

/** The type of a key: its name, `[type]` of a list, `{"*": type}` of a map, `{key: type}` of a table. */
export type Kind = string | readonly [Kind] | { readonly [key: string]: Kind };

/** A value of the configuration. */
export type Value = unknown;

export type Table = Readonly<Record<string, Value>>;

export const isTable = (value: Value): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** For each plain type what it takes, in words and as a test (BurntSushi/toml, which the runner reads its file with). */
const plain: Readonly<Record<string, readonly [words: string, test: (value: Value) => boolean]>> = {
  string: ['a text', (value) => typeof value === 'string'],
  integer: ['a whole number without quotes', (value) => Number.isSafeInteger(value)],
  number: ['a number without quotes', (value) => typeof value === 'number'],
  boolean: ['true or false without quotes', (value) => typeof value === 'boolean'],
  duration: [
    'a duration such as 15m0s, or a whole number of nanoseconds',
    (value) =>
      Number.isSafeInteger(value) || (typeof value === 'string' && /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(value)),
  ],
  texts: ['a text or a list of texts', (value) => [value].flat().every((each) => typeof each === 'string')],
  time: ['a time', () => true],
  any: ['anything', () => true],
};

/**
 * A configuration with its keys spelt as the runner spells them; it finds them in any case. Everything that the runner would drop in silence, or
 * not start with, is told to `problem`, with the place where it stands.
 */
export function checked(value: Value, problem: (words: string) => void, places: Places): Value {
  return checkedAs(configurationKeys as unknown as Kind, value, '', problem, places);
}

/** Where a key stands in the file that people write. */
export type Places = (path: string) => string;

function checkedAs(kind: Kind, value: Value, path: string, problem: (words: string) => void, places: Places): Value {
  const wrong = (allowed: string): Value => {
    problem(`${places(path)} must be ${allowed}, but is ${shown(path, value)}`);
    return value;
  };
  if (typeof kind === 'string') {
    const [words, test] = plain[kind] ?? plain.any!;
    return test(value) ? value : wrong(words);
  }
  if (isList(kind)) {
    if (!Array.isArray(value)) return wrong('a list');
    return value.map((each, index) => checkedAs(kind[0], each, `${path}[${index}]`, problem, places));
  }
  if (!isTable(value)) return wrong('a table of keys and values');
  const anyKey = kind['*'];
  const spellings = new Map<string, string>();
  const entries = Object.entries(value).flatMap(([key, each]) => {
    const inner = path === '' ? key : `${path}.${key}`;
    if (anyKey !== undefined) return [[key, checkedAs(anyKey, each, inner, problem, places)] as const];
    const known = Object.keys(kind).find((name) => name.toLowerCase() === key.toLowerCase());
    if (known !== undefined) {
      const first = spellings.get(known);
      if (first !== undefined) problem(`${places(inner)} is ${first} once more: keys are the same in any case`);
      spellings.set(known, key);
      return [[known, checkedAs(kind[known]!, each, inner, problem, places)] as const];
    }
    const meant = nearest(key, Object.keys(kind));
    problem(
      `${places(inner)} is no key of GitLab Runner${meant === undefined ? `; the keys here are ${Object.keys(kind).join(', ')}` : `. Did you mean ${meant}?`}`,
    );
    return [];
  });
  return Object.fromEntries(entries);
}

/** A value for a message; what may be a secret is left out. */
function shown(path: string, value: Value): string {
  if (/token|secret|password|key|environment/i.test(path)) return 'something else';
  const words = JSON.stringify(value) ?? String(value);
  return words.length > 60 ? `${words.slice(0, 59)}…` : words;
}

const isList = (kind: Kind): kind is readonly [Kind] => Array.isArray(kind);
