/** Ends of lines as Java's `.` and `$` know them. */
const lineEnds = String.raw`\n\r\u0085\u2028\u2029`;

/** What a backslash and a letter stand for, as the inside of a class; `\s` and `\S` are not JavaScript's, which knows more blanks. */
const classes: Readonly<Record<string, string>> = {
  d: String.raw`0-9`,
  D: String.raw`\u{0}-\u{2f}\u{3a}-\u{10ffff}`,
  w: String.raw`0-9A-Z_a-z`,
  W: String.raw`\u{0}-\u{2f}\u{3a}-\u{40}\u{5b}-\u{5e}\u{60}\u{7b}-\u{10ffff}`,
  s: String.raw`\u{9}-\u{d}\u{20}`,
  S: String.raw`\u{0}-\u{8}\u{e}-\u{1f}\u{21}-\u{10ffff}`,
};

const end = String.raw`(?<!\r(?=\n))(?=(?:\r\n|[${lineEnds}])?$)`;
const codeOf = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** A backslash with what belongs to it. */
const escape = /^\\(?:([dDwWsS])|x([0-9A-Fa-f]{2})|([^\p{L}\p{N}]))/u;
const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??(?![*+?{])/;
const opening = /^\((?:\?:|(?!\?))/;

/** A step through a pattern: what it is in JavaScript, and how many units of Java's text it took. */
type Token = readonly [written: string, length: number];

const characterAt = (text: string): string => String.fromCodePoint(text.codePointAt(0) ?? 0);

/** A single character that a backslash stands before. */
function escapedCharacter(rest: string): Token | undefined {
  const [all, , code, sign = ''] = escape.exec(rest) ?? [];
  if (all === undefined || (code === undefined && sign === '')) return undefined;
  return [codeOf(code === undefined ? sign : String.fromCharCode(parseInt(code, 16))), all.length];
}

/** A single member of a class. Java takes `[` and `&&` for classes within the class. */
function single(rest: string): Token | undefined {
  if (rest.startsWith('\\')) return escapedCharacter(rest);
  const character = characterAt(rest);
  return rest === '' || '[&]'.includes(character) ? undefined : [codeOf(character), character.length];
}

/** A class of a letter, a character, or a range of characters: a `-` makes one unless the class ends after it. */
function member(rest: string): Token | undefined {
  const [all, letter] = escape.exec(rest) ?? [];
  if (all !== undefined && letter !== undefined) return [classes[letter] ?? '', all.length];
  const from = single(rest);
  if (from === undefined) return undefined;
  const [written, length] = from;
  if (rest[length] !== '-' || rest[length + 1] === ']') return from;
  const to = single(rest.slice(length + 1));
  return to && [`${written}-${to[0]}`, length + 1 + to[1]];
}

function characterClass(rest: string): Token | undefined {
  const [start = ''] = /^\[\^?/.exec(rest) ?? [];
  let [written, at] = [start, start.length];
  while (at < rest.length && rest[at] !== ']') {
    const token = member(rest.slice(at));
    if (token === undefined) return undefined;
    written += token[0];
    at += token[1];
  }
  return at === start.length || at >= rest.length ? undefined : [`${written}]`, at + 1];
}

function escaped(rest: string): Token | undefined {
  const [all, letter] = escape.exec(rest) ?? [];
  return all !== undefined && letter !== undefined
    ? [`[${classes[letter] ?? ''}]`, all.length]
    : escapedCharacter(rest);
}

function atom(rest: string): Token | undefined {
  const character = characterAt(rest);
  if (character === '\\') return escaped(rest);
  if (character === '[') return characterClass(rest);
  if (character === '.') return [`[^${lineEnds}]`, 1];
  // In groups, because Java lets a quantifier follow.
  if (character === '^') return ['(?:^)', 1];
  if (character === '$') return [`(?:${end})`, 1];
  if (character === ')') return [')', 1];
  return '(*+?{}]'.includes(character) ? undefined : [codeOf(character), character.length];
}

/**
 * A regular expression of Java's (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html) as the JavaScript
 * one that means the same. Throws for what it does not know to mean the same: flags, look-around, possessive quantifiers, back references, `\b`,
 * `\p`, classes within classes.
 */
export function javaPattern(source: string, flags = ''): RegExp {
  let [written, at] = ['', 0];
  const wrong = (): Error =>
    new Error(
      `The regular expression ${source} has, at ${at}, what means something else in Java, or is not known to mean the same`,
    );
  while (at < source.length) {
    const rest = source.slice(at);
    const [group] = opening.exec(rest) ?? [];
    const token: Token | undefined = rest.startsWith('|')
      ? ['|', 1]
      : group === undefined
        ? atom(rest)
        : [group, group.length];
    if (token === undefined) throw wrong();
    written += token[0];
    at += token[1];
    if (group !== undefined || token[0] === '|') continue;
    const [quantity = ''] = quantifier.exec(source.slice(at)) ?? [];
    written += quantity;
    at += quantity.length;
  }
  // Not `v`: with it V8 of Node 20 finds matches that are none, such as /^.(?:\]+?[^\r]){1,}?.?$/v in '*]\r-'.
  return new RegExp(written, `u${flags}`);
}
