import { createHash } from 'node:crypto';
import { lockItem } from '../../ami/contract.ts';
import { demand } from '../../asl/demand.ts';
import type { Definition } from '../../asl/definition.ts';
import { render } from '../../asl/definition.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import type { Load } from './burst-load.ts';
import { burst, group, lockTable, ourLock } from './burst-load.ts';
import type { Row } from './burst-page.ts';
import type { UpstreamInput } from './upstream-definition.ts';
import { upstreamDefinition, upstreamLock } from './upstream-definition.ts';

const secret = 'a secret of more than 16 characters';
const secretTokenHash = createHash('sha256').update(secret).digest('hex');

/** As long as ids of jobs on GitLab.com are: eleven digits. */
export const jobIds = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => String(12_345_000_000 + from + index));

const pending = (job: string): object => ({ status: 'pending', token: secret, job, project: '278964', runner: '' });
const ofUpstream = (body: string): UpstreamInput => ({ body, head: secret });

interface Case {
  readonly load: string;
  readonly machine: string;
  readonly put: Load;
}

export const firstInstanceDefinition: Definition = render(
  scaleOut({ secretTokenHash, buildStatuses: ['pending'], lockTable, group }),
);

/** `max` machines for `capacity` jobs each. */
export const demandDefinition = (capacity: number, max: number): Definition =>
  render(demand({ secretTokenHash, capacity, openLimit: capacity * max, lockTable, group }));

const jobs = (count: number): string => `${count.toLocaleString('en')} jobs`;

export const cases = {
  /** One machine is started, whatever waits. */
  firstInstance: (count: number, waitScale: number): Case => ({
    load: `${jobs(count)} pending`,
    machine: 'first-instance',
    put: {
      definition: firstInstanceDefinition,
      inputs: jobIds(count).map(pending),
      max: 10,
      waitScale,
      lockStates: ourLock,
    },
  }),
  /** As many as are needed, up to `max`. */
  demand: (count: number, capacity: number, max: number, waitScale: number): Case => ({
    load: `${jobs(count)} pending`,
    machine: `demand, ${max} × ${capacity} jobs`,
    put: {
      definition: demandDefinition(capacity, max),
      inputs: jobIds(count).map(pending),
      max,
      waitScale,
      lockStates: ourLock,
    },
  }),
  /** `count` more jobs, when `open` are open already and all machines but one are there: the group's description is at its longest. */
  demandWithOpen: (open: number, count: number, capacity: number, max: number, waitScale: number): Case => ({
    load: `${jobs(count)} pending, ${open.toLocaleString('en')} open, ${max - 1} machines`,
    machine: `demand, ${max} × ${capacity} jobs`,
    put: {
      definition: demandDefinition(capacity, max),
      inputs: jobIds(count, open).map(pending),
      item: {
        [lockItem.key]: { S: lockItem.id },
        [lockItem.wakeCount]: { N: String(open) },
        [lockItem.open]: { NS: [...jobIds(open)] },
      },
      desired: max - 1,
      max,
      waitScale,
      lockStates: ourLock,
    },
  }),
  upstream: (count: number, status: 'created' | 'pending'): Case => ({
    load: `${jobs(count)} ${status}`,
    machine: 'upstream',
    put: {
      definition: upstreamDefinition({ secret, lockTable, group }),
      inputs: Array.from({ length: count }, () => ofUpstream(status)),
      max: 10,
      // Never used: it has no Wait, and its Retry never matches.
      waitScale: 1,
      lockStates: upstreamLock,
    },
  }),
} as const;

/** Runs a case. */
export const rowOf = async ({ load, machine, put }: Case): Promise<Row> => ({
  load,
  machine,
  outcome: await burst(put),
});
