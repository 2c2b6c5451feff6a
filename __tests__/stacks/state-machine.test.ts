import { App, LocalBackend, TerraformOutput } from 'cdktf';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strategies } from '../../ami/contract.ts';
import type { Strategy } from '../../ami/contract.ts';
import { actionsOf } from '../../asl/actions.ts';
import { render } from '../../asl/definition.ts';
import { demand } from '../../asl/demand.ts';
import { machine as machineOf } from '../../asl/machine.ts';
import type { Machine } from '../../asl/machine.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import { autoscaling } from '../../asl/services.ts';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import { terraformIn } from '../../rehearsal/terraform/run.ts';
import { AddressedStack } from '../../stacks/addressed-stack.ts';
import { policy } from '../../stacks/policy.ts';
import { observabilityActions, policyFor } from '../../stacks/state-machine.ts';
import { requestTemplate } from '../../stacks/templates/mapping-templates.ts';
import { declareVariables } from '../../stacks/variables.ts';
import { changeOf, minimalVariables, planOf, secret, valuesOf } from '../support/plans.ts';
import { blockOf, synthesized } from '../support/synthesized.ts';
import { wanted } from './templates/wanted.ts';

const machine = 'aws_sfn_state_machine.state_machine';
const integration = 'aws_api_gateway_integration.post_integration';

/** The first-instance machine as it is with plain values in place of Terraform's. */
const plain = (buildStatuses: readonly string[]) =>
  scaleOut({
    secretTokenHash: createHash('sha256').update(secret).digest('hex'),
    buildStatuses,
    lockTable: 'glab-runner-dev-lock',
    group: 'glab-runner-dev',
  });

/** The same of the demand strategy. */
const plainDemand = (capacity: number, openLimit: number) =>
  demand({
    secretTokenHash: createHash('sha256').update(secret).digest('hex'),
    lockTable: 'glab-runner-dev-lock',
    group: 'glab-runner-dev',
    capacity,
    openLimit,
  });

const demanded = { ...minimalVariables, scale_out_strategy: 'demand' };

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

  describe('of the demand strategy', () => {
    const variables = { ...demanded, max_size: 7, capacity_per_instance: 3, webhook_build_statuses: ['created'] };
    const planned = () => planOf({ variables });

    it('is the other one, for as many jobs as the variables say', async () => {
      const definition = JSON.parse(String(valuesOf(await planned(), machine).definition)) as unknown;
      expect(definition).toEqual(render(plainDemand(3, 21)));
    }, 60_000);

    it('gets the events that it needs, whatever `webhook_build_statuses` says', async () => {
      expect(valuesOf(await planned(), integration).request_templates).toEqual({
        'application/json': requestTemplate(wanted(['pending', 'running', 'success', 'failed', 'canceled'])),
      });
    }, 60_000);

    it('is wholly known at plan, as template and user data are, and has the secret nowhere', async () => {
      const plan = await planned();
      for (const [address, attribute] of [
        [machine, 'definition'],
        [integration, 'request_templates'],
        ['aws_launch_template.gitlab_runner', 'user_data'],
      ] as const) {
        const { after_unknown: unknown } = changeOf(plan, address).change as { after_unknown: Record<string, unknown> };
        expect([attribute, JSON.stringify(unknown[attribute] ?? {})]).not.toContain('true');
      }
      expect(plan.json.split(secret)).toHaveLength(2);
    }, 60_000);
  });

  describe('checks before anything is made', () => {
    const [, openJobs] = (blockOf(synthesized(), machine).lifecycle as { precondition: readonly object[] })
      .precondition;
    let folder: string;
    let binary: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'open-jobs-'));
      ({ binary } = await findTerraform());
      // A precondition needs no AWS: the built-in resource carries it.
      writeFileSync(
        join(folder, 'cdk.tf.json'),
        JSON.stringify({
          variable: synthesized().json.variable,
          resource: { terraform_data: { machine: { lifecycle: { precondition: [openJobs] } } } },
        }),
      );
      await terraformIn(folder, binary, ['init', '-input=false'], { environment: {} });
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const check = async (given: object): Promise<{ code: number | null; said: string }> => {
      writeFileSync(join(folder, 'terraform.tfvars.json'), JSON.stringify({ ...minimalVariables, ...given }));
      const { code, output } = await terraformIn(folder, binary, ['plan', '-input=false', '-no-color'], {
        environment: {},
      });
      return { code, said: output.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ') };
    };

    it.each([
      ['demand', 10000, 1],
      ['demand', 10, 1000],
      ['demand', 1666, null],
      ['first-instance', 10000, 1000],
    ])('whether the open jobs fit: with %s %i instances of %j jobs do', async (scale_out_strategy, max_size, each) => {
      expect(await check({ scale_out_strategy, max_size, capacity_per_instance: each })).toMatchObject({ code: 0 });
    });

    it.each([
      [1667, null, 'max_size (1667) times the jobs per instance (6) must be at most 10000'],
      [10000, 1000, 'max_size (10000) times the jobs per instance (1000) must be at most 10000'],
    ])('with demand %i instances of %j jobs do not', async (max_size, capacity_per_instance, message) => {
      const { code, said } = await check({ scale_out_strategy: 'demand', max_size, capacity_per_instance });
      expect(code).toBe(1);
      expect(said).toContain(message);
      expect(said).toContain('one DynamoDB item (400 KB) and into the state of a Step Functions execution (256 KiB)');
    });
  });

  it('is traced, and logs without the data that holds the token', async () => {
    expect(valuesOf(await planOf(), machine)).toMatchObject({
      logging_configuration: [{ include_execution_data: false, level: 'ALL' }],
      tracing_configuration: [{ enabled: true }],
      type: 'STANDARD',
    });
  }, 60_000);
});

/** Policies of these machines, with a reference in them, as the real Terraform evaluates them for each strategy. */
async function evaluatedPolicies(machines: Readonly<Record<Strategy, Machine>>): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'policies-'));
  class Policies extends AddressedStack {
    constructor(scope: App) {
      super(scope, 'policies');
      // The default is a state in the working directory.
      new LocalBackend(this, { path: join(folder, 'terraform.tfstate') });
      const vars = declareVariables(this);
      new TerraformOutput(this, 'policy', {
        value: policyFor(vars, machines, (Action) =>
          policy({ Action, Resource: `arn:${vars.aws_region.stringValue}` }),
        ),
      });
    }
  }
  try {
    const app = new App({ outdir: folder });
    new Policies(app);
    app.synth();
    const stack = join(folder, 'stacks', 'policies');
    const { binary } = await findTerraform();
    const policies: Record<string, unknown> = {};
    for (const strategy of strategies) {
      writeFileSync(
        join(stack, 'terraform.tfvars.json'),
        JSON.stringify({ ...minimalVariables, scale_out_strategy: strategy }),
      );
      for (const command of [['init'], ['apply', '-auto-approve']]) {
        const { code, output } = await terraformIn(stack, binary, [...command, '-input=false'], { environment: {} });
        expect([code, output]).toEqual([0, expect.any(String)]);
      }
      const { stdout } = await terraformIn(stack, binary, ['output', '-raw', 'policy'], { environment: {} });
      policies[strategy] = JSON.parse(stdout);
    }
    return policies;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the policy of its role', () => {
  // Part of it is known only after an apply; moto.full.test.ts reads the applied one.
  const text = String(blockOf(synthesized(), 'aws_iam_policy.step_functions_policy').policy);
  const allowed = [...text.matchAll(/"Action" = \[(.*?)\]/g)].flatMap(
    ([, list]) => JSON.parse(`[${list}]`) as string[],
  );

  const machines = { 'first-instance': plain(['pending']), demand: plainDemand(6, 60) };

  it.each(strategies)('allows what the machine of %s does and the named constant, and nothing besides', (strategy) => {
    const used = actionsOf(machines[strategy]).map(({ action }) => action);
    expect(used).toEqual([
      'autoscaling:DescribeAutoScalingGroups',
      'autoscaling:SetDesiredCapacity',
      'dynamodb:GetItem',
      'dynamodb:UpdateItem',
    ]);
    expect(allowed.toSorted()).toEqual([...used, ...observabilityActions].toSorted());
  });

  it('follows the strategy where the machines do not call the same', async () => {
    const describing = autoscaling('describeAutoScalingGroups', { AutoScalingGroupNames: ['fleet'] }, { End: true });
    const differing = {
      'first-instance': plain(['pending']),
      demand: machineOf({ StartAt: 'Look', States: { Look: describing } }),
    };
    expect(await evaluatedPolicies(differing)).toEqual({
      'first-instance': {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: actionsOf(differing['first-instance']).map(({ action }) => action),
            Resource: 'arn:eu-north-1',
          },
        ],
      },
      demand: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['autoscaling:DescribeAutoScalingGroups'], Resource: 'arn:eu-north-1' }],
      },
    });
  }, 60_000);

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
