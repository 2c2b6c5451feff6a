import { createHash } from 'node:crypto';
import { render } from '../../asl/definition.ts';
import { demand } from '../../asl/demand.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import type { Definition } from '../../rehearsal/step-functions/runnable.ts';
import type { Story } from './fleet.ts';
import { group, secret, table } from './fleet.ts';

const common = { secretTokenHash: createHash('sha256').update(secret).digest('hex'), lockTable: table, group };

/** The machine of a story, as the stack makes it for a fleet of this size. */
export function definitionOf({
  strategy,
  jobsPerInstance,
  maxSize,
}: Pick<Story, 'strategy' | 'jobsPerInstance' | 'maxSize'>): Definition {
  const machine =
    strategy === 'demand'
      ? demand({ ...common, capacity: jobsPerInstance, openLimit: jobsPerInstance * maxSize })
      : scaleOut({ ...common, buildStatuses: ['created', 'pending'] });
  return render(machine) as unknown as Definition;
}
