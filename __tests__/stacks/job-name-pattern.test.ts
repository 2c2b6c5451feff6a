import fc from 'fast-check';
import { allowed } from './templates/allowed-patterns.ts';
import { generatedPattern } from './templates/generated-patterns.ts';

/** Why not: the text that RE2 and Java would not read alike, or that would not survive its way into the template. */
const refused: Readonly<Record<string, readonly string[]>> = {
  'an apostrophe, which would end the text in the template': ["it's", "\\'", "[']", "a' || 'b"],
  'a control character': ['a\nb', '\t', '\u0000'.replace('\u0000', '\u0001'), '[\u007f]'],
  'what RE2 finds malformed': ['(', 'a)', '[a', '[z-a]', '\\', 'a\\', '(?:a', 'a{2,1}', 'a{1001}', '[a-\\d]'],
  'what Java finds malformed, though RE2 takes it literally': [
    'a{',
    '{x}',
    'a{,2}',
    '{',
    '}',
    'a{1',
    '${x}',
    '%{ if }',
  ],
  'names of groups, which each spells in its own way': ['(?P<x>a)', '(?<x>a)'],
  flags: ['(?i)a', '(?s:a)', '(?U)a*', '(?-s)a', '(?i:a)'],
  'what RE2 does not know': ['(?=a)', '(?!a)', '(?<=a)b', '(?>a)', '(a)\\1', 'a++', 'a*+', '\\Z', '\\h', '\\R'],
  'what means something else in Java': [
    '[[:alpha:]]',
    '[a[b]]',
    '[a&&b]',
    '[&a]',
    '\\p{Greek}',
    '\\pL',
    '\\b',
    '\\B',
    '\\v',
    '\\x{41}',
    '\\Qa\\E',
  ],
  'codes of which one of them reads more digits': ['\\0', '\\012', '\\7'],
  'a quantifier of nothing, or of another': ['*', '+a', '(*)', 'a|*', 'a**', 'a{2}{3}', 'a???'],
  'an unescaped ]': [']', 'a]', '[]a]'],
};

const taken = [
  '',
  'a',
  '^deploy.*$',
  'build \\d+/\\d+',
  '(?:a|b)+c?',
  '(a|)*?',
  '[^\\w\\s-]{2,}',
  '[a-z0-9_.$#"-]*',
  '\\$\\{x\\}',
  '\\[a\\]\\{\\}\\&&\\-\\_',
  'it\\x27s',
  '[\\x27\\]\\[&-]'.replace('&', '\\&'),
  'größe 漢字 😀 [é-ÿ]',
  '^*$?.{0,3}',
  'a{1000}',
  '# %d $5 "q" `x` <y> ~!@=;:,',
];

describe('the pattern for names of jobs', () => {
  it.each(Object.entries(refused))('may not have %s', async (_why, patterns) => {
    const lets = await allowed(patterns);
    expect(patterns.filter((_, place) => lets[place])).toEqual([]);
  });

  it('may have everything that both engines read alike', async () => {
    const generated = fc.sample(generatedPattern, { numRuns: 500 }).map(({ text }) => text);
    const patterns = [...taken, ...generated];
    const lets = await allowed(patterns);
    expect(patterns.filter((_, place) => lets[place] !== true)).toEqual([]);
  });
});
