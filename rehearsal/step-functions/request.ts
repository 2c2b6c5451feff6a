import type { ApiError } from './api-error.ts';
import { apiErrors } from './api-error.ts';

/** Either what was asked for, or why not. */
export type Checked<T> = { readonly value: T } | { readonly refused: ApiError };

export type Fields = Readonly<Record<string, unknown>>;

/** A request body in JSON; a field that is null counts as absent. */
export function fieldsOf(body: string): Checked<Fields> {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      return { refused: apiErrors.serialization() };
    return { value: Object.fromEntries(Object.entries(parsed).filter(([, value]) => value !== null)) };
  } catch {
    return { refused: apiErrors.serialization() };
  }
}

const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';

/** The named fields as text; a field of another type cannot be deserialized. */
export function textsOf<const K extends string>(
  fields: Fields,
  ...names: readonly K[]
): Checked<Readonly<Record<K, string | undefined>>> {
  const entries = names.map((name) => [name, fields[name]] as const);
  if (!entries.every(([, value]) => isText(value))) return { refused: apiErrors.serialization() };
  return { value: Object.fromEntries(entries) as Readonly<Record<K, string | undefined>> };
}

/** Lengths are counted in characters, the input's in bytes of UTF-8. */
interface Limits {
  readonly required?: true;
  readonly characters?: number;
  readonly bytes?: number;
}

const violation = (where: string, constraint: string): string =>
  `Value ${where} failed to satisfy constraint: Member must ${constraint}`;

/** Holds a field against the API's model, and says what it breaks. */
export function violations(name: string, value: string | undefined, limits: Limits): readonly string[] {
  if (value === undefined) return limits.required === undefined ? [] : [violation(`null at '${name}'`, 'not be null')];
  const { characters, bytes } = limits;
  const length = [...value].length;
  const quoted = `'${value}' at '${name}'`;
  return [
    ...(characters !== undefined && length === 0 ? [violation(quoted, 'have length greater than or equal to 1')] : []),
    ...(characters !== undefined && length > characters
      ? [violation(quoted, `have length less than or equal to ${characters}`)]
      : []),
    ...(bytes !== undefined && Buffer.byteLength(value) > bytes
      ? [violation(`at '${name}'`, `have size less than or equal to ${bytes} bytes in UTF-8 encoding`)]
      : []),
  ];
}
