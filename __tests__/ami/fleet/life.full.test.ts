import { describeWith } from '../../support/tools.ts';
import { onStage, phasesOf, realRunner, stepsOf, until } from './stage.ts';

const tool = await realRunner();
const refusedModules = tool.path === undefined && tool.isRefused ? describe.skip : undefined;
if (refusedModules !== undefined) console.warn(`the real runner is skipped: ${tool.reason}`);

const error = (code: string, status = 400) => ({ kind: 'error', status, code, message: 'made by the test' }) as const;

(refusedModules === undefined ? describeWith : skipped)(tool, 'an instance with the real runner', (runner) => {
  it.concurrent(
    'registers, completes the launch hook, runs a job, drains, looks twice, unregisters and completes its hook',
    () =>
      onStage(runner, {}, async ({ fleet, job, instance, isAtZero, changes }) => {
        const ours = await job(['sleep 1', 'echo it ran']);
        await until('the job is over', () => ours.endedAt !== undefined);
        await until('the fleet is at zero', isAtZero);
        expect(ours).toMatchObject({ status: 'success' });
        expect(ours.trace.toString()).toContain('it ran');
        expect(phasesOf(instance())).toEqual(['working', 'draining', 'leaving']);
        const { asked } = fleet.gitlab;
        const of = (path: string): readonly number[] => asked.filter((each) => each.path === path).map(({ at }) => at);
        const [verified = 0] = of('/runners/verify');
        const [polled = 0] = of('/jobs/request');
        const [unregistered = 0] = of('/runners/managers');
        expect(verified).toBeLessThan(polled);
        expect(polled).toBeLessThan(unregistered);
        expect(Math.max(...of('/jobs/request'))).toBeLessThan(unregistered);
        expect(changes.map((each) => each.replace(/^\S+ /, '').replace(/i-\w+/, 'i'))).toEqual([
          'desired 0 → 1 by SetDesiredCapacity',
          'i Pending',
          'i Pending:Wait',
          'i Pending:Proceed',
          'i InService',
          'desired 1 → 0 by TerminateInstanceInAutoScalingGroup',
          'i Terminating',
          'i Terminating:Wait',
          'i Terminating:Proceed',
          'i Terminated',
        ]);
        expect([...fleet.gitlab.runners.runners[0]!.managers.keys()]).toEqual([]);
        expect((await fleet.dynamodb.item())?.Holder).toBeUndefined();
        expect(fleet.cloudwatch.data.length).toBeGreaterThan(0);
        expect(fleet.cloudwatch.calls() * 2).toBe(fleet.cloudwatch.data.length);
      }),
    120_000,
  );

  it.concurrent(
    'takes no job while its launch hook cannot be completed, though GitLab would give it one (B43)',
    () =>
      onStage(runner, {}, async ({ fleet, job, instance, changes }) => {
        fleet.autoScaling.faults.add(
          'CompleteLifecycleAction',
          ...Array.from({ length: 5 }, () => error('Throttling')),
        );
        const ours = await job(['true']);
        await until('the job is over', () => ours.endedAt !== undefined);
        const inService = changes.find((each) => each.endsWith('InService'));
        const polls = fleet.gitlab.asked.filter(({ path }) => path === '/jobs/request');
        expect(polls[0]!.at / 1000).toBeGreaterThan(Number(inService?.split(' ')[0]) - 0.2);
        expect(stepsOf(instance()).filter((step) => step.startsWith('complete lifecycle'))).toHaveLength(6);
      }),
    120_000,
  );

  it.concurrent(
    'asks for one more when it is full, and only once',
    () =>
      onStage(
        runner,
        { settings: { capacity_per_instance: 1, idle_threshold: 60 } },
        async ({ fleet, job, instance }) => {
          // Shorter than the six seconds after which the other instance, which has nothing to do, leaves.
          const long = await job(['sleep 5']);
          await until('it runs', () => long.runningAt !== undefined);
          await until('another instance', () => fleet.desired() === 2);
          await until('the job is over', () => long.endedAt !== undefined);
          expect(fleet.desired()).toBe(2);
          expect(stepsOf(instance()).filter((step) => step === 'set desired capacity 2')).toHaveLength(1);
        },
      ),
    120_000,
  );

  it.concurrent(
    'runs a job of forty seconds to its end when the group ends the instance, and keeps its hook of thirty with heartbeats',
    () =>
      onStage(
        runner,
        { settings: { lifecycle_heartbeat_seconds: 30, idle_threshold: 60 } },
        async ({ fleet, job, instance, isAtZero }) => {
          const long = await job(['sleep 40', 'echo to its end']);
          await until('it runs', () => long.runningAt !== undefined);
          await ended(fleet, instance().id);
          await until('the fleet is at zero', isAtZero);
          expect(long).toMatchObject({ status: 'success' });
          expect(
            fleet.gitlab.asked.filter(({ path, at }) => path === '/jobs/request' && at > (long.endedAt ?? 0) + 4000),
          ).toEqual([]);
        },
      ),
    120_000,
  );

  it.concurrent(
    'tells GitLab before Spot takes the machine that its job has ended',
    () =>
      onStage(runner, { pace: 1, settings: { idle_threshold: 600 } }, async ({ fleet, job, instance }) => {
        const long = await job(['sleep 300']);
        await until('it runs', () => long.runningAt !== undefined);
        const end = fleet.autoScaling.reclaim(instance().id, 45).getTime();
        await until('the job is over', () => long.endedAt !== undefined);
        expect(end - Date.now()).toBeGreaterThan(10_000);
        expect(long).toMatchObject({ status: 'failed', failureReason: 'runner_interrupted' });
        await until('it has unregistered', () => fleet.gitlab.runners.runners[0]!.managers.size === 0);
        expect(end - Date.now()).toBeGreaterThan(0);
      }),
    120_000,
  );

  it.concurrent(
    'waits for a GitLab that is down at boot, and goes on while it is down later',
    () =>
      onStage(runner, { gitlab: { switches: { outage: 503 } } }, async ({ fleet, webhooks, instance, isAtZero }) => {
        await webhooks.send('pending', 1);
        await until('it has asked', () => stepsOf(instance()).includes('verify runner unknown'));
        fleet.gitlab.switches.outage = undefined;
        await until('it works', () => phasesOf(instance()).includes('working'));
        fleet.gitlab.switches.outage = 'cut';
        await new Promise((resolve) => setTimeout(resolve, 4000));
        expect(fleet.desired()).toBe(1);
        fleet.gitlab.switches.outage = undefined;
        const ours = fleet.gitlab.runners.addJob({ script: ['true'] });
        await until('the job is over', () => ours.endedAt !== undefined);
        await until('the fleet is at zero', isAtZero);
        expect(ours).toMatchObject({ status: 'success' });
      }),
    120_000,
  );

  it.concurrent(
    'is not followed by a fourth when the token is refused three times, until the next event comes (B41)',
    () =>
      onStage(runner, { token: 'glrt-nobody-knows' }, async ({ fleet, webhooks, isAtZero }) => {
        await webhooks.send('pending', 1);
        await until('the fleet has given up', () => fleet.instances.length > 0 && isAtZero(), 90);
        expect(fleet.instances).toHaveLength(3);
        await new Promise((resolve) => setTimeout(resolve, 5000));
        expect(fleet.instances).toHaveLength(3);
        // It was put right meanwhile.
        fleet.ssm.parameters.set('/gitlab_tokens', fleet.gitlab.runners.addRunner().token);
        await webhooks.send('pending', 2);
        await until(
          'a fourth one works',
          () => fleet.instances.length === 4 && phasesOf(fleet.instances[3]!).includes('working'),
        );
        expect((await fleet.dynamodb.item())?.BootFailures).toBeUndefined();
        const logs = fleet.instances.map(({ log }) => JSON.stringify(log())).join('');
        expect(logs).not.toContain('glrt-');
      }),
    150_000,
  );

  it.concurrent(
    'leaves when its runner is deleted in GitLab, and another one comes in its place',
    () =>
      onStage(runner, { settings: { idle_threshold: 600 } }, async ({ fleet, webhooks, instance }) => {
        await webhooks.send('pending', 1);
        await until('it works', () => fleet.instances.length === 1 && phasesOf(instance()).includes('working'));
        const { id } = fleet.gitlab.runners.runners[0]!;
        fleet.gitlab.runners.removeRunner(id);
        fleet.ssm.parameters.set(
          '/gitlab_tokens',
          JSON.stringify({ gl_runner_token: fleet.gitlab.runners.addRunner().token }),
        );
        await until('it has left', () => instance().isGone);
        expect(phasesOf(instance())).toEqual(['working', 'failing', 'leaving']);
        await until(
          'another one works',
          () => fleet.instances.length === 2 && phasesOf(fleet.instances[1]!).includes('working'),
        );
        expect(fleet.desired()).toBe(1);
      }),
    120_000,
  );

  it.concurrent(
    'stays at the minimum, and polls on (B31)',
    () =>
      onStage(runner, { minSize: 1 }, async ({ fleet, instance, job }) => {
        const first = await job(['true']);
        await until('the job is over', () => first.endedAt !== undefined);
        await new Promise((resolve) => setTimeout(resolve, 8000));
        expect(fleet.desired()).toBe(1);
        const later = await job(['true']);
        await until('the later job is over', () => later.endedAt !== undefined);
        expect(instance().isGone).toBe(false);
      }),
    120_000,
  );

  it.concurrent(
    'does not let a runner poll whose Docker is missing',
    () =>
      onStage(
        runner,
        {
          configuration: docker,
          environment: { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
        },
        async ({ fleet, webhooks, isAtZero }) => {
          await webhooks.send('pending', 1);
          await until('the fleet has given up', () => fleet.instances.length > 0 && isAtZero(), 90);
          expect(fleet.gitlab.asked.filter(({ path }) => path === '/jobs/request')).toEqual([]);
          expect(fleet.instances).toHaveLength(3);
          expect(fleet.instances[0]!.log().find(({ to }) => to === 'failing')?.why).toMatch(
            /Docker at \/nowhere\/docker.sock does not answer/,
          );
        },
      ),
    150_000,
  );

  it.concurrent(
    'lives through metadata tokens of two seconds, and a service that answers 503, 401, or not at all (B30)',
    () =>
      onStage(runner, { settings: { idle_threshold: 200 } }, async ({ fleet, webhooks, instance, isAtZero }) => {
        await webhooks.send('pending', 1);
        await until('it works', () => fleet.instances.length === 1 && phasesOf(instance()).includes('working'));
        const { switches } = instance().imds;
        switches.longestTokenSeconds = 2;
        await new Promise((resolve) => setTimeout(resolve, 5000));
        for (const failure of [503, 401, 'cut', 'stall'] as const) {
          switches.failure = failure;
          await new Promise((resolve) => setTimeout(resolve, 2500));
        }
        switches.failure = undefined;
        expect(phasesOf(instance())).toEqual(['working']);
        const ours = fleet.gitlab.runners.addJob({ script: ['true'] });
        await until('the job is over', () => ours.endedAt !== undefined);
        await until('the fleet is at zero', isAtZero, 90);
      }),
    180_000,
  );

  it.concurrent(
    'gives up when SSM denies the token, and says which parameter',
    () =>
      onStage(runner, {}, async ({ fleet, webhooks, isAtZero }) => {
        fleet.ssm.faults.push(
          ...Array.from({ length: 400 }, () => ({
            status: 400,
            type: 'AccessDeniedException',
            message: 'not authorized',
          })),
        );
        await webhooks.send('pending', 1);
        await until('the fleet has given up', () => fleet.instances.length > 0 && isAtZero(), 90);
        expect(fleet.instances).toHaveLength(3);
        expect(fleet.instances[0]!.log().find(({ to }) => to === 'failing')?.why).toMatch(
          /SSM parameter \/gitlab_tokens: AccessDeniedException/,
        );
      }),
    150_000,
  );

  it.concurrent(
    'lets only one of two idle instances leave when a job may be waiting, and both in the end',
    () =>
      onStage(
        runner,
        { settings: { capacity_per_instance: 1, idle_threshold: 20 } },
        async ({ fleet, job, isAtZero }) => {
          const jobs = [await job(['sleep 4']), fleet.gitlab.runners.addJob({ script: ['sleep 4'] })];
          await until('two instances', () => fleet.desired() === 2);
          await until('the jobs are over', () => jobs.every(({ endedAt }) => endedAt !== undefined));
          await until('the fleet is at zero', isAtZero, 90);
          expect(jobs.map(({ status }) => status)).toEqual(['success', 'success']);
          expect(fleet.instances.length).toBeGreaterThanOrEqual(2);
          const leavings = fleet.instances
            .flatMap(stepsOf)
            .filter((step) => step === 'terminate instance with decrement');
          expect(leavings).toHaveLength(fleet.instances.length);
        },
      ),
    150_000,
  );

  it.concurrent(
    'sends its terminate call once, though nobody answers it',
    () =>
      onStage(runner, {}, async ({ fleet, job, instance, isAtZero }) => {
        const ours = await job(['true']);
        fleet.autoScaling.faults.add('TerminateInstanceInAutoScalingGroup', { kind: 'lost response' });
        await until('the job is over', () => ours.endedAt !== undefined);
        await until('the fleet is at zero', isAtZero, 90);
        expect(stepsOf(instance()).filter((step) => step.startsWith('terminate'))).toEqual([
          'terminate instance with decrement unknown',
        ]);
      }),
    120_000,
  );

  it.concurrent(
    'polls with several entries, and counts on each before it leaves',
    () =>
      onStage(runner, { configuration: twoEntries }, async ({ fleet, job, isAtZero }) => {
        const ours = await job(['true']);
        await until('the job is over', () => ours.endedAt !== undefined);
        await until('the fleet is at zero', isAtZero, 90);
        expect(ours).toMatchObject({ status: 'success' });
        expect(fleet.instances).toHaveLength(1);
      }),
    120_000,
  );

  it.concurrent(
    'makes a runner of its own with an API token, and deletes it when it goes',
    () =>
      onStage(
        runner,
        { token: 'glpat-api', settings: { runner_tags: ['shell'], group_id: 5 } },
        async ({ fleet, webhooks, isAtZero }) => {
          fleet.gitlab.runners.apiTokens.set('glpat-api', ['create_runner']);
          const ours = fleet.gitlab.runners.addJob({ script: ['true'], tags: ['shell'] });
          await webhooks.send('pending', ours.id);
          await until('a runner is made', () => fleet.gitlab.runners.runners.length === 1);
          expect(fleet.gitlab.runners.runners[0]).toMatchObject({
            groupId: 5,
            tags: ['shell'],
            runsUntagged: false,
            description: `${fleet.name} ${fleet.instances[0]!.id}`,
          });
          await until('the job is over', () => ours.endedAt !== undefined);
          await until('the fleet is at zero', isAtZero, 90);
          expect(fleet.gitlab.runners.runners).toEqual([]);
        },
      ),
    120_000,
  );
});

function skipped(_: unknown, title: string): void {
  describe.skip(`${title} (skipped: ${tool.reason})`, () => {
    it('has the real runner', () => undefined);
  });
}

/** Somebody ends the instance, and no other one is to come. */
async function ended(fleet: Parameters<Parameters<typeof onStage>[2]>[0]['fleet'], instanceId: string): Promise<void> {
  const { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } =
    await import('@aws-sdk/client-auto-scaling');
  const client = new AutoScalingClient({
    endpoint: fleet.autoScaling.url,
    region: fleet.region,
    credentials: { accessKeyId: 'person', secretAccessKey: 'person' },
  });
  await client.send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instanceId, ShouldDecrementDesiredCapacity: true }),
  );
  client.destroy();
}

const entryOf = (executor: string, name = ''): string => `
    - name: '{{ ansible_ec2_instance_id }}${name}'
      url: '{{ gl_url }}'
      token: '{{ gl_runner_token }}'
      executor: ${executor}`;
const configurationOf = (entries: string): string => `
gitlab_global_section:
  concurrent: '{{ gl_concurrency }}'
  check_interval: 1
  listen_address: '127.0.0.1:{{ port }}'
gitlab_runners_section:
  runners:${entries}
`;
const docker = configurationOf(`${entryOf('docker')}
      docker:
        image: busybox`);
const twoEntries = configurationOf(`${entryOf('shell')}
      shell: bash${entryOf('shell', '-two')}
      shell: bash
      request_concurrency: 2`);
