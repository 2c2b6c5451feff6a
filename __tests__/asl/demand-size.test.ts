import { jest } from '@jest/globals';
import type { Execution } from '../../rehearsal/step-functions/server.ts';
import { jobIds, open, startDemandWorld } from './demand-world.ts';
import { after } from './scale-out-world.ts';
import type { Meddling, World } from './scale-out-world.ts';

/** What a state may take or give (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html). The interpreter holds a task's result against it. */
const limit = 262_144;

const jobs = 10_000;
const capacity = 100;
const bytes = (text: string | undefined): number => Buffer.byteLength(text ?? '');

/** The largest of what the states of an execution were given and gave, in bytes. */
const largest = ({ history }: Execution): number =>
  Math.max(...history.flatMap(({ input, output }) => [bytes(input), bytes(output)]));

/** How often a job that was open before stands in what a state was given. */
const mentions = ({ history }: Execution, job: string): number =>
  Math.max(...history.map(({ input }) => (input ?? '').split(job).length - 1));

const inOneWrite = 1_000;

jest.setTimeout(60_000);

describe.each([11, 20])('ten thousand open jobs with ids of %i digits', (digits) => {
  const ids = jobIds(jobs, digits);
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const start = async (
    desired: number,
    openAlready: readonly string[],
    meddling?: (world: World) => Meddling,
  ): Promise<World> => {
    const here = (world = await startDemandWorld({
      group: { desired, max: jobs / capacity },
      capacity,
      waitScale: 0.001,
      // Nothing is slow here but ten thousand ids in a small machine.
      timeoutScale: 100,
      meddling,
    }));
    for (let from = 0; from < openAlready.length; from += inOneWrite)
      await open(here, openAlready.slice(from, from + inOneWrite));
    return here;
  };
  const run = async (here: World, job: string): Promise<Execution> => {
    await here.send({ job });
    await here.settled();
    const execution = here.executions().at(-1);
    if (execution === undefined) throw new Error('nothing was executed');
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
    return execution;
  };

  it('fit into every state, and stay in none: the usual event', async () => {
    const here = await start(jobs / capacity, ids.slice(1));
    const execution = await run(here, ids[0]!);
    expect(execution.states).toHaveLength(7);
    expect(mentions(execution, ids[1]!)).toBe(0);
    expect(largest(execution)).toBeLessThan(limit / 2);
  });

  it('fit into every state, once: the group is raised from almost all to all', async () => {
    const here = await start(jobs / capacity - 1, ids.slice(1));
    const execution = await run(here, ids[0]!);
    expect(execution.states).toContain('ScaleUp');
    expect(here.desired()).toBe(jobs / capacity);
    expect(mentions(execution, ids[1]!)).toBe(1);
    expect(largest(execution)).toBeLessThan(limit);
  });

  it('fit into every state, once: the set is full, an agent dies with the lock, and the lock is taken over', async () => {
    const here = await start(jobs / capacity - 1, ids, (there) => ({
      RecordWake: [after(() => there.hold('agent/i-dead/x'))],
    }));
    const execution = await run(here, '7');
    for (const state of ['OpenJob', 'RecordWake', 'ReadLock', 'StartWatching', 'KeepWatching', 'TakeOver', 'ScaleUp'])
      expect(execution.states).toContain(state);
    expect(here.desired()).toBe(jobs / capacity);
    expect(mentions(execution, ids[1]!)).toBe(1);
    expect(largest(execution)).toBeLessThan(limit);
    expect(largest(execution)).toBeGreaterThan(jobs * digits);
  });

  it('fit into every state, once: a workflow holds the lock, and the group was looked at before', async () => {
    const here = await start(jobs / capacity - 1, ids.slice(1), (there) => ({
      ReadLock: [after(() => Promise.resolve()), after(() => there.hold(undefined))],
    }));
    await here.hold('workflow/other');
    const execution = await run(here, ids[0]!);
    for (const state of ['CheckDesiredCapacity', 'ReadLock', 'CountDemandAgain', 'AcquireLock', 'ScaleUp'])
      expect(execution.states).toContain(state);
    expect(mentions(execution, ids[1]!)).toBe(1);
    expect(largest(execution)).toBeLessThan(limit);
  });
});
