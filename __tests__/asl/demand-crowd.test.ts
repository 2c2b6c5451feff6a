import type { Execution } from '../../rehearsal/step-functions/server.ts';
import { closeAll, jobIds, openIn, startDemandWorld } from './demand-world.ts';
import type { World } from './scale-out-world.ts';

const entered = (executions: readonly Execution[], ...states: readonly string[]): number =>
  executions.flatMap((execution) => execution.states.filter((state) => states.includes(state))).length;

/** Waits are shortened here and calls are not, so a lease lasts 6 seconds: still longer than the calls under a lock take on a busy machine. */
describe('many jobs at once', () => {
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  /** Every change of capacity was worth an acquisition, and few were made for nothing. */
  const inOrder = (executions: readonly Execution[], capacities: readonly number[]): void => {
    expect(executions.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
    expect(capacities).toEqual([...capacities].sort((one, other) => one - other));
    const changes = entered(executions, 'ScaleUp', 'ScaleToMax');
    expect(changes).toBe(capacities.length);
    expect(entered(executions, 'ConfirmCapacity')).toBeLessThanOrEqual(3 * Math.max(1, changes));
  };

  it.each([
    [8, 2],
    [20, 4],
    [60, 10],
  ])(
    '%i of them raise the group to the %i machines they want, take the lock at most three times per change, and none fails',
    async (count, machines) => {
      const here = (world = await startDemandWorld({
        group: { desired: 0, max: 10 },
        capacity: 6,
        waitScale: 0.05,
      }));
      await Promise.all(jobIds(count).map((job) => here.send({ job })));
      await world.settled();

      expect(world.desired()).toBe(machines);
      inOrder(world.executions(), world.capacities());
      expect(await openIn(world)).toEqual(jobIds(count));
      expect(await world.item()).toMatchObject({ WakeCount: { N: String(count) } });
      expect(await world.item()).not.toHaveProperty('Holder');
    },
    40_000,
  );

  it('find a dead holder, and one of them takes over after its lease', async () => {
    const here = (world = await startDemandWorld({ group: { desired: 0, max: 10 }, capacity: 2, waitScale: 0.02 }));
    await world.hold('agent/i-dead/x');
    await Promise.all(jobIds(10).map((job) => here.send({ job })));
    await world.settled();

    expect(world.desired()).toBe(5);
    inOrder(world.executions(), world.capacities());
    expect(await world.item()).not.toHaveProperty('Holder');
  }, 40_000);

  it('wait for an agent, and are all closed meanwhile: one machine is set, and the others do not ask for the lock in turn', async () => {
    const here = (world = await startDemandWorld({ group: { desired: 0, max: 10 }, capacity: 2, waitScale: 0.02 }));
    await world.hold('agent/i-1/x');
    await Promise.all(jobIds(20).map((job) => here.send({ job })));
    while (entered(here.executions(), 'StartWatching') < 20) await new Promise((later) => setTimeout(later, 10));
    await closeAll(here);
    await here.hold(undefined);
    await world.settled();

    expect(world.capacities()).toEqual([1]);
    inOrder(world.executions(), world.capacities());
  }, 40_000);
});
