import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaults } from '../../ami/contract.ts';
import { render } from '../../asl/definition.ts';
import { demand } from '../../asl/demand.ts';
import { runnerConfiguration } from '../../stacks/user-data.ts';
import { minimalVariables, planOf, secret, valuesOf } from '../support/plans.ts';
import { synthesized } from '../support/synthesized.ts';

describe('jobs per instance', () => {
  afterEach(() => {
    delete process.env.GITLAB_CONFIG;
  });

  /** What the machine reckons with, and what the agent is told, in a plan of the demand strategy with five instances at most. */
  async function planned(variables: object, configuration?: string) {
    const folder = mkdtempSync(join(tmpdir(), 'jobs-per-instance-'));
    try {
      if (configuration !== undefined) {
        process.env.GITLAB_CONFIG = join(folder, 'config.yaml');
        writeFileSync(process.env.GITLAB_CONFIG, configuration);
      }
      const plan = await planOf({
        configuration: synthesized().text,
        variables: { ...minimalVariables, scale_out_strategy: 'demand', max_size: 5, ...variables },
      });
      const definition = String(valuesOf(plan, 'aws_sfn_state_machine.state_machine').definition);
      const script = Buffer.from(
        String(valuesOf(plan, 'aws_launch_template.gitlab_runner').user_data),
        'base64',
      ).toString();
      const settings = JSON.parse(/^\{.*\}$/m.exec(script)?.[0] ?? '') as { capacity_per_instance: number | null };
      return {
        definition: JSON.parse(definition) as unknown,
        told: settings.capacity_per_instance ?? defaults.jobsPerInstance,
        concurrent: /concurrent: .*/i.exec(script)?.[0],
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  it.each([
    ['the default', {}, undefined, defaults.jobsPerInstance, "concurrent: '{{ gl_concurrency }}'"],
    ['the variable', { capacity_per_instance: 9 }, undefined, 9, "concurrent: '{{ gl_concurrency }}'"],
    [
      // The runner finds its keys in any case.
      'the runner configuration, before the variable',
      { capacity_per_instance: 9 },
      runnerConfiguration().replace("concurrent: '{{ gl_concurrency }}'", 'Concurrent: 4'),
      4,
      'Concurrent: 4',
    ],
  ])(
    'are the same to machine, agent and runner, by %s',
    async (_by, variables, configuration, jobs, concurrent) => {
      const reckoned = demand({
        secretTokenHash: createHash('sha256').update(secret).digest('hex'),
        lockTable: 'glab-runner-dev-lock',
        group: 'glab-runner-dev',
        capacity: jobs,
        openLimit: 5 * jobs,
      });
      expect(await planned(variables, configuration)).toEqual({ definition: render(reckoned), told: jobs, concurrent });
    },
    60_000,
  );
});
