import { readFileSync } from 'node:fs';
import { jobEvent, type SentStatus } from '../../rehearsal/gitlab/job-events.ts';
import { deliver, type Delivery } from '../../rehearsal/gitlab/webhook-delivery.ts';
import type { ApiGateway } from '../../rehearsal/api-gateway/gateway.ts';
import { observabilityActions } from '../../stacks/state-machine.ts';
import { motoPython } from '../support/moto.ts';
import { secret } from '../support/plans.ts';
import { synthesized } from '../support/synthesized.ts';
import { describeWith } from '../support/tools.ts';
import { openAccount, region, type Account } from './account.ts';
import { openStage } from './deployed-stage.ts';
import { fleetOf, type Fleet } from './fleet.ts';
import { thingsNamed } from './named-things.ts';
import { artefactsOfMoto, changesOf } from './planned-changes.ts';
import { openWorkspace, type PlanOverState, type State, type Workspace } from './workspace.ts';

const python = await motoPython();
const name = 'glab-runner-t';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}
const list = <T>(one: T | readonly T[]): readonly T[] => ([] as readonly T[]).concat(one);

const base64Words = /[A-Za-z0-9+/]{24,}={0,2}/g;
const decoded = (word: string): string => Buffer.from(word, 'base64').toString('latin1');

describeWith(python, 'the synthesized JSON, applied by terraform', (path) => {
  let account: Account;
  let workspace: Workspace;
  let planned: PlanOverState;
  let applied: string;
  let state: State;
  let fleet: Fleet;
  let stage: ApiGateway;

  const valuesOf = (address: string): Readonly<Record<string, unknown>> => {
    const found = state.values?.root_module?.resources?.find((resource) => resource.address === address);
    if (found === undefined) throw new Error(`${address} is not in the state`);
    return found.values;
  };
  const idOf = (address: string): string => valuesOf(address).id as string;

  beforeAll(async () => {
    account = await openAccount(path);
    const { boto, environment, preconditions } = account;
    workspace = await openWorkspace(environment);
    workspace.configure({
      configuration: synthesized().text,
      variables: { ...preconditions, aws_region: region, environment_name: 't', gitlab_secret_token: secret },
    });
    await workspace.init();
    planned = await workspace.plan();
    applied = (await workspace.applyPlan()).output;
    state = await workspace.state();
    fleet = fleetOf(boto, name, idOf('aws_sfn_state_machine.state_machine'));
    stage = await openStage(account.bridge, idOf('aws_api_gateway_rest_api.gitlab_webhook_api'), 'dev');
  }, 240_000);
  afterAll(async () => {
    await stage?.close();
    await workspace?.close();
    await account?.close();
  }, 30_000);

  const plannedOf = (address: string): Readonly<Record<string, unknown>> => {
    const found = planned.planned_values.root_module.resources.find((resource) => resource.address === address);
    if (found === undefined) throw new Error(`${address} is not in the plan`);
    return found.values;
  };
  const machine = (): Promise<{ readonly definition: string; readonly loggingConfiguration: unknown }> =>
    account.boto.call('stepfunctions', 'describe_state_machine', { stateMachineArn: fleet.machineArn });
  const userData = async (): Promise<string> => {
    const { LaunchTemplateVersions } = await account.boto.call<{
      LaunchTemplateVersions: readonly { LaunchTemplateData: { UserData: string } }[];
    }>('ec2', 'describe_launch_template_versions', { LaunchTemplateName: name, Versions: ['$Latest'] });
    return Buffer.from(LaunchTemplateVersions[0]?.LaunchTemplateData.UserData ?? '', 'base64').toString();
  };
  /** The policies that are attached to a role, by name. */
  const policiesOf = async (RoleName: string): Promise<Readonly<Record<string, readonly Statement[]>>> => {
    const { call } = account.boto;
    const { AttachedPolicies } = await call<{
      AttachedPolicies: readonly { PolicyName: string; PolicyArn: string }[];
    }>('iam', 'list_attached_role_policies', { RoleName });
    const documents = AttachedPolicies.map(async ({ PolicyName, PolicyArn }) => {
      const { Policy } = await call<{ Policy: { DefaultVersionId: string } }>('iam', 'get_policy', { PolicyArn });
      const { PolicyVersion } = await call<{
        PolicyVersion: { Document: { Statement: Statement | readonly Statement[] } };
      }>('iam', 'get_policy_version', { PolicyArn, VersionId: Policy.DefaultVersionId });
      return [PolicyName, list(PolicyVersion.Document.Statement)] as const;
    });
    return Object.fromEntries(await Promise.all(documents));
  };

  it('makes 35 resources, at the addresses of upstream', async () => {
    expect(applied).toContain('Apply complete! Resources: 35 added, 0 changed, 0 destroyed.');
    const addresses = (await workspace.terraform('state', 'list')).stdout.trim().split('\n');
    const upstream = JSON.parse(
      readFileSync(new URL('../upstream/addresses.json', import.meta.url), 'utf8'),
    ) as readonly string[];
    expect(addresses.sort()).toEqual([...upstream].sort());
    expect(await thingsNamed(account.boto, name)).toEqual({
      'apigateway items': 1,
      'autoscaling AutoScalingGroups': 1,
      'dynamodb TableNames': 1,
      'ec2 LaunchTemplates': 1,
      'ec2 SecurityGroups': 1,
      'iam InstanceProfiles': 1,
      'iam Policies': 4,
      'iam Roles': 2,
      'logs logGroups': 1,
      's3 Buckets': 1,
      'stepfunctions stateMachines': 1,
    });
  });

  it('plans nothing more, but for what moto does not give back as it was set', async () => {
    const second = await workspace.plan();
    expect(changesOf(second).flatMap(({ leaves }) => leaves)).toEqual(artefactsOfMoto);
    expect(changesOf(second).map(({ actions }) => actions)).toEqual([['update'], ['update'], ['update']]);
  }, 60_000);

  it('deploys the machine and the user data that were planned', async () => {
    const { definition, loggingConfiguration } = await machine();
    expect(definition).toBe(plannedOf('aws_sfn_state_machine.state_machine').definition);
    // `includeExecutionData: false` is the default of the API, and so the provider does not send it.
    expect(loggingConfiguration).toEqual({
      level: 'ALL',
      destinations: [
        {
          cloudWatchLogsLogGroup: {
            logGroupArn: `arn:aws:logs:${region}:123456789012:log-group:/aws/states/${name}:*`,
          },
        },
      ],
    });
    expect(await userData()).toBe(
      Buffer.from(plannedOf('aws_launch_template.gitlab_runner').user_data as string, 'base64').toString(),
    );
  });

  it('gives each role the policies of the stack, and no other', async () => {
    const documentOf = (policy: string): readonly Statement[] =>
      (JSON.parse(valuesOf(`aws_iam_policy.${policy}`).policy as string) as { Statement: readonly Statement[] })
        .Statement;
    expect(await policiesOf(name)).toEqual({ [name]: documentOf('step_functions_policy') });
    expect(await policiesOf(`${name}-apigatewayrole`)).toEqual({
      [`${name}-APIGatewayLogsPolicy`]: documentOf('api_gateway_logs_policy'),
      [`${name}-apigatewaypolicy`]: documentOf('api_gateway_policy'),
    });
    expect(await policiesOf('gitlab-runner')).toEqual({ [`gitlab-cache-${name}`]: documentOf('gitlab_cache_policy') });
    // What the plan knows of a policy is what was attached.
    expect(valuesOf('aws_iam_policy.api_gateway_logs_policy').policy).toBe(
      plannedOf('aws_iam_policy.api_gateway_logs_policy').policy,
    );
  });

  it('allows the machine what its deployed definition calls, and nothing more', async () => {
    const { States } = JSON.parse((await machine()).definition) as {
      States: Readonly<Record<string, { readonly Resource?: string }>>;
    };
    const called = Object.values(States).flatMap(({ Resource }) => {
      const [, service, operation = ''] = /^arn:aws:states:::aws-sdk:(\w+):(\w+)$/.exec(Resource ?? '') ?? [];
      return service === undefined ? [] : [`${service}:${operation.charAt(0).toUpperCase()}${operation.slice(1)}`];
    });
    const statements = (await policiesOf(name))[name] ?? [];
    const allowed = statements.flatMap(({ Action }) => list(Action));
    expect([...allowed].sort()).toEqual([...new Set(called), ...observabilityActions].sort());

    const resourceOf = (action: string): readonly string[] =>
      statements.filter(({ Action }) => list(Action).includes(action)).flatMap(({ Resource }) => list(Resource));
    expect(resourceOf('dynamodb:UpdateItem')).toEqual([valuesOf('aws_dynamodb_table.lock_table').arn]);
    expect(resourceOf('autoscaling:SetDesiredCapacity')).toEqual([
      (valuesOf('aws_autoscaling_group.gitlab_runners').arn as string)
        .replace(':123456789012:', ':*:')
        .replace(/:[0-9a-f-]{36}:/, ':*:'),
    ]);
  });

  it('lets the API start this machine, by the role that the integration names', async () => {
    const role = idOf('aws_iam_role.api_gateway_role');
    expect((await policiesOf(role))[`${name}-apigatewaypolicy`]).toMatchObject([
      { Effect: 'Allow', Action: 'states:StartExecution', Resource: fleet.machineArn },
    ]);
    const { deployments } = account.bridge;
    const api = idOf('aws_api_gateway_rest_api.gitlab_webhook_api');
    const { deploymentId, variables } = await deployments.stage(api, 'dev');
    expect(variables).toEqual({ arn: fleet.machineArn });
    expect(deployments.snapshot(deploymentId).methods).toMatchObject([
      {
        path: '/webhook',
        method: { methodIntegration: { credentials: valuesOf('aws_iam_role.api_gateway_role').arn } },
      },
    ]);
  });

  it('gives the address for GitLab', () => {
    const api = idOf('aws_api_gateway_rest_api.gitlab_webhook_api');
    expect(state.values?.outputs?.api_gateway_invoke_url?.value).toBe(
      `https://${api}.execute-api.${region}.amazonaws.com/dev/webhook`,
    );
  });

  describe('woken by GitLab', () => {
    const send = (status: SentStatus, token = secret): Promise<Delivery> =>
      deliver(stage.url, jobEvent({ status, jobId: 1977 }), { token });
    const statesOf = async (): Promise<readonly (string | undefined)[]> => {
      const [latest] = await fleet.executions();
      if (latest === undefined) throw new Error('there is no execution');
      return (await fleet.history(latest)).flatMap(
        ({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? [],
      );
    };

    it('launches the first instance', async () => {
      expect(await fleet.desiredCapacity()).toBe(0);
      expect(await send('pending')).toMatchObject({
        status: 200,
        body: expect.stringContaining('"started": true') as string,
      });
      expect(await fleet.executions()).toMatchObject([{ status: 'SUCCEEDED' }]);
      expect(await fleet.desiredCapacity()).toBe(1);
      expect(await fleet.item()).toEqual({
        LockID: { S: 'ScalingLock' },
        WakeCount: { N: '1' },
        Releases: { N: '1' },
      });
      expect(await thingsNamed(account.boto, name)).toMatchObject({ 'ec2 Reservations': 1 });
    }, 60_000);

    it('enters seven states when an instance is there, and takes no lock', async () => {
      await send('created');
      expect((await fleet.executions()).map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
      expect(await statesOf()).toHaveLength(7);
      expect(await fleet.desiredCapacity()).toBe(1);
      expect(await fleet.item()).toMatchObject({ WakeCount: { N: '2' }, Releases: { N: '1' } });
    }, 60_000);

    it('starts nothing for a status that wakes nobody', async () => {
      const before = await fleet.executions();
      expect(await send('success')).toMatchObject({
        status: 200,
        body: expect.stringContaining('"ignored": true') as string,
      });
      expect(await fleet.executions()).toEqual(before);
    }, 60_000);

    it('starts nothing without a token', async () => {
      const before = await fleet.executions();
      expect(await deliver(stage.url, jobEvent({ status: 'pending', jobId: 1 }))).toMatchObject({ status: 200 });
      expect(await fleet.executions()).toEqual(before);
    }, 60_000);

    it('fails by name at a wrong token, and counts no event', async () => {
      await send('pending', 'not-the-secret-of-the-stack');
      const [latest] = await fleet.executions();
      expect(latest).toMatchObject({ status: 'FAILED' });
      expect(await fleet.describe(latest!)).toMatchObject({ error: 'InvalidTokenError' });
      expect(await fleet.item()).toMatchObject({ WakeCount: { N: '2' } });
    }, 60_000);

    it('raises the capacity once for eight events at the same time', async () => {
      const before = (await fleet.executions()).length;
      await fleet.setDesiredCapacity(0);
      const deliveries = await Promise.all(Array.from({ length: 8 }, () => send('pending')));
      expect(deliveries.map(({ status }) => status)).toEqual(Array(8).fill(200));
      const executions = await fleet.executions();
      expect(executions.slice(0, executions.length - before).map(({ status }) => status)).toEqual(
        Array(8).fill('SUCCEEDED'),
      );
      expect(await fleet.desiredCapacity()).toBe(1);
      expect(await fleet.item()).toMatchObject({ WakeCount: { N: '10' } });
      expect(await fleet.item()).not.toHaveProperty('Holder');
    }, 120_000);
  });

  it('keeps the secret out of everything but the executions that callers start with it', async () => {
    const { calls, deployments } = account.bridge;
    const texts = calls.map(({ path: url, target, body }) => {
      const plain = body.startsWith('Action=') ? [...new URLSearchParams(body).values()].join('\n') : body;
      return { target, said: [url, plain, plain.replace(base64Words, decoded)].join('\n') };
    });
    expect(texts.filter(({ said }) => said.includes('All decisions are the agent')).length).toBeGreaterThan(0);
    const leaking = texts.filter(({ said }) => said.includes(secret)).map(({ target }) => target);
    expect([...new Set(leaking)]).toEqual(['AWSStepFunctions.StartExecution']);

    const { deploymentId } = await deployments.stage(idOf('aws_api_gateway_rest_api.gitlab_webhook_api'), 'dev');
    for (const text of [
      JSON.stringify(await machine()),
      await userData(),
      JSON.stringify(deployments.snapshot(deploymentId)),
      (await workspace.terraform('state', 'pull')).stdout,
    ]) {
      expect(text).not.toContain(secret);
    }
    // The first state sees the token that the caller sent, and no state after it.
    const first = (await fleet.executions()).at(-1)!;
    expect((await fleet.describe(first)).input).toContain(secret);
    const seeing = (await fleet.history(first)).filter((event) => JSON.stringify(event).includes(secret));
    expect(seeing.map(({ type, stateEnteredEventDetails: entered }) => entered?.name ?? type)).toEqual([
      'ExecutionStarted',
      'ParseWebhook',
    ]);
  }, 60_000);

  it('is gone after destroy', async () => {
    await stage.close();
    const api = idOf('aws_api_gateway_rest_api.gitlab_webhook_api');
    const { output } = await workspace.terraform('destroy', '-auto-approve', '-no-color', '-var-file=variables.json');
    expect(output).toContain('Destroy complete! Resources: 35 destroyed.');
    expect((await workspace.terraform('state', 'list')).stdout).toBe('');
    expect(await thingsNamed(account.boto, name, api)).toEqual({});
    expect(await policiesOf('gitlab-runner')).toEqual({});
    // One setting of the account stays, in upstream too: the provider does not take back which role API Gateway logs with.
    expect(await account.boto.call('apigateway', 'get_account')).toMatchObject({
      cloudwatchRoleArn: valuesOf('aws_iam_role.api_gateway_role').arn,
    });
  }, 60_000);
});
