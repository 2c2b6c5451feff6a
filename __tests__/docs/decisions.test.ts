import { departures } from '../stacks/departures.ts';
import { linksOf, pages, read } from './markdown.ts';

const folder = 'docs/decisions/';
const records = pages.filter((page) => page.startsWith(folder) && page !== `${folder}README.md`);

describe('decision records', () => {
  it.each(departures.map(({ id, record }) => [id, record] as const))(
    'have one for %s, which names it',
    (id, record) => {
      expect(read(folder + record).split('\n')[0]).toMatch(new RegExp(`^# \\d+\\. .+ \\(${id}\\)$`));
    },
  );

  it('are all in the index, once and with their title', () => {
    const index = linksOf(`${folder}README.md`).map(({ file }) => file);
    expect(index.filter((file) => records.includes(file)).sort()).toEqual([...records]);
    const text = read(`${folder}README.md`);
    for (const record of records) {
      const title =
        read(record)
          .split('\n')[0]
          ?.replace(/^# (\d+\. )/, '') ?? '';
      expect(text).toContain(`${title.replace(/ \(D\d+\)$/, '')}](${record.slice(folder.length)})`);
    }
  });

  it('are numbered without a gap', () => {
    expect(records.map((record) => Number(record.slice(folder.length, folder.length + 4)))).toEqual(
      records.map((_, index) => index + 1),
    );
  });

  it.each(records)('%s has its four parts, and fits on a screen', (record) => {
    const text = read(record);
    for (const part of ['## Context', '## Decision', 'a user of upstream', '## Tested by']) {
      expect(text).toContain(part);
    }
    expect(text.split('\n').length).toBeLessThanOrEqual(41);
    expect(linksOf(record).some(({ file }) => file.startsWith('__tests__/'))).toBe(true);
  });
});
