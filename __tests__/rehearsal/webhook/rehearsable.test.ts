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
    const refusal = (change: (world: PlannedWorld) => PlannedWorld, statuses?: readonly string[]): string => {
      try {
        refuseUnlessRehearsable(change(world), {
          variables: statuses === undefined ? {} : { webhook_build_statuses: { value: statuses } },
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
      expect(refusal((same) => same, statuses)).toContain(expected);
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
