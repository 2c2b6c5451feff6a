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

/** What starts an execution: each a plain text, or a Terraform expression that becomes one. */
export interface Wanted {
  /** A JSON array of build statuses. */
  readonly statuses: string;
  /** A JSON array of project ids as strings; an empty one wants every project. */
  readonly projectIds: string;
  /** A regular expression of Java's that the whole name of the job has to match; empty for any name. It holds no `'`, and ends in no `\`. */
  readonly jobNamePattern: string;
}

/**
 * The VTL of the webhook's integration request. A JSON array of strings is a VTL list as well, as long as no string holds a `$`, `#`, `"` or
 * `\`; text between apostrophes means itself in VTL, `$` and `#` included. The variables' validations see to both.
 */
export const requestTemplate = ({ statuses, projectIds, jobNamePattern }: Wanted): string =>
  [
    `#set($webhook_build_statuses = ${statuses})`,
    `#set($webhook_project_ids = ${projectIds})`,
    `#set($webhook_job_name_pattern = '${jobNamePattern}')`,
    read('request.vtl'),
  ].join('\n');

/** The VTL that turns StartExecution's answer into the one that GitLab sees. */
export const responseTemplate = (): string => read('response.vtl');
