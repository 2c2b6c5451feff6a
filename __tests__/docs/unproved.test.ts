import { read } from './markdown.ts';

const entries = read('docs/unproved.md')
  .split(/^(?=\*\*U\d+\.)/m)
  .slice(1);

describe('the list of what is unproved', () => {
  it('is numbered without a gap', () => {
    expect(entries.map((entry) => /^\*\*(U\d+)\./.exec(entry)?.[1])).toEqual(
      entries.map((_, index) => `U${index + 1}`),
    );
    expect(entries.length).toBeGreaterThan(10);
  });

  it.each(entries.map((entry) => [/^\*\*(U\d+)/.exec(entry)?.[1], entry]))(
    'gives for %s a command, or says that there is none',
    (_, entry) => {
      expect(entry).toMatch(/^```sh\n.+\n|There is no command that settles it/m);
    },
  );
});
