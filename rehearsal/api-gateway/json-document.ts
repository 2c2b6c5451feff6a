import { randomUUID } from 'node:crypto';
import { JavaList, JavaMap, type JavaValue } from './java-collections.ts';
import { javaNumber } from './java-number.ts';

/** Thrown for a body that API Gateway refuses before it renders anything. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody';
}

const jsonTokens = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function parseStrict(text: string): JavaValue {
  JSON.parse(text);
  // JSON.parse tells the source text of a number only from Node 21 on, so each number becomes an object that names it.
  const mark = randomUUID();
  const marked = text.replace(jsonTokens, (token) => (token.startsWith('"') ? token : `{"${mark}":"${token}"}`));
  return JSON.parse(marked, (_name, value: unknown) => {
    if (Array.isArray(value)) return new JavaList(value as JavaValue[]);
    // Values are revived from the inside out, so a plain object is always one whose members are done.
    if (typeof value !== 'object' || value === null) return value;
    if (Object.hasOwn(value, mark)) return javaNumber((value as Record<string, string>)[mark] ?? '');
    return new JavaMap(new Map(Object.entries(value)));
  }) as JavaValue;
}

/**
 * Reads a body as API Gateway does: nothing is `{}`; text that does not begin like an array or an object is a string when
 * it is no JSON; `[a` is refused (recorded from AWS in ToQoz/api-gateway-mapping-template, test/_.md). The real parser,
 * json-smart, also forgives `{a: 1}` or a trailing comma, where this one throws MalformedBody.
 */
export function parseDocument(body: string): JavaValue {
  const text = body.trim();
  if (text === '') return new JavaMap(new Map());
  try {
    return parseStrict(text);
  } catch (error) {
    if (!/^[[{]/.test(text)) return text;
    throw new MalformedBody(`The body begins like JSON but is not: ${(error as Error).message}`, { cause: error });
  }
}
