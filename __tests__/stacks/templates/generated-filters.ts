import fc from 'fast-check';
import { generatedCalls } from './generated-calls.ts';
import type { GeneratedCall } from './generated-calls.ts';
import { generatedName, generatedPattern } from './generated-patterns.ts';
import type { Filters } from './wanted.ts';

/** Filters, a call, and whether what the call is about passes them. */
export interface FilteredCall {
  readonly filters: Filters;
  readonly call: GeneratedCall;
  readonly passes: boolean;
}

/** GitLab's limit of a name, in units of UTF-16. */
const longestName = 510;
/** Short, because Java and JavaScript backtrack: a few quantifiers within each other take for ever on a long name. */
const names = fc.oneof(
  { weight: 6, arbitrary: generatedName },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 10 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
/** The name itself as a pattern: each character by its code, or with a backslash. */
const literally = (name: string): string =>
  [...name]
    .map((character) =>
      /^[\0-\x1f'\x7f]$/.test(character)
        ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
        : character.replace(/^[!-/:-@[-`{-~]$/, '\\$&'),
    )
    .join('');

/** An event that starts an execution but for the filters. */
const starting: fc.Arbitrary<GeneratedCall> = fc
  .record({ name: names, project: fc.constantFrom('1', '380', '9007199254740991') })
  .map(({ name, project }) => ({
    headers: [['X-Gitlab-Token', 'x']],
    body: `{"object_kind":"build","build_status":"pending","build_name":${JSON.stringify(name ?? null)},"project_id":${project}}`,
    name: name ?? '',
    becomes: { status: 'pending', token: 'x', job: '', project, runner: '' },
  }));

/** Filters of every kind before calls that would start an execution, and before others. `statuses` has to hold `pending`. */
export const generatedFilters = (statuses: readonly string[]): fc.Arbitrary<FilteredCall> =>
  fc
    .record({
      call: fc.oneof({ weight: 2, arbitrary: starting }, { weight: 1, arbitrary: generatedCalls(statuses, names) }),
      pattern: fc.option(generatedPattern, { nil: undefined, freq: 4 }),
      itself: fc.boolean(),
      ids: fc.array(fc.integer({ min: 1, max: 9 ** 9 }), { maxLength: 3 }),
      withOwn: fc.boolean(),
    })
    .map(({ call, pattern, itself, ids, withOwn }): FilteredCall => {
      const own = call.becomes === 'ignored' ? '' : call.becomes.project;
      const projectIds = withOwn && /^[1-9]/.test(own) ? [...ids, own] : ids;
      const literal = itself && call.name.length > 0 && call.name.length < 40;
      const jobNamePattern = literal ? literally(call.name) : (pattern?.text ?? '');
      const nameFits = literal || pattern === undefined || pattern.matches(call.name);
      return {
        call,
        filters: { projectIds, jobNamePattern },
        passes:
          nameFits &&
          call.name.length <= longestName &&
          (projectIds.length === 0 || projectIds.map(String).includes(own)),
      };
    });
