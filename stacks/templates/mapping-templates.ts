import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type TemplateFile = 'request.vtl' | 'response.vtl';

/** Terraform evaluates `${…}` and `%{…}` in every string of the synthesized JSON, so a template must do without both. */
export function assertNoTerraformExpression(name: string, text: string): string {
  const found = /[$%]\{/.exec(text);
  if (found !== null) {
    const line = text.slice(0, found.index).split('\n').length;
    throw new Error(
      `${name}, line ${line}, contains ${found[0]}, which Terraform would evaluate. Write VTL references without braces: $name or $!name.`,
    );
  }
  return text;
}

const read = (name: TemplateFile): string =>
  assertNoTerraformExpression(name, readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8'));

/**
 * The VTL of the webhook's integration request. `statuses` is the list of build statuses that may start an execution: the
 * text of a JSON array of strings, or a Terraform expression that becomes one (`${jsonencode(var.webhook_build_statuses)}`).
 * A JSON array of strings is a VTL list as well, as long as no string holds a `$`, `#`, `"` or `\`: the variable's validation sees to it.
 */
export const requestTemplate = (statuses: string): string =>
  `#set($webhook_build_statuses = ${statuses})\n${read('request.vtl')}`;

/** The VTL that turns StartExecution's answer into the one that GitLab sees. */
export const responseTemplate = (): string => read('response.vtl');
