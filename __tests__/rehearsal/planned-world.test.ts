import { plannedWorld } from '../../rehearsal/planned-world.ts';
import { planOf } from '../support/plans.ts';
import type { Planned } from '../support/plans.ts';

describe('the planned world', () => {
  let planned: Planned;
  beforeAll(async () => (planned = await planOf()), 60_000);

  it('is what Terraform planned', () => {
    const { machine, webhook, ...world } = plannedWorld(planned.plan);
    expect(world).toEqual({
      region: 'eu-north-1',
      table: { name: 'glab-runner-dev-lock', hashKey: 'LockID', attributeType: 'S' },
      group: expect.objectContaining({
        name: 'glab-runner-dev',
        minSize: 0,
        maxSize: 10,
        desiredCapacity: 0,
      }) as unknown,
    });
    expect(world.group.hooks.map(({ name }) => name).sort()).toEqual(['glab-runner-dev-start', 'glab-runner-dev-stop']);
    expect(webhook).toMatchObject({
      stage: 'dev',
      path: 'webhook',
      httpMethod: 'POST',
      throttling: { rateLimit: 20, burstLimit: 500 },
    });
    expect(JSON.parse(machine.definition)).toHaveProperty('StartAt', 'ParseWebhook');
  });

  it('is refused when something in it is known only after an apply', () => {
    const { plan } = planned;
    const resources = plan.planned_values.root_module.resources.map((resource) =>
      resource.address === 'aws_sfn_state_machine.state_machine'
        ? { ...resource, values: { name: resource.values.name } }
        : resource,
    );
    expect(() => plannedWorld({ ...plan, planned_values: { root_module: { resources } } })).toThrow(
      'aws_sfn_state_machine.state_machine.definition is known only after an apply',
    );
  });

  it('is refused when it is not the plan of this stack', () => {
    expect(() => plannedWorld({ ...planned.plan, planned_values: { root_module: { resources: [] } } })).toThrow(
      'The plan has no aws_api_gateway_integration.post_integration',
    );
  });
});
