import { jobEvent } from '../../rehearsal/gitlab/job-events.ts';
import { deliver } from '../../rehearsal/gitlab/webhook-delivery.ts';
import { plannedWorld } from '../../rehearsal/planned-world.ts';
import { startWorld } from '../../rehearsal/world.ts';
import { minimalVariables, planOf, secret } from '../support/plans.ts';

describe('the world', () => {
  it.each([
    ['127.0.0.0/8', 200],
    ['192.0.2.0/24', 403],
  ])(
    'lets in whom the planned allow-list %s lets in: %i',
    async (cidr, status) => {
      const { plan } = await planOf({ variables: { ...minimalVariables, webhook_allowed_cidrs: [cidr] } });
      const world = await startWorld(plannedWorld(plan), { waitScale: 0.02 });
      try {
        const delivery = await deliver(world.webhookUrl, jobEvent({ status: 'pending', jobId: 1 }), { token: secret });
        expect(delivery.status).toBe(status);
        await world.stepFunctions.settled();
        expect(world.stepFunctions.executions()).toHaveLength(status === 200 ? 1 : 0);
      } finally {
        await world.close();
      }
    },
    60_000,
  );
});
