import type { Wanted } from '../../../stacks/templates/mapping-templates.ts';

/** The variables of the filters, as a user sets them. */
export interface Filters {
  readonly projectIds?: readonly (number | string)[];
  readonly jobNamePattern?: string;
}

/** What Terraform makes of the variables for the request template; the plan's own text is compared with it. */
export const wanted = (
  statuses: readonly string[],
  { projectIds = [], jobNamePattern = '' }: Filters = {},
): Wanted => ({
  statuses: JSON.stringify(statuses),
  projectIds: JSON.stringify(projectIds.map(String)),
  jobNamePattern: jobNamePattern === '' ? '' : `(?:${jobNamePattern})`,
});
