import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { project, rowsOf } from './markdown.ts';

const rows = rowsOf('docs/faults.md', /^B\d+$/).map(([id = '', fault = '', state = '', where = '', ...rest]) => ({
  id,
  fault,
  state,
  where,
  rest,
  files: [...where.matchAll(/\]\(\.\.\/([^)#]+)/g)].map(([, file]) => file ?? ''),
}));
const inState = (...states: readonly string[]) => rows.filter(({ state }) => states.includes(state));
const isTest = (file: string): boolean => file.startsWith('__tests__/') && file.endsWith('.test.ts');

describe('the list of upstream’s faults', () => {
  it('has each of the 66, once and in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(Array.from({ length: 66 }, (_, index) => `B${index + 1}`));
  });

  it('says of each what it is, and that it is fixed, kept, open or in part', () => {
    expect(rows.filter(({ fault, where, rest }) => fault.length < 10 || where === '' || rest.length > 0)).toEqual([]);
    expect(inState('fixed', 'kept', 'open', 'in part')).toHaveLength(66);
  });

  it('names for each that is fixed, wholly or in part, a file that does it and a test that shows it', () => {
    const unshown = inState('fixed', 'in part').filter(
      ({ files }) => !files.some(isTest) || !files.some((file) => !file.startsWith('__tests__/')),
    );
    expect(unshown).toEqual([]);
  });

  it('says of each that is open whose it is, and of each that is kept why', () => {
    expect(inState('open').filter(({ where }) => !/^(agent|image)\b/.test(where))).toEqual([]);
    expect(inState('kept').filter(({ where }) => where.length < 60)).toEqual([]);
  });

  it('names only files that exist', () => {
    const files = [...new Set(rows.flatMap(({ files }) => files))];
    expect(files.filter((file) => !existsSync(join(project, file)) || !statSync(join(project, file)).isFile())).toEqual(
      [],
    );
  });
});
