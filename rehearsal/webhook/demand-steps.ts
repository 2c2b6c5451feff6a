import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { defaults, lockItem } from '../../ami/contract.ts';
import { fleetRunner, jobEvent } from '../gitlab/job-events.ts';
import { deliver } from '../gitlab/webhook-delivery.ts';
import type { World } from '../world.ts';
import { answer, capacity, executions, ignored, lock, send, started, wakeUps } from './looks.ts';
import type { Check, Stage, Step } from './looks.ts';

const { jobsPerInstance } = defaults;

const first = 2 * jobsPerInstance + 1;
const later = jobsPerInstance;
const all = first + later;

/** The `max_size` that the steps need, for all jobs at once. */
export const leastMaximum = Math.ceil(all / jobsPerInstance);
/** Requests that the steps send, all to one world. */
export const mostRequestsOfDemand = all + 8;

const openJobs = async ({ dynamodb }: World, expected: number): Promise<Check> => ({
  what: 'open jobs',
  expected: String(expected),
  seen: String((await dynamodb.item())?.[lockItem.open]?.NS?.length ?? 0),
});

/** Events of this many waiting jobs, all at the same time. */
async function burst({ world, secret }: Stage, firstId: number, jobs: number): Promise<readonly Check[]> {
  const before = world.stepFunctions.executions().length;
  const events = Array.from({ length: jobs }, (_, index) => jobEvent({ status: 'pending', jobId: firstId + index }));
  const deliveries = await Promise.all(events.map((event) => deliver(world.webhookUrl, event, { token: secret })));
  await world.stepFunctions.settled();
  const ended = world.stepFunctions.executions().slice(before);
  const different = (seen: readonly string[]): string => [...new Set(seen)].join(' · ');
  return [
    { what: 'answers to GitLab', expected: '200', seen: different(deliveries.map(({ status }) => String(status))) },
    {
      what: 'executions',
      expected: `${jobs} SUCCEEDED`,
      seen: `${ended.length} ${different(ended.map(({ status }) => status))}`,
    },
  ];
}

/** What the agent of the first instance will do when it has registered its runner. */
async function nameRunner({ dynamodb, planned }: World, runner: number): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: dynamodb.url,
    region: planned.region,
    credentials: { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' },
  });
  await client.send(
    new UpdateItemCommand({
      TableName: planned.table.name,
      Key: { [lockItem.key]: { S: lockItem.id } },
      UpdateExpression: `ADD ${lockItem.runners} :runner`,
      ExpressionAttributeValues: { ':runner': { NS: [String(runner)] } },
    }),
  );
  client.destroy();
}

const found = 'SUCCEEDED, 7 states, last CapacityIsThere';
const closed = 'SUCCEEDED, 5 states, last JobIsClosed';
const unchanged = 'SUCCEEDED, 5 states, last ExitStateMachine';

/** What the webhook is for with the demand strategy, one event after the other. */
export const demandSteps: readonly Step[] = [
  {
    name: 'burst',
    title: `Burst: ${first} jobs at once want three machines of ${jobsPerInstance} jobs each`,
    fresh: { withGroup: true },
    run: async (stage) => [
      ...(await burst(stage, 3000, first)),
      capacity(stage.world, 3),
      await openJobs(stage.world, first),
      await wakeUps(stage.world, first),
      await lock(stage.world),
    ],
  },
  {
    name: 'more-jobs',
    title: `More jobs: ${later} others want one machine more`,
    run: async (stage) => [
      ...(await burst(stage, 4000, later)),
      capacity(stage.world, 4),
      await openJobs(stage.world, all),
      await wakeUps(stage.world, all),
      await lock(stage.world),
    ],
  },
  {
    name: 'repeated-delivery',
    title: 'Repeated delivery: the job is open already, and is so once',
    run: async (stage) => {
      const sent = await send(stage, 'pending', 3000);
      return [
        answer(sent.delivery, started),
        executions(sent.executions, found),
        await openJobs(stage.world, all),
        await wakeUps(stage.world, all + 1),
      ];
    },
  },
  {
    name: 'taken-by-us',
    title: 'Taken by a runner of this fleet: the job stays open, because it needs its place until it has ended',
    run: async (stage) => {
      await nameRunner(stage.world, fleetRunner.id);
      const sent = await send(stage, 'running', 3000);
      return [
        answer(sent.delivery, started),
        executions(sent.executions, unchanged),
        await openJobs(stage.world, all),
        await wakeUps(stage.world, all + 1),
      ];
    },
  },
  {
    name: 'taken-by-others',
    title: 'Taken by a runner of another fleet: the job is not ours, and wants nothing any more',
    run: async (stage) => {
      const sent = await send(stage, 'running', 3001, {}, { runner: { ...fleetRunner, id: fleetRunner.id + 1 } });
      return [
        answer(sent.delivery, started),
        executions(sent.executions, closed),
        await openJobs(stage.world, all - 1),
        capacity(stage.world, 4),
      ];
    },
  },
  {
    name: 'ended',
    title: 'Ended: a job succeeds, one fails, one is canceled; nobody but an instance that leaves lowers the capacity',
    run: async (stage) => {
      const sent = [];
      sent.push(await send(stage, 'success', 3000));
      sent.push(await send(stage, 'failed', 3002));
      sent.push(await send(stage, 'canceled', 3003));
      return [
        ...sent.map(({ delivery }) => answer(delivery, started)),
        executions(
          sent.flatMap((each) => each.executions),
          closed,
          closed,
          closed,
        ),
        await openJobs(stage.world, all - 4),
        capacity(stage.world, 4),
        await wakeUps(stage.world, all + 1),
      ];
    },
  },
  {
    name: 'never-opened',
    title: 'Never opened: the end of a job that nobody opened does no harm',
    run: async (stage) => {
      const sent = await send(stage, 'success', 9999);
      return [
        answer(sent.delivery, started),
        executions(sent.executions, closed),
        await openJobs(stage.world, all - 4),
      ];
    },
  },
  {
    name: 'ignored-event',
    title: 'Ignored events: a job that is only created waits for nothing yet, and costs no execution',
    run: async (stage) => {
      const sent = await send(stage, 'created', 5000);
      return [answer(sent.delivery, ignored), executions(sent.executions), await openJobs(stage.world, all - 4)];
    },
  },
];
