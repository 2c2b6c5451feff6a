import { readFileSync } from 'node:fs';
import type { PlannedChange } from '../stacks/differences.ts';

/** What Terraform planned for upstream's smallest variable file. */
export const upstreamPlan = JSON.parse(
  readFileSync(new URL('../upstream/planned-min.json', import.meta.url), 'utf8'),
) as { readonly resources: Readonly<Record<string, PlannedChange>> };
