import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleAgent } from '../../../ami/agent/bundle.ts';
import type { Fleet, FleetInstance, FleetOptions } from '../../../rehearsal/fleet.ts';
import { startFleet } from '../../../rehearsal/fleet.ts';
import type { Webhooks } from '../../../rehearsal/fleet-webhook.ts';
import { webhooksOf } from '../../../rehearsal/fleet-webhook.ts';
import { builtRunner } from '../../../rehearsal/gitlab-runner/build.ts';
import type { Tool } from '../../support/tools.ts';

/** The real runner. Go missing in CI is a failure; a module that the registry refuses is none of ours, and skips with the refusal printed. */
export async function realRunner(): Promise<Tool & { readonly isRefused?: boolean }> {
  return builtRunner();
}

/** The agents' seconds pass so many times as fast as those of everybody else. */
export const pace = 10;

const folder = mkdtempSync(join(tmpdir(), 'agent-'));
export const bundled = bundleAgent(join(folder, 'agent.mjs'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export interface Stage {
  readonly fleet: Fleet;
  readonly webhooks: Webhooks;
  /** A job waits in GitLab, and its event comes in. */
  readonly job: (script: readonly string[], tags?: readonly string[]) => Promise<FleetJob>;
  /** Every change of an instance's state and of the capacity, with the seconds since the start. */
  readonly changes: readonly string[];
  readonly instance: (index?: number) => FleetInstance;
  readonly isAtZero: () => boolean;
}
export type FleetJob = ReturnType<Fleet['gitlab']['runners']['addJob']>;

/** Sets a fleet up, lets `act` play with it, and takes it down again. */
export async function onStage(
  runner: string,
  options: Partial<FleetOptions>,
  act: (stage: Stage) => Promise<void>,
): Promise<void> {
  const changes: string[] = [];
  // Before the clock starts: the bundle may take a second, and GitLab counts from its own start.
  const agent = await bundled;
  const begun = performance.now();
  const fleet = await startFleet({
    runner,
    agent,
    pace,
    onChange: (change) => {
      const at = ((performance.now() - begun) / 1000).toFixed(1);
      if (change.kind === 'desired capacity')
        changes.push(`${at} desired ${change.from} → ${change.to} by ${change.by.operation}`);
      if (change.kind === 'instance') changes.push(`${at} ${change.instanceId} ${change.state}`);
    },
    ...options,
  });
  const strategy = options.settings?.scale_out_strategy === 'demand' ? 'demand' : 'first-instance';
  const webhooks = webhooksOf(fleet, { strategy, pace });
  try {
    await act({
      fleet,
      webhooks,
      job: async (script, tags = []) => {
        const job = fleet.gitlab.runners.addJob({ script, tags });
        expect(await webhooks.send('pending', job.id)).toMatchObject({ status: 'SUCCEEDED' });
        return job;
      },
      changes,
      instance: (index = 0) => fleet.instances[index]!,
      isAtZero: () => fleet.desired() === 0 && fleet.instances.every(({ isGone }) => isGone),
    });
  } catch (error) {
    const logs = fleet.instances.map(
      ({ id, log }) =>
        `${id}\n${log()
          .map((line) => JSON.stringify(line))
          .join('\n')}`,
    );
    (error as Error).message += `\n\n${changes.join('\n')}\n\n${logs.join('\n\n')}`;
    throw error;
  } finally {
    webhooks.close();
    await fleet.close();
  }
}

/** Waits until it is so; says what was waited for when the time is over. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, seconds = 60): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`after ${seconds} s still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The steps that an agent has told of, with what came of those that failed. */
export const stepsOf = (instance: FleetInstance): readonly string[] =>
  instance
    .log()
    .filter(({ step }) => typeof step === 'string')
    .map(({ step, answer, decrement, capacity }) =>
      [
        String(step),
        ...(decrement === undefined ? [] : [decrement === true ? 'with decrement' : 'without decrement']),
        ...(typeof capacity === 'number' ? [String(capacity)] : []),
        ...(answer === 'done' || answer === 'acquired' || answer === 'counted' ? [] : [String(answer)]),
      ].join(' '),
    );

export const phasesOf = (instance: FleetInstance): readonly string[] =>
  instance.log().flatMap(({ to }) => (typeof to === 'string' ? [to] : []));
