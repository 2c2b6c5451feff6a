import { plannedWorld } from '../../../rehearsal/planned-world.ts';
import type { PlannedWorld } from '../../../rehearsal/planned-world.ts';
import { SetupError } from '../../../rehearsal/terraform/binary.ts';
import { refuseUnlessRehearsable } from '../../../rehearsal/webhook/rehearsable.ts';
import { minimalVariables, planOf } from '../../support/plans.ts';

describe('a plan that the steps cannot rehearse', () => {
  it('is refused in one sentence that names each variable, and what it must be', async () => {
    const { plan } = await planOf({
      variables: {
        ...minimalVariables,
        webhook_allowed_cidrs: ['192.0.2.0/24'],
        webhook_api_key_required: true,
        webhook_build_statuses: ['pending', 'running'],
        webhook_project_ids: [38, 3800],
        webhook_job_name_pattern: 'deploy.*',
        webhook_burst_limit: 13,
        min_size: 1,
        desired_size: 2,
      },
    });
    const refuse = () => refuseUnlessRehearsable(plannedWorld(plan), plan);
    expect(refuse).toThrow(SetupError);
    expect(refuse).toThrow(
      new SetupError(
        [
          'The steps cannot rehearse this plan: webhook_allowed_cidrs is ["192.0.2.0/24"], but must be empty or hold 127.0.0.1/32, from where the steps call',
          'webhook_api_key_required is true, but must be false, because the key is made outside the plan',
          'webhook_build_statuses is ["pending","running"], but must be ["created","pending"]',
          'webhook_project_ids is [38,3800], but must be empty or hold 380, the project of the steps',
          'webhook_job_name_pattern is "deploy.*", but must be empty, so that every job of the steps gets through',
          'webhook_burst_limit is 13, but must be 14 or more, as many as the steps send',
          'min_size is 1, but must be 0',
          'desired_size is 2, but must be 0 (for a group that exists: plan while it is empty).',
        ].join('; '),
      ),
    );
  }, 60_000);

  describe('is told from one that they can', () => {
    let world: PlannedWorld;
    beforeAll(async () => (world = plannedWorld((await planOf()).plan)), 60_000);
    const refusal = (
      change: (world: PlannedWorld) => PlannedWorld,
      variables: Readonly<Record<string, unknown>> = {},
    ): string => {
      try {
        refuseUnlessRehearsable(change(world), {
          variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, { value }])),
        });
        return 'none';
      } catch (error) {
        return (error as Error).message;
      }
    };

    it.each([
      [['created', 'pending'], 'none'],
      [['pending', 'created'], 'none'],
      [['pending'], 'webhook_build_statuses is ["pending"]'],
      [['created'], 'webhook_build_statuses is ["created"]'],
      [['created', 'pending', 'failed'], 'webhook_build_statuses is ["created","pending","failed"]'],
    ])('by the statuses %j', (statuses, expected) => {
      expect(refusal((same) => same, { webhook_build_statuses: statuses })).toContain(expected);
    });

    it.each([
      [{ webhook_project_ids: [1, 380] }, 'none'],
      [{ webhook_project_ids: [381] }, 'webhook_project_ids is [381], but must be empty or hold 380'],
      [{ webhook_job_name_pattern: null }, 'none'],
      [{ scale_out_strategy: 'demand', webhook_build_statuses: ['failed'] }, 'none'],
      [{ scale_out_strategy: 'demand', capacity_per_instance: 6 }, 'none'],
      [{ scale_out_strategy: 'demand', capacity_per_instance: 5 }, 'capacity_per_instance is 5, but must be null or 6'],
      [{ scale_out_strategy: 'first-instance', capacity_per_instance: 5 }, 'none'],
    ])('by the variables %j', (variables, expected) => {
      expect(refusal((same) => same, variables)).toContain(expected);
    });

    it.each([
      ['max_size is 3, but must be 4 or more', 3],
      ['none', 4],
    ])('by the maximum that the steps of the demand strategy need: %s', (expected, maxSize) => {
      const seen = refusal((same) => ({ ...same, group: { ...same.group, maxSize } }), {
        scale_out_strategy: 'demand',
      });
      expect(seen).toContain(expected);
    });

    it.each([
      [undefined, 'none'],
      [['127.0.0.1/32'], 'none'],
      [['192.0.2.0/24', '0.0.0.0/0', '::/0'], 'none'],
      [['192.0.2.0/24', '::/0'], 'webhook_allowed_cidrs is'],
    ])('by the callers %j', (allowedCidrs, expected) => {
      const seen = refusal(({ webhook, ...rest }) => ({
        ...rest,
        webhook: { ...webhook, ...(allowedCidrs && { allowedCidrs }) },
      }));
      expect(seen).toContain(expected);
    });

    it.each([
      [1, 'none'],
      [0, 'max_size is 0, but must be 1 or more'],
    ])('by the maximum %i', (maxSize, expected) => {
      expect(refusal((same) => ({ ...same, group: { ...same.group, maxSize } }))).toContain(expected);
    });
  });
});
