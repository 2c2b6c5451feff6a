import { refusals, type Refusal } from './refusals.ts';

/** The parameters of a Query request, as they were decoded from the form. */
export type Form = ReadonlyMap<string, string>;

interface Value<T> {
  readonly value: T;
}
interface Problem {
  readonly problem: string;
}
/** Reads one parameter; `member` is its name as AWS's validation messages spell it. */
type Reader<T> = (form: Form, name: string, member: string) => Value<T> | Problem;

const ok = <T>(value: T): Value<T> => ({ value });
const fails = (given: string | null, member: string, constraint: string): Problem => ({
  problem: `Value ${given === null ? 'null' : `'${given}'`} at '${member}' failed to satisfy constraint: ${constraint}`,
});

/** Leaves a parameter out that was not given. */
export const optional =
  <T>(reader: Reader<T>): Reader<T | undefined> =>
  (form, name, member) =>
    [...form.keys()].some((key) => key === name || key.startsWith(`${name}.`))
      ? reader(form, name, member)
      : ok(undefined);

const scalar =
  <T>(parse: (given: string, member: string) => Value<T> | Problem): Reader<T> =>
  (form, name, member) => {
    const given = form.get(name);
    return given === undefined ? fails(null, member, 'Member must not be null') : parse(given, member);
  };

/** A text of at least one and at most `longest` characters. */
export const text = (longest = 255): Reader<string> =>
  scalar((given, member) => {
    if (given === '') return fails(given, member, 'Member must have length greater than or equal to 1');
    if (given.length > longest) return fails(given, member, `Member must have length less than or equal to ${longest}`);
    return ok(given);
  });

export const oneOf = <const T extends string>(...allowed: readonly T[]): Reader<T> =>
  scalar((given, member) => {
    const value = allowed.find((each) => each === given);
    return value === undefined
      ? fails(given, member, `Member must satisfy enum value set: [${allowed.join(', ')}]`)
      : ok(value);
  });

export const integer: Reader<number> = scalar((given, member) =>
  /^-?\d{1,9}$/.test(given) ? ok(Number(given)) : fails(given, member, 'Member must be an integer'),
);

/** A page's length; `most` is the largest that the operation allows. */
export const pageLength = (most: number): Reader<number> =>
  scalar((given, member) => {
    const value = Number(given);
    if (!Number.isInteger(value) || value < 1) {
      return fails(given, member, 'Member must have value greater than or equal to 1');
    }
    return value > most ? fails(given, member, `Member must have value less than or equal to ${most}`) : ok(value);
  });

export const flag: Reader<boolean> = scalar((given, member) =>
  given === 'true' || given === 'false' ? ok(given === 'true') : fails(given, member, 'Member must be a boolean'),
);

/** The numbers that occur in `Prefix.member.N` and `Prefix.member.N.…`, in order. */
const membersOf = (form: Form, prefix: string): readonly number[] => {
  const start = `${prefix}.member.`;
  const numbers = [...form.keys()]
    .filter((key) => key.startsWith(start))
    .map((key) => parseInt(key.slice(start.length), 10));
  return [...new Set(numbers)].sort((a, b) => a - b);
};

/** `Name.member.1`, `Name.member.2` … in their order; an empty list is what was not given. */
export const texts: Reader<readonly string[]> = (form, name) =>
  ok(membersOf(form, name).map((index) => form.get(`${name}.member.${index}`) ?? ''));

/** A list that must have something in it. */
export const someTexts: Reader<readonly string[]> = (form, name, member) =>
  membersOf(form, name).length === 0 ? fails(null, member, 'Member must not be null') : texts(form, name, member);

export interface Filter {
  readonly name: string;
  readonly values: readonly string[];
}

export const filters: Reader<readonly Filter[]> = (form, name) =>
  ok(
    membersOf(form, name).map((index) => {
      const prefix = `${name}.member.${index}`;
      return {
        name: form.get(`${prefix}.Name`) ?? '',
        values: membersOf(form, `${prefix}.Values`).map((each) => form.get(`${prefix}.Values.member.${each}`) ?? ''),
      };
    }),
  );

type Readers = Readonly<Record<string, Reader<unknown>>>;
type Parsed<R extends Readers> = {
  readonly [K in keyof R]: R[K] extends Reader<infer T> ? T : never;
};

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/**
 * Reads all parameters. A parameter that AWS has and the rehearsal has not is refused, because passing over it would show
 * behaviour that AWS does not have; what is wrong with any of them is told in one ValidationError, as AWS does. */
export function read<const R extends Readers>(form: Form, readers: R): Parsed<R> | Refusal {
  const names = Object.keys(readers);
  const unread = [...form.keys()].find((key) => ![...names, 'Action', 'Version'].includes(key.split('.', 1)[0] ?? key));
  if (unread !== undefined) return refusals.notRehearsed(unread, names);
  const results = Object.entries(readers).map(
    ([name, reader]) => [name, reader(form, name, lowerFirst(name))] as const,
  );
  const problems = results.flatMap(([, result]) => ('problem' in result ? [result.problem] : []));
  if (problems.length > 0) {
    const errors = problems.length === 1 ? 'error' : 'errors';
    return refusals.invalid(`${problems.length} validation ${errors} detected: ${problems.join('; ')}`);
  }
  // The readers' own types say what each value is; Object.entries forgets them.
  return Object.fromEntries(results.map(([name, result]) => [name, (result as Value<unknown>).value])) as Parsed<R>;
}
