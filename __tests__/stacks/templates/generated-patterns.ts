import fc from 'fast-check';

/** A regular expression of what `webhook_job_name_pattern` allows, as a tree, so that a test can match it without any engine. */
type Pattern =
  | { readonly is: 'character'; readonly text: string; readonly code: number }
  | { readonly is: 'class'; readonly text: string; readonly has: (code: number) => boolean }
  | { readonly is: 'start' | 'end' }
  | { readonly is: 'all' | 'either'; readonly parts: readonly Pattern[]; readonly captures: boolean }
  | {
      readonly is: 'repeated';
      readonly part: Pattern;
      readonly text: string;
      readonly least: number;
      readonly most: number;
    };

export interface GeneratedPattern {
  readonly text: string;
  readonly matches: (name: string) => boolean;
}

const lineEnds: readonly number[] = [...'\n\r\u0085\u2028\u2029'].map((end) => end.charCodeAt(0));
const codesOf = (text: string): readonly number[] => [...text].map((character) => character.codePointAt(0) ?? 0);

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isWord = (code: number): boolean => isDigit(code) || /^[A-Za-z_]$/.test(String.fromCodePoint(code));
const isBlank = (code: number): boolean => code === 0x20 || (code >= 0x09 && code <= 0x0d);
const letters: readonly (readonly [string, (code: number) => boolean])[] = [
  ['\\d', isDigit],
  ['\\D', (code) => !isDigit(code)],
  ['\\w', isWord],
  ['\\W', (code) => !isWord(code)],
  ['\\s', isBlank],
  ['\\S', (code) => !isBlank(code)],
];

/** Where `$` matches: at the end, and before a last end of line. */
function atEnd(name: readonly number[], at: number): boolean {
  if (at === name.length) return true;
  const rest = String.fromCodePoint(...name.slice(at));
  return (
    rest === '\r\n' ||
    (name.length - at === 1 && lineEnds.includes(name[at] ?? 0) && !(rest === '\n' && name[at - 1] === 0x0d))
  );
}

/** Every place at which a match that began at `from` can end. */
function ends(pattern: Pattern, name: readonly number[], from: number): ReadonlySet<number> {
  const onward = (found: boolean, by: number): ReadonlySet<number> => new Set(found ? [from + by] : []);
  const code = name[from];
  switch (pattern.is) {
    case 'character':
      return onward(code === pattern.code, 1);
    case 'class':
      return onward(code !== undefined && pattern.has(code), 1);
    case 'start':
      return onward(from === 0, 0);
    case 'end':
      return onward(atEnd(name, from), 0);
    case 'either':
      return new Set(pattern.parts.flatMap((part) => [...ends(part, name, from)]));
    case 'all':
      return pattern.parts.reduce<ReadonlySet<number>>(
        (starts, part) => new Set([...starts].flatMap((start) => [...ends(part, name, start)])),
        new Set([from]),
      );
    case 'repeated': {
      const found = new Set<number>();
      let round: ReadonlySet<number> = new Set([from]);
      // Longer than the name no round brings anything new.
      for (let times = 0; times <= Math.min(pattern.most, pattern.least + name.length + 1) && round.size > 0; times++) {
        if (times >= pattern.least) for (const end of round) found.add(end);
        round = new Set([...round].flatMap((start) => [...ends(pattern.part, name, start)]));
      }
      return found;
    }
  }
}

function textOf(pattern: Pattern): string {
  switch (pattern.is) {
    case 'character':
    case 'class':
      return pattern.text;
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'repeated':
      return `${textOf(pattern.part)}${pattern.text}`;
    default: {
      const open = pattern.captures ? '(' : '(?:';
      return `${open}${pattern.parts.map(textOf).join(pattern.is === 'either' ? '|' : '')})`;
    }
  }
}

/** Few, so that patterns and names often meet; all that means something in VTL, JSON, Terraform or a regular expression is among them. */
const alphabet = [...`ab0 /-_.*+?()[]{}|^$\\&#%!:"\`<é😀`, '\u2028', '\u0085', '\u00a0'];
const special = /^[!-/:-@[-`{-~]$/;
const mustEscape = '\\[](){}.*+?|^$';

const character: fc.Arbitrary<Pattern & { readonly is: 'character' }> = fc
  .record({ of: fc.constantFrom(...alphabet, "'"), escaped: fc.boolean(), byCode: fc.boolean() })
  .map(({ of, escaped, byCode }) => {
    const code = of.codePointAt(0) ?? 0;
    const hex = `\\x${code.toString(16).padStart(2, '0')}`;
    const sign = mustEscape.includes(of) || (escaped && special.test(of)) ? `\\${of}` : of;
    return { is: 'character', code, text: of === "'" || (byCode && code < 0x80) ? hex : sign };
  });

interface Member {
  readonly text: string;
  readonly has: (code: number) => boolean;
}
const single: fc.Arbitrary<Member> = character.map(({ text, code }) => ({
  text: /^[-^&]$/.test(text) ? `\\${text}` : text,
  has: (other) => other === code,
}));
const range: fc.Arbitrary<Member> = fc
  .constantFrom('a-z', '0-9', ' -/', '!-~', '\\x20-\\x2f', '\u00a0-\uffff', 'é-😀')
  .map((text) => {
    const [from = 0, to = 0] = text.startsWith('\\')
      ? [0x20, 0x2f]
      : [[...text][0], [...text][2]].map((end) => end!.codePointAt(0)!);
    return { text: text === '!-~' ? '!-\\~' : text, has: (code) => code >= from && code <= to };
  });
const classOf: fc.Arbitrary<Pattern> = fc
  .record({
    not: fc.boolean(),
    members: fc.array(
      fc.oneof(
        single,
        range,
        fc.constantFrom(...letters).map(([text, has]) => ({ text, has })),
      ),
      { minLength: 1, maxLength: 4 },
    ),
    hyphen: fc.constantFrom('', '', 'first', 'last'),
  })
  .map(({ not, members, hyphen }) => {
    const all = hyphen === '' ? members : [...members, { text: '-', has: (code: number) => code === 0x2d }];
    const inside = members.map(({ text }) => text).join('');
    const text = hyphen === 'first' ? `-${inside}` : hyphen === 'last' ? `${inside}-` : inside;
    return { is: 'class', text: `[${not ? '^' : ''}${text}]`, has: (code) => all.some(({ has }) => has(code)) !== not };
  });

const quantifiers: readonly (readonly [string, number, number])[] = [
  ['*', 0, Infinity],
  ['+', 1, Infinity],
  ['?', 0, 1],
  ['{2}', 2, 2],
  ['{0,2}', 0, 2],
  ['{1,}', 1, Infinity],
];

const { pattern } = fc.letrec<{ pattern: Pattern; part: Pattern }>((tie) => ({
  part: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'pattern' },
    { weight: 5, arbitrary: character },
    { weight: 3, arbitrary: classOf },
    { weight: 1, arbitrary: fc.constantFrom(...letters).map(([text, has]): Pattern => ({ is: 'class', text, has })) },
    { weight: 1, arbitrary: fc.constant<Pattern>({ is: 'class', text: '.', has: (code) => !lineEnds.includes(code) }) },
    { weight: 1, arbitrary: fc.constantFrom<Pattern>({ is: 'start' }, { is: 'end' }) },
    { weight: 3, arbitrary: tie('pattern') },
  ),
  pattern: fc
    .record({
      parts: fc.array(
        fc.tuple(
          tie('part'),
          fc.option(fc.tuple(fc.constantFrom(...quantifiers), fc.boolean()), { nil: undefined, freq: 2 }),
        ),
        { maxLength: 4 },
      ),
      is: fc.constantFrom('all', 'all', 'either'),
      captures: fc.boolean(),
    })
    .map(({ parts, is, captures }): Pattern => ({
      is: parts.length === 0 ? 'all' : is,
      captures,
      parts: parts.map(([part, quantity]) => {
        if (quantity === undefined) return part;
        const [[text, least, most], lazy] = quantity;
        return { is: 'repeated', part, text: `${text}${lazy ? '?' : ''}`, least, most };
      }),
    })),
}));

/** Patterns that the variable allows, each with a judgement of its own of what the whole of a name has to be. */
export const generatedPattern: fc.Arbitrary<GeneratedPattern> = pattern
  .map((tree): GeneratedPattern => ({
    // The outermost group is the template's.
    text: textOf(tree).replace(/^\((?:\?:)?(.*)\)$/su, '$1'),
    matches: (name) => ends(tree, codesOf(name), 0).has(codesOf(name).length),
  }))
  .filter(({ text }) => text !== '' && [...text].length <= 200);

/** Names that often meet such patterns; never a lone surrogate, which no JSON of GitLab's holds. */
export const generatedName: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...alphabet, "'", '\n', '\r', '\t', '\u000b'), { maxLength: 8 })
  .map((characters) => characters.join(''));

/** Text of the signs that mean something in a regular expression: most of it is none. */
export const patternLikeText: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ...'ab01,-:=!&^$.|?*+(){}[]<>\\/\'"# _éPidDwsbQEpkxuz',
      '(?',
      '(?:',
      '{1,2}',
      '[a-',
      '\\x4',
      '[^',
      '&&',
      '\\\\',
    ),
    {
      minLength: 1,
      maxLength: 10,
    },
  )
  .map((signs) => signs.join(''));
