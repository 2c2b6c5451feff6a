import { TerraformVariable } from 'cdktf';
import type { TerraformElement } from 'cdktf';

/**
 * Text that Terraform shall take literally. In a JSON configuration every string is a template
 * (https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping), so both introducers are doubled.
 */
export const literal = (text: string): string =>
  text.replace(/[$%]+\{/g, (introducer) =>
    introducer.length === 2
      ? `${introducer[0]}${introducer}`
      : expression(JSON.stringify(introducer).replace(/[$%]/g, asUnicode)),
  );

/** A longer run of `$` or `%` has no escape of its own: it is spelt out in a string of an expression. */
const asUnicode = (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`;

/** A Terraform expression as a template string: `expression('var.a + 1')` is `${var.a + 1}`. */
export const expression = (text: string): string => `\${${text}}`;

/**
 * The address to use inside a hand-written expression. An element's own token (`fqn`) will not do there: cdktf wraps it in
 * `${…}` once more when a brace precedes it.
 */
export const addressOf = (element: TerraformElement): string =>
  element instanceof TerraformVariable ? `var.${element.node.id}` : element.node.id;

/**
 * Two texts of which Terraform takes one, byte for byte: `yes` where the condition (an expression, without `${}`) is true. Both may hold
 * references; what is to be taken literally has passed through `literal`. Equal texts need no choice.
 */
export const chosen = (condition: string, yes: string, no: string): string =>
  yes === no ? yes : `%{ if ${condition} }${apart(yes)}%{ else }${apart(no)}%{ endif }`;

/** A `%` before the introducer of a directive would be its escape. */
const apart = (text: string): string => (text.endsWith('%') ? `${text}${expression('""')}` : text);
