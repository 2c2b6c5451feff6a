import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { launchHookName, terminateHookName } from '../../ami/contract.ts';
import { jobEvent } from '../gitlab/job-events.ts';
import { deliver } from '../gitlab/webhook-delivery.ts';
import { answer, capacity, executions, groupOf, ignored, instances, lock, send, started, wakeUps } from './looks.ts';
import type { Step } from './looks.ts';

const found = 'SUCCEEDED, 7 states, last CapacityIsThere';
const invalidToken = 'FAILED, InvalidTokenError, 3 states, last InvalidToken';

const hostileToken = `"}","name":"x","stateMachineArn":"y\\" \\' $input.path('$') \${x} %{y} #set($a = 1) </script>`;

/** Requests that the steps send to one world, at most; a lower burst limit would throttle some of them. */
export const mostRequests = 14;

/** What the webhook is for with the strategy first-instance, one event after the other. Each expects what the ones before left behind. */
export const steps: readonly Step[] = [
  {
    name: 'cold-wake-up',
    title: 'Cold wake-up: a job is created, and there is no machine',
    fresh: { withGroup: true },
    run: async (stage) => {
      const { world } = stage;
      const sent = await send(stage, 'created', 1977);
      return [
        answer(sent.delivery, started),
        executions(sent.executions, 'SUCCEEDED, 14 states, last CapacityIsThere'),
        capacity(world, 1),
        instances(world, `Pending:Wait in ${launchHookName(world.planned.group.name)}`),
        await wakeUps(world, 1),
        await lock(world),
      ];
    },
  },
  {
    name: 'second-job',
    title: 'Second job: a machine is on its way, so nothing is asked for',
    run: async (stage) => {
      const sent = await send(stage, 'pending', 1978);
      return [
        answer(sent.delivery, started),
        executions(sent.executions, found),
        capacity(stage.world, 1),
        await wakeUps(stage.world, 2),
      ];
    },
  },
  {
    name: 'repeated-delivery',
    title: 'Repeated delivery: somebody presses Resend in GitLab, which re-uses the Idempotency-Key',
    run: async (stage) => {
      const first = await send(stage, 'pending', 1979);
      const again = await send(stage, 'pending', 1979, { idempotencyKey: first.delivery.idempotencyKey });
      return [
        answer(again.delivery, started),
        executions([...first.executions, ...again.executions], found, found),
        capacity(stage.world, 1),
        await wakeUps(stage.world, 4),
      ];
    },
  },
  {
    name: 'ignored-event',
    title: 'Ignored events: statuses that need no machine cost no execution',
    run: async (stage) => {
      const sent = [];
      for (const status of ['running', 'success', 'failed', 'canceled'] as const)
        sent.push(await send(stage, status, 1977));
      return [
        ...sent.map(({ delivery }) => answer(delivery, ignored)),
        executions(sent.flatMap((each) => each.executions)),
        await wakeUps(stage.world, 4),
      ];
    },
  },
  {
    name: 'no-token',
    title: 'No token: nothing is started for a caller without one',
    run: async (stage) => {
      const sent = await send(stage, 'pending', 1980, { token: '' });
      return [answer(sent.delivery, ignored), executions(sent.executions), await wakeUps(stage.world, 4)];
    },
  },
  {
    name: 'wrong-token',
    title: 'Wrong token: the machine compares hashes and stops',
    run: async (stage) => {
      const sent = await send(stage, 'pending', 1981, { token: `${stage.secret}x` });
      return [
        answer(sent.delivery, started),
        executions(sent.executions, invalidToken),
        capacity(stage.world, 1),
        await wakeUps(stage.world, 4),
      ];
    },
  },
  {
    name: 'hostile-token',
    title: 'Hostile token: quotes, backslashes and template code stay what they are, text',
    run: async (stage) => {
      const sent = await send(stage, 'pending', 1982, { token: hostileToken });
      const input = JSON.parse(sent.executions[0]?.input ?? '{}') as { token?: string };
      return [
        answer(sent.delivery, started),
        executions(sent.executions, invalidToken),
        { what: 'token in the execution', expected: hostileToken, seen: input.token ?? 'none' },
        await wakeUps(stage.world, 4),
      ];
    },
  },
  {
    name: 'not-json',
    title: 'Not JSON: the gateway refuses the body before any template',
    run: async ({ world, secret }) => {
      const before = world.stepFunctions.executions().length;
      const delivery = await deliver(world.webhookUrl, '[a', { token: secret });
      return [
        { what: 'status', expected: '400', seen: String(delivery.status) },
        executions(world.stepFunctions.executions().slice(before)),
      ];
    },
  },
  {
    name: 'back-to-zero',
    title: 'Back to zero: the machine registered, found nothing to do and took itself out',
    run: async ({ world }) => {
      const { url } = world.autoScaling;
      const { region, group } = world.planned;
      const client = new AutoScalingClient({
        endpoint: url,
        region,
        credentials: { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' },
      });
      const InstanceId = groupOf(world).instances[0]?.id;
      const complete = (LifecycleHookName: string): Promise<unknown> =>
        client.send(
          new CompleteLifecycleActionCommand({
            AutoScalingGroupName: group.name,
            LifecycleHookName,
            LifecycleActionResult: 'CONTINUE',
            InstanceId,
          }),
        );
      await complete(launchHookName(group.name));
      const inService = instances(world, 'InService');
      await client.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
      );
      const leaving = instances(world, `Terminating:Wait in ${terminateHookName(group.name)}`);
      await complete(terminateHookName(group.name));
      client.destroy();
      return [inService, leaving, instances(world), capacity(world, 0)];
    },
  },
  {
    name: 'two-at-once',
    title: 'Two at once: both find the group empty, one sets the capacity',
    run: async (stage) => {
      const { world } = stage;
      const before = world.stepFunctions.executions().length;
      const deliveries = await Promise.all(
        [1983, 1984].map((jobId) =>
          deliver(world.webhookUrl, jobEvent({ status: 'pending', jobId }), { token: stage.secret }),
        ),
      );
      await world.stepFunctions.settled();
      const ended = world.stepFunctions.executions().slice(before);
      return [
        ...deliveries.map((delivery) => answer(delivery, started)),
        {
          what: 'executions',
          expected: 'SUCCEEDED, SUCCEEDED',
          seen: ended.map(({ status }) => status).join(', '),
        },
        {
          what: 'changes of capacity',
          expected: '1',
          seen: String(ended.filter(({ states }) => states.includes('ScaleUp')).length),
        },
        capacity(world, 1),
        instances(world, `Pending:Wait in ${launchHookName(world.planned.group.name)}`),
        await lock(world),
      ];
    },
  },
  {
    name: 'group-missing',
    title: 'Group missing: somebody deleted it, and the execution says so',
    fresh: { withGroup: false },
    run: async (stage) => {
      const sent = await send(stage, 'pending', 1985);
      return [
        answer(sent.delivery, started),
        executions(sent.executions, 'FAILED, AutoScalingGroupNotFound, 7 states, last AutoScalingGroupNotFound'),
        await lock(stage.world),
      ];
    },
  },
];
