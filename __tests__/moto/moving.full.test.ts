import { request, type OutgoingHttpHeaders } from 'node:http';
import type { ApiGateway } from '../../rehearsal/api-gateway/gateway.ts';
import { jobEvent, type SentStatus } from '../../rehearsal/gitlab/job-events.ts';
import { deliver, type Delivery, type DeliveryOptions } from '../../rehearsal/gitlab/webhook-delivery.ts';
import { departuresOfAttribute } from '../stacks/departures.ts';
import { differences } from '../stacks/differences.ts';
import type { ResourceChange } from '../../rehearsal/terraform/plan.ts';
import { motoPython } from '../support/moto.ts';
import { planOf, secret } from '../support/plans.ts';
import { synthesized } from '../support/synthesized.ts';
import { describeWith } from '../support/tools.ts';
import { openAccount, region, type Account } from './account.ts';
import { openStage } from './deployed-stage.ts';
import { fleetOf, type Fleet } from './fleet.ts';
import { artefactsOfMoto, realChanges, type PlannedChange } from './planned-changes.ts';
import { upstreamConfiguration } from './upstream-configuration.ts';
import { upstreamPlan } from './upstream-plan.ts';
import { openWorkspace, type Step, type Workspace } from './workspace.ts';

const python = await motoPython();
const name = 'glab-runner-t';

const deployment = 'aws_api_gateway_deployment.api_deployment';
const stage = 'aws_api_gateway_stage.api_stage';
const group = 'aws_autoscaling_group.gitlab_runners';

/** A new deployment is there before the stage turns to it, and the old one goes last. */
const redeployed: readonly Step[] = [
  { address: deployment, action: 'create' },
  { address: stage, action: 'update' },
  { address: deployment, action: 'delete' },
];

const started = { status: 200, body: expect.stringContaining('"started": true') as string };
const ignored = { status: 200, body: expect.stringContaining('"ignored": true') as string };

/** What follows from a departure elsewhere, or could not be seen in a plan that knows no state. */
const consequences: readonly (readonly [string, RegExp])[] = [
  ['D2', /^aws_iam_policy\.step_functions_policy policy$/],
  ['D5', /^aws_api_gateway_deployment\.api_deployment (created_date|execution_arn|id|invoke_url)$/],
  ['D5', /^aws_api_gateway_stage\.api_stage deployment_id$/],
  ['D8', /^aws_launch_template\.gitlab_runner (default|latest)_version$/],
  [
    'D8',
    /^aws_autoscaling_group\.gitlab_runners mixed_instances_policy\..*\.launch_template_specification\.0\.version$/,
  ],
  ['D11', /^aws_iam_policy\.gitlab_cache_policy policy$/],
];
const departuresOf = (at: string): readonly string[] => [
  ...departuresOfAttribute(at),
  ...consequences.filter(([, pattern]) => pattern.test(at)).map(([id]) => id),
];

describeWith(python, 'a stack of upstream', (path) => {
  let account: Account;
  let workspace: Workspace;
  let fleet: Fleet;
  let restApiId: string;
  let changesHere: Readonly<Record<string, ResourceChange['change']>>;
  let opened: ApiGateway | undefined;

  const open = async (): Promise<string> => {
    await opened?.close();
    opened = await openStage(account.bridge, restApiId, 'dev');
    return opened.url;
  };
  const send = async (status: SentStatus, options: DeliveryOptions = {}): Promise<Delivery> =>
    deliver(await open(), jobEvent({ status, jobId: 1977 }), { token: secret, ...options });
  const latest = async () => {
    const [execution] = await fleet.executions();
    if (execution === undefined) throw new Error('there is no execution');
    return { status: execution.status, ...(await fleet.describe(execution)) };
  };
  const setVariables = (more: Readonly<Record<string, unknown>> = {}): void =>
    workspace.configure({
      variables: {
        ...account.preconditions,
        aws_region: region,
        environment_name: 't',
        gitlab_secret_token: secret,
        ...more,
      },
    });
  /** Applies, and gives what was done besides writing the artefacts of moto once more. */
  const apply = async (): Promise<readonly Step[]> => {
    const rewritten = new Set(artefactsOfMoto.map(({ at }) => at.split(' ')[0]));
    const steps = await workspace.apply();
    return steps.filter(({ address, action }) => action !== 'update' || !rewritten.has(address));
  };

  beforeAll(async () => {
    account = await openAccount(path);
    workspace = await openWorkspace(account.environment);
    workspace.configure({ configuration: upstreamConfiguration() });
    setVariables();
    await workspace.init();
    // The apply mostly waits, so the plan costs no time beside it.
    const [steps, { plan }] = await Promise.all([
      workspace.apply(),
      planOf({ configuration: upstreamConfiguration() }),
    ]);
    changesHere = Object.fromEntries(plan.resource_changes.map(({ address, change }) => [address, change]));
    expect(steps.map(({ action }) => action)).toEqual(Array(35).fill('create'));
    fleet = fleetOf(account.boto, name, `arn:aws:states:${region}:123456789012:stateMachine:${name}`);
    const { items } = await account.boto.call<{ items: readonly { id: string }[] }>('apigateway', 'get_rest_apis');
    restApiId = items[0]?.id ?? '';
  }, 240_000);
  afterAll(async () => {
    await opened?.close();
    await workspace?.close();
    await account?.close();
  }, 30_000);

  it('is made here from a configuration that plans as upstream’s does, leaf by leaf', () => {
    expect(differences(upstreamPlan.resources, changesHere)).toMatchObject([
      { at: 'aws_launch_template.gitlab_runner user_data', upstream: '<text: compared by behaviour>' },
      { at: 'aws_sfn_state_machine.state_machine definition', upstream: '<text: compared by behaviour>' },
    ]);
  });

  describe('moved to this one', () => {
    let changes: readonly PlannedChange[];
    beforeAll(async () => {
      workspace.configure({ configuration: synthesized().text });
      changes = realChanges(await workspace.plan());
    }, 60_000);

    it('has nothing replaced but the deployment, and that made before the old one goes', () => {
      expect(changes.filter(({ actions }) => actions.join() !== 'update')).toMatchObject([
        { address: deployment, actions: ['create', 'delete'] },
      ]);
    });

    it('is changed by departures alone, each change by exactly one', () => {
      const leaves = changes.flatMap((change) => change.leaves);
      expect(leaves.filter(({ at }) => departuresOf(at).length !== 1)).toEqual([]);
      // The others wait for their variables (D7, D13), or change no resource by themselves (D10, D12).
      expect([...new Set(leaves.flatMap(({ at }) => departuresOf(at)))].sort()).toEqual(
        ['D1', 'D2', 'D3', 'D4', 'D5', 'D6', 'D8', 'D9', 'D11'].sort(),
      );
    });

    it('is applied, and then has nothing left to do', async () => {
      await workspace.applyPlan();
      expect(realChanges(await workspace.plan())).toEqual([]);
    }, 60_000);

    it('wakes its fleet', async () => {
      expect(await fleet.desiredCapacity()).toBe(0);
      expect(await send('pending')).toMatchObject(started);
      expect(await latest()).toMatchObject({ status: 'SUCCEEDED' });
      expect(await fleet.desiredCapacity()).toBe(1);
    }, 60_000);
  });

  describe('after that', () => {
    it('serves other statuses as soon as they are applied, by a new deployment', async () => {
      setVariables({ webhook_build_statuses: ['running'] });
      const steps = await apply();
      const ofDeployment = redeployed.map(({ address }) => address);
      expect(steps.filter(({ address }) => ofDeployment.includes(address))).toEqual(redeployed);
      const others = steps.filter(({ address }) => !ofDeployment.includes(address));
      expect(others.map(({ address, action }) => `${action} ${address}`).sort()).toEqual([
        'update aws_api_gateway_integration.post_integration',
        'update aws_sfn_state_machine.state_machine',
      ]);

      expect(await send('pending')).toMatchObject(ignored);
      expect(await send('running')).toMatchObject(started);
      expect(await latest()).toMatchObject({ status: 'SUCCEEDED' });
    }, 60_000);

    it('fails by name without its group, and wakes it once an apply has put it back', async () => {
      const { call } = account.boto;
      const hooks = [`${name}-start`, `${name}-stop`];
      // moto keeps the hooks of a group that is gone.
      for (const LifecycleHookName of hooks) {
        await call('autoscaling', 'delete_lifecycle_hook', { AutoScalingGroupName: name, LifecycleHookName });
      }
      await call('autoscaling', 'delete_auto_scaling_group', { AutoScalingGroupName: name, ForceDelete: true });
      expect(await send('running')).toMatchObject({ status: 200 });
      expect(await latest()).toMatchObject({
        status: 'FAILED',
        error: 'AutoScalingGroupNotFound',
        cause: expect.stringContaining('apply the stack again, then send the event again') as string,
      });
      expect(await fleet.item()).not.toHaveProperty('Holder');

      const steps = await apply();
      expect(steps.map(({ address, action }) => `${action} ${address}`).sort()).toEqual([
        `create ${group}`,
        'create aws_autoscaling_lifecycle_hook.gitlab_runners_start',
        'create aws_autoscaling_lifecycle_hook.gitlab_runners_stop',
      ]);
      expect(await fleet.desiredCapacity()).toBe(0);
      await send('running');
      expect(await latest()).toMatchObject({ status: 'SUCCEEDED' });
      expect(await fleet.desiredCapacity()).toBe(1);
    }, 120_000);

    it('takes the other strategy in place, and then has as many machines as seven jobs want', async () => {
      setVariables({ scale_out_strategy: 'demand', webhook_project_ids: [380] });
      const steps = await apply();
      const ofDeployment = redeployed.map(({ address }) => address);
      expect(steps.filter(({ address }) => ofDeployment.includes(address))).toEqual(redeployed);
      const others = steps.filter(({ address }) => !ofDeployment.includes(address));
      expect(others.map(({ address, action }) => `${action} ${address}`).sort()).toEqual([
        'update aws_api_gateway_integration.post_integration',
        'update aws_autoscaling_group.gitlab_runners',
        'update aws_launch_template.gitlab_runner',
        'update aws_sfn_state_machine.state_machine',
      ]);

      const url = await open();
      const events = Array.from({ length: 7 }, (_, index) => jobEvent({ status: 'pending', jobId: 100 + index }));
      const deliveries = await Promise.all(events.map((event) => deliver(url, event, { token: secret })));
      expect(deliveries.map(({ status }) => status)).toEqual(Array(7).fill(200));
      expect((await fleet.executions()).slice(0, 7).map(({ status }) => status)).toEqual(Array(7).fill('SUCCEEDED'));
      expect(await fleet.desiredCapacity()).toBe(2);
      const { Open } = (await fleet.item()) as { Open: { NS: string[] } };
      expect(Open.NS.toSorted()).toEqual(['100', '101', '102', '103', '104', '105', '106']);
      const elsewhere = jobEvent({ status: 'pending', jobId: 107, projectId: 381 });
      expect(await deliver(url, elsewhere, { token: secret })).toMatchObject(ignored);
    }, 60_000);

    it('closes to other callers when an allow-list and an API key are asked for', async () => {
      setVariables({
        scale_out_strategy: 'demand',
        webhook_project_ids: [380],
        webhook_allowed_cidrs: ['127.0.0.1/32'],
        webhook_api_key_required: true,
      });
      const steps = await apply();
      expect(steps.slice(-3)).toEqual(redeployed);
      expect(
        steps
          .slice(0, -3)
          .map(({ address, action }) => `${action} ${address}`)
          .sort(),
      ).toEqual(['update aws_api_gateway_method.post_method', 'update aws_api_gateway_rest_api.gitlab_webhook_api']);

      const { call } = account.boto;
      const key = await call<{ id: string; value: string }>('apigateway', 'create_api_key', {
        name: 'gitlab',
        enabled: true,
      });
      const usagePlan = await call<{ id: string }>('apigateway', 'create_usage_plan', {
        name: 'gitlab',
        apiStages: [{ apiId: restApiId, stage: 'dev' }],
      });
      await call('apigateway', 'create_usage_plan_key', {
        usagePlanId: usagePlan.id,
        keyId: key.id,
        keyType: 'API_KEY',
      });
      const customHeaders = { 'X-Api-Key': key.value };
      expect(await send('running', { customHeaders })).toMatchObject({ status: 200 });
      expect(await send('running')).toMatchObject({ status: 403, body: '{"message":"Forbidden"}' });
      const stranger = await answerTo(await open(), '127.0.0.2', { ...customHeaders, 'X-Gitlab-Token': secret });
      expect(stranger).toMatchObject({ status: 403, body: expect.stringContaining('not authorized') as string });
    }, 60_000);

    it('has nothing left to do', async () => {
      expect(await apply()).toEqual([]);
    }, 60_000);
  });
});

/** Sends an event from another address of this machine. */
const answerTo = (url: string, localAddress: string, headers: OutgoingHttpHeaders): Promise<object> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', localAddress, headers }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(jobEvent({ status: 'running', jobId: 1977 })));
  });
