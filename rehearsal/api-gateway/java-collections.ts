import { JavaNumber } from './java-number.ts';

/** A JSON value as a mapping template meets it. */
export type JavaValue = string | number | boolean | null | JavaNumber | JavaList | JavaMap;

/**
 * A JSON array. API Gateway prints one as JSON text, even inside a map (recorded from AWS on 2025-06-18 in localstack's
 * test_input_path_template_formatting). No Array, because velocityjs would print that as Java prints its own lists.
 */
export class JavaList {
  readonly [index: number]: JavaValue;

  constructor(items: readonly JavaValue[]) {
    Object.assign(this, items);
  }

  get length(): number {
    return Object.keys(this).length;
  }

  toString(): string {
    return jsonText(this);
  }
}

/** A JSON object. API Gateway prints it as Java prints a map, `{a=1, b=2}`. */
export class JavaMap {
  readonly #members: ReadonlyMap<string, JavaValue>;

  constructor(members: ReadonlyMap<string, JavaValue>) {
    this.#members = members;
    // Templates and JSONPath read members as properties. One named `toString` would decide how the map prints.
    for (const [name, value] of members) if (!(name in JavaMap.prototype)) Object.assign(this, { [name]: value });
  }

  /** All members, also those that cannot be a property here. */
  static members(map: JavaMap): ReadonlyMap<string, JavaValue> {
    return map.#members;
  }

  toString(): string {
    return `{${[...this.#members].map(([name, value]) => `${name}=${String(value)}`).join(', ')}}`;
  }
}

/** JSON text of a value. */
export function jsonText(value: JavaValue): string {
  if (value instanceof JavaNumber) return value.toString();
  if (value instanceof JavaList) return `[${Object.values(value).map(jsonText).join(',')}]`;
  if (value instanceof JavaMap) {
    const members = [...JavaMap.members(value)].map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
