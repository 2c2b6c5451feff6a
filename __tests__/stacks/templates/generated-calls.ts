import fc from 'fast-check';
import type { Call, ExecutionInput } from './corpus.ts';

/** A call, and what a reader of the design would say that has to become of it. */
export interface GeneratedCall extends Call {
  /** Of the job; empty when the event has none. */
  readonly name: string;
  readonly becomes: ExecutionInput | 'ignored';
}

/** Any UTF-16 text, lone surrogates too. */
const anyText = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), maxLength });

const syntax = [
  '"',
  "'",
  '\\',
  '/',
  '$',
  '#',
  '{',
  '}',
  '%',
  '!',
  ':',
  ',',
  '\n',
  '\u0000',
  '\u2028',
  'é',
  'a',
  '$input',
  '#set',
  '${',
  '\\u0022',
];
const hostileText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...syntax), { maxLength: 12 })
  .map((parts) => parts.join(''));

const token: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: hostileText },
  { weight: 2, arbitrary: anyText(40) },
  { weight: 1, arbitrary: fc.integer({ min: 250, max: 260 }).map((length) => 't'.repeat(length)) },
  { weight: 1, arbitrary: fc.constant('') },
);

const anySpelling = fc
  .array(fc.boolean(), { minLength: 14, maxLength: 14 })
  .map((upper) => [...'x-gitlab-token'].map((c, at) => (upper[at] === true ? c.toUpperCase() : c)).join(''));
const otherName = fc.oneof(
  fc.constantFrom('Content-Type', 'X-Gitlab-Event', 'Idempotency-Key', 'X-Gitlab-Token-', '__proto__', 'constructor'),
  fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })
    .filter((name) => name.toLowerCase() !== 'x-gitlab-token'),
);
const header: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(anySpelling, token) },
  { weight: 1, arbitrary: fc.tuple(otherName, fc.oneof(hostileText, anyText(20))) },
);

/** A JSON text, with the string or the digits that it stands for, where it stands for such. */
interface Member {
  readonly text: string;
  readonly string?: string;
  readonly digits: string;
}
const ofText = (string: string): Member => ({
  text: JSON.stringify(string),
  string,
  digits: /^[0-9]{1,20}$/.test(string) ? string : '',
});
const ofNumber = (text: string): Member => ({ text, digits: /^[0-9]{1,20}$/.test(text) ? text : '' });
const otherJson = fc
  .oneof(
    fc.json({ maxDepth: 3 }),
    fc.constantFrom('null', 'true', '[5]', '["build"]', '["pending"]', '{"a":{}}', '1e400'),
  )
  .filter((text) => typeof JSON.parse(text) === 'object' || text === 'true' || text === '1e400')
  .map((text): Member => ({ text, digits: '' }));
const anyMember: fc.Arbitrary<Member> = fc.oneof(
  fc.oneof(hostileText, anyText(20)).map(ofText),
  fc.bigInt({ min: -(10n ** 5n), max: 10n ** 22n }).map((n) => ofNumber(String(n))),
  fc
    .double({ noNaN: true, noDefaultInfinity: true, noInteger: true })
    .map((n): Member => ({ text: n.toExponential(5), digits: '' })),
  otherJson,
);
const knownWords = (...words: readonly string[]): fc.Arbitrary<Member> =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words).map(ofText) }, { weight: 1, arbitrary: anyMember });

/** GitLab's `runner`: an object with an id, or null. */
const runner: fc.Arbitrary<Member> = fc.oneof(
  {
    weight: 3,
    arbitrary: anyMember.map(({ text, digits }): Member => ({ text: `{"id":${text},"active":true}`, digits })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('null', '{}', '[{"id":5}]', '"5"', '5', 'true')
      .map((text): Member => ({ text, digits: '' })),
  },
);

/**
 * Any header and any body, most of them near to an event that starts an execution. `wanted` as the template was told; `names` may
 * leave the job without one.
 */
export const generatedCalls = (
  wanted: readonly string[],
  names: fc.Arbitrary<string | undefined> = fc.oneof(hostileText, anyText(30)),
): fc.Arbitrary<GeneratedCall> =>
  fc
    .record({
      headers: fc.array(header, { maxLength: 4 }),
      kind: knownWords('build', 'build', 'build', 'push', 'Build', 'builds'),
      status: knownWords(...wanted, ...wanted, 'running', 'success', 'Pending', 'pending '),
      job: fc.option(anyMember, { nil: undefined }),
      project: fc.option(anyMember, { nil: undefined }),
      runner: fc.option(runner, { nil: undefined }),
      name: names,
    })
    .map(({ headers, kind, status, job, project, runner, name }): GeneratedCall => {
      const members = {
        object_kind: kind,
        build_name: name === undefined ? undefined : ofText(name),
        build_status: status,
        build_id: job,
        project_id: project,
        runner,
      };
      const texts = Object.entries(members).flatMap(([member, value]) => (value ? [`"${member}":${value.text}`] : []));
      // A later value under the same spelling takes the earlier one's place, not its own.
      const last =
        [...new Map(headers)].filter(([given]) => given.toLowerCase() === 'x-gitlab-token').at(-1)?.[1] ?? '';
      const isWanted = kind.string === 'build' && status.string !== undefined && wanted.includes(status.string);
      const hasToken = last !== '' && last.length <= 255;
      return {
        headers,
        body: `{${texts.join(',')}}`,
        name: name ?? '',
        becomes:
          isWanted && hasToken
            ? {
                status: status.string,
                token: last,
                job: job?.digits ?? '',
                project: project?.digits ?? '',
                runner: status.string === 'running' ? (runner?.digits ?? '') : '',
              }
            : 'ignored',
      };
    });
