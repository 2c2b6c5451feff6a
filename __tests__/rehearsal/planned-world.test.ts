import { plannedWorld } from '../../rehearsal/planned-world.ts';
import { SetupError } from '../../rehearsal/terraform/binary.ts';
import type { Plan } from '../../rehearsal/terraform/plan.ts';
import { minimalVariables, planOf } from '../support/plans.ts';
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

  it('has the allow-list of the resource policy', async () => {
    const webhook_allowed_cidrs = ['127.0.0.0/8', '2001:db8::/32'];
    const { plan } = await planOf({ variables: { ...minimalVariables, webhook_allowed_cidrs } });
    expect(plannedWorld(plan).webhook.allowedCidrs).toEqual(webhook_allowed_cidrs);
  }, 60_000);

  const withPolicy = (policy: unknown): Plan => {
    const resources = planned.plan.planned_values.root_module.resources.map((resource) =>
      resource.address === 'aws_api_gateway_rest_api.gitlab_webhook_api'
        ? { ...resource, values: { ...resource.values, policy } }
        : resource,
    );
    return { ...planned.plan, planned_values: { root_module: { resources } } };
  };
  const statement = (sourceIp: unknown): object => ({
    Effect: 'Allow',
    Principal: '*',
    Action: 'execute-api:Invoke',
    Resource: '*',
    Condition: { IpAddress: { 'aws:SourceIp': sourceIp } },
  });
  const document = (Statement: unknown): string => JSON.stringify({ Version: '2012-10-17', Statement });

  it.each([
    ['unknown until the apply', undefined, undefined],
    ['null', null, undefined],
    ["AWS's word for none", '', undefined],
    ['one address, as AWS writes a list of one', document([statement('192.0.2.1/32')]), ['192.0.2.1/32']],
    ['one statement outside a list', document(statement(['192.0.2.1/32'])), ['192.0.2.1/32']],
  ])('reads a policy that is %s', (_what, policy, expected) => {
    expect(plannedWorld(withPolicy(policy)).webhook.allowedCidrs).toEqual(expected);
  });

  it.each([
    ['two statements', document([statement('192.0.2.1/32'), statement('192.0.2.2/32')])],
    ['no condition', document([{ Effect: 'Allow' }])],
    ['a denial', document([{ ...statement('192.0.2.1/32'), Effect: 'Deny' }])],
    ['no statement', document([])],
  ])('is refused with a policy of %s', (_what, policy) => {
    const read = () => plannedWorld(withPolicy(policy));
    expect(read).toThrow(SetupError);
    expect(read).toThrow('policy is not what webhook_allowed_cidrs makes');
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
