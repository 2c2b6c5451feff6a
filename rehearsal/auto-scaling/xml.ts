import type { Refusal } from './refusals.ts';

const namespace = 'http://autoscaling.amazonaws.com/doc/2011-01-01/';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const escaped = (text: string): string => text.replace(/[&<>\r]/g, (character) => entities[character] ?? character);

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

/**
 * A value as the Query protocol writes it: a list's items in `<member>`, a moment as ISO 8601, nothing at all for undefined
 * (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
 */
function write(name: string, value: unknown): string {
  if (value === undefined) return '';
  if (value instanceof Date) return element(name, value.toISOString());
  if (Array.isArray(value)) return element(name, value.map((item) => write('member', item)).join(''));
  if (typeof value === 'object' && value !== null) return element(name, members(value));
  if (typeof value === 'string') return element(name, escaped(value));
  if (typeof value === 'number' || typeof value === 'boolean') return element(name, String(value));
  throw new Error(`${name} cannot be written as XML: its value is a ${typeof value}`);
}

const members = (value: object): string =>
  Object.entries(value)
    .map(([name, member]) => write(name, member))
    .join('');

/** The body of a success; operations without an output in the API have no Result element. */
export const responseXml = (operation: string, result: object | undefined, requestId: string): string =>
  `<${operation}Response xmlns="${namespace}">` +
  (result ? element(`${operation}Result`, members(result)) : '') +
  element('ResponseMetadata', element('RequestId', requestId)) +
  `</${operation}Response>`;

export const errorXml = ({ type, code, message }: Refusal, requestId: string): string =>
  `<ErrorResponse xmlns="${namespace}">` +
  element('Error', members({ Type: type, Code: code, Message: message })) +
  element('RequestId', requestId) +
  '</ErrorResponse>';
