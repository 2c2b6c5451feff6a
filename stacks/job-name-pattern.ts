/** A backslash and what may follow it in both engines with one meaning: a class, a character by its code, any punctuation but `'`. */
const escape = String.raw`\\(?:[dDsSwW]|x[0-9A-Fa-f]{2}|[!-&(-/:-@\[-\x60{-~])`;
/** No control character; an apostrophe would end the text in the template that holds the pattern. */
const forbidden = String.raw`'[:cntrl:]`;
const literal = String.raw`[^\\\[\](){}.*+?|^$${forbidden}]`;
/** Java knows classes within a class and `&&`, so that `[` and `&` need a backslash there. */
const characterClass = String.raw`\[\^?(?:${escape}|[^\\\[\]&${forbidden}])+\]`;
const quantifier = String.raw`(?:(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??)`;

/**
 * RE2 text (https://github.com/google/re2/wiki/Syntax) of the regular expressions that Terraform's engine, which can try a pattern at plan, and
 * Java's, which runs it in API Gateway (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html), both take.
 * RE2 alone would accept what Java refuses, such as `a{` or `(?P<x>a)`: each event would then be a 500. What balances, and what a range may be,
 * RE2 has to say besides.
 */
export const jobNamePatternSyntax = String.raw`^(?:\((?:\?:)?|\||(?:${escape}|${characterClass}|${literal}|[).^$])${quantifier}?)*$`;
