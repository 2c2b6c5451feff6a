import { createHash } from 'node:crypto';
import { actionsOf } from '../../asl/actions.ts';
import { render } from '../../asl/definition.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import { observabilityActions } from '../../stacks/state-machine.ts';
import { minimalVariables, planOf, secret, valuesOf } from '../support/plans.ts';
import { blockOf, synthesized } from '../support/synthesized.ts';

const machine = 'aws_sfn_state_machine.state_machine';

/** The machine as it is with plain values in place of Terraform's. */
const plain = (buildStatuses: readonly string[]) =>
  scaleOut({
    secretTokenHash: createHash('sha256').update(secret).digest('hex'),
    buildStatuses,
    lockTable: 'glab-runner-dev-lock',
    group: 'glab-runner-dev',
  });

describe('the state machine', () => {
  it('is planned as the typed machine renders, with the values of the variables', async () => {
    const planned = JSON.parse(String(valuesOf(await planOf(), machine).definition)) as unknown;
    expect(planned).toEqual(render(plain(['created', 'pending'])));
  }, 60_000);

  it('takes the list of statuses from its variable', async () => {
    const variables = { ...minimalVariables, webhook_build_statuses: ['pending'] };
    const planned = JSON.parse(String(valuesOf(await planOf({ variables }), machine).definition)) as unknown;
    expect(planned).toEqual(render(plain(['pending'])));
  }, 60_000);

  it('is traced, and logs without the data that holds the token', async () => {
    expect(valuesOf(await planOf(), machine)).toMatchObject({
      logging_configuration: [{ include_execution_data: false, level: 'ALL' }],
      tracing_configuration: [{ enabled: true }],
      type: 'STANDARD',
    });
  }, 60_000);
});

describe('the policy of its role', () => {
  // Part of it is known only after an apply; moto.full.test.ts reads the applied one.
  const text = String(blockOf(synthesized(), 'aws_iam_policy.step_functions_policy').policy);
  const allowed = [...text.matchAll(/"Action" = \[(.*?)\]/g)].flatMap(
    ([, list]) => JSON.parse(`[${list}]`) as string[],
  );

  it('allows what the machine does and the named constant, and nothing besides', () => {
    const used = actionsOf(plain(['pending'])).map(({ action }) => action);
    expect(used).toEqual([
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:SetDesiredCapacity',
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
    ]);
    expect(allowed.toSorted()).toEqual([...used, ...observabilityActions].toSorted());
  });

  it('allows each on the narrowest resource that IAM knows for it', () => {
    const statements = [...text.matchAll(/"Sid" = "(\w+)", "Action" = \[(.*?)\], "Resource" = (".*?"|[\w.]+)/g)];
    expect(statements.map(([, sid, , resource]) => [sid, resource])).toEqual([
      ['OwnItem', 'aws_dynamodb_table.lock_table.arn'],
      [
        'OwnGroup',
        '"arn:aws:autoscaling:${var.aws_region}:*:autoScalingGroup:*:autoScalingGroupName/${local.stack_name}"',
      ],
      ['SeeGroups', '"*"'],
      ['LogDeliveryAndTracing', '"*"'],
    ]);
    expect(text).toContain('"dynamodb:LeadingKeys" = ["ScalingLock"]');
  });
});
