import { JSONPath } from 'jsonpath-plus';
import { Compile, parse } from 'velocityjs';
import { type JavaValue, jsonText } from './java-collections.ts';
import { callMethod, type Methods, ownMethods } from './java-methods.ts';
import { parseDocument } from './json-document.ts';

/** Pairs of name and value in the order of sending, names spelled as sent. */
export type Parameters = readonly (readonly [name: string, value: string])[];

/** What a mapping template is rendered with. `body` is the text of the request, or of the backend's answer. */
export interface MappingTemplate {
  readonly template: string;
  readonly body: string;
  readonly headers?: Parameters;
  readonly querystring?: Parameters;
  readonly stageVariables?: Readonly<Record<string, string>>;
  /** `$context`, without `responseOverride`, which every rendering gets anew. */
  readonly context?: Readonly<Record<string, unknown>>;
}

export interface Rendered {
  readonly text: string;
  /** `$context.responseOverride.status`, when the template set it to a status (100 to 599). */
  readonly status?: number;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
};

/** As commons-lang 2.6 does it: U+007F stays, everything above it and every control character becomes \uXXXX, upper-case. */
const escapeJavaScript = (text: unknown): string =>
  `${(text ?? '') as string}`.replace(
    /["'\\/\u0000-\u001f\u0080-\uffff]/g,
    (character) =>
      shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );

const util = {
  [ownMethods]: {
    escapeJavaScript: (_: unknown, text: unknown) => escapeJavaScript(text),
    parseJson: (_: unknown, text: string) => parseDocument(text),
    base64Encode: (_: unknown, text: string) => Buffer.from(text, 'utf8').toString('base64'),
    base64Decode: (_: unknown, text: string) => Buffer.from(text, 'base64').toString('utf8'),
    urlEncode: (_: unknown, text: string) => new URLSearchParams([['', text]]).toString().slice(1),
    urlDecode: (_: unknown, text: string) => decodeURIComponent(text.replaceAll('+', ' ')),
  } satisfies Methods,
};

/** A later header of the same spelling wins: API Gateway keeps the last of several values. */
const lastOfEach = (parameters: Parameters = []): Readonly<Record<string, string>> => Object.fromEntries(parameters);

function inputOf({ body, headers, querystring }: MappingTemplate): object {
  const header = lastOfEach(headers);
  const query = lastOfEach(querystring);
  let document: { readonly value: JavaValue } | undefined;
  const path = (expression: string): JavaValue => {
    // Only a template that looks into the body can fail on it.
    document ??= { value: parseDocument(body) };
    if (expression === '$') return document.value;
    if (typeof document.value !== 'object' || document.value === null) return '';
    const found: unknown = JSONPath({ json: document.value, path: expression, wrap: false, eval: false });
    // API Gateway finds missing and null members equal to "" (recorded, as in JavaList). It finds them equal to an
    // undefined reference too, which velocityjs does not.
    return (found as JavaValue | undefined) ?? '';
  };
  return {
    body,
    [ownMethods]: {
      path: (_: unknown, expression: string) => path(expression),
      json: (_: unknown, expression: string) => jsonText(path(expression)),
      params: (_: unknown, name?: string) =>
        name === undefined ? { header, path: {}, querystring: query } : (query[name] ?? header[name] ?? ''),
    } satisfies Methods,
  };
}

const isStatus = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 100 && Number(value) < 600;

/**
 * Renders a mapping template of API Gateway (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html).
 * A reference without a value prints nothing, as in API Gateway. Throws MalformedBody when the template looks into a body
 * that API Gateway would refuse, and an Error for a method that is not known to exist there.
 */
export function renderMappingTemplate(given: MappingTemplate): Rendered {
  const responseOverride: { header: object; status?: unknown } = { header: {} };
  const variables = {
    input: inputOf(given),
    util,
    stageVariables: { ...given.stageVariables },
    context: { ...given.context, responseOverride },
  };
  const program = new Compile(parse(given.template), {
    escape: false,
    // Makes velocityjs throw for `constructor` and the like, which it refuses before it asks the handler.
    env: 'development',
    customMethodHandlers: [
      {
        uid: 'api-gateway',
        match: () => true,
        resolve: ({ context, property, params }) => callMethod(context, property, params),
      },
    ],
  });
  const text = program.render(variables, undefined, true);
  const { status } = responseOverride;
  return isStatus(status) ? { text, status } : { text };
}
