import fc from 'fast-check';
import { callMethod } from '../../../rehearsal/api-gateway/java-methods.ts';
import { javaPattern } from '../../../rehearsal/api-gateway/java-pattern.ts';
import { generatedName, generatedPattern } from '../../stacks/templates/generated-patterns.ts';

const matches = (text: string, pattern: string): unknown => callMethod(text, 'matches', [pattern]);

/** The answers are Java 17's; __tests__/stacks/templates/velocity.full.test.ts asks Java itself about thousands more. */
describe('a regular expression of Java’s', () => {
  it.each([
    ['.', '\u0085', false],
    ['.', '\u2028', false],
    ['.', '😀', true],
    ['..', '😀', false],
    ['\\s', '\u00a0', false],
    ['\\s', '\u000b', true],
    ['[^\\s]', '\u2003', true],
    ['[\\S ]*', 'a b', true],
    ['\\w', 'é', false],
    ['[\\D]', '٣', true],
    ['a$\\n', 'a\n', true],
    ['a$\\x0a', 'a\n', true],
    ['a$[^b]', 'a\r', true],
    ['a\\x0d$\\x0a', 'a\r\n', false],
    ['[a-]', '-', true],
    ['[+--]', ',', true],
    ['[\\d-z]', '-', true],
    ['[a-c-e]', 'd', false],
    ['^*a', 'a', true],
    ['\\x27\\"', '\'"', true],
    ['(?:a|)b{2,}?', 'abbb', true],
  ])('%j finds %j as a whole: %j', (pattern, text, expected) => {
    // `\n` is not among what is translated: it comes as itself.
    expect(matches(text, pattern.replace('\\n', '\n'))).toBe(expected);
  });

  it('means in JavaScript what it means by its own structure', () => {
    const names = fc.array(generatedName, { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(generatedPattern, names, (pattern, texts) => {
        expect(texts.map((text) => matches(text, pattern.text))).toEqual(texts.map((text) => pattern.matches(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a++', 1],
    ['a{', 1],
    ['a{,2}', 1],
    ['(?i)a', 0],
    ['(?=a)', 0],
    ['(?<n>a)', 0],
    ['\\bx', 0],
    ['x\\p{L}', 1],
    ['(a)\\1', 3],
    ['[a&&b]', 0],
    ['[a[b]]', 0],
    ['[]a]', 0],
    ['[a', 0],
    ['a]', 1],
    ['a\\', 1],
    ['\\x4', 0],
    ['\\Qa\\E', 0],
  ])('%s is refused, with the place', (pattern, at) => {
    expect(() => javaPattern(pattern)).toThrow(`${pattern} has, at ${at}, what means something else in Java`);
  });

  it.each(['(', ')', 'a{2,1}', '[z-a]'])('%s is malformed in both', (pattern) => {
    expect(() => javaPattern(pattern)).toThrow(SyntaxError);
  });
});
