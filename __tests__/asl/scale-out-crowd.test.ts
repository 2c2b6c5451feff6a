import type { Execution } from '../../rehearsal/step-functions/server.ts';
import type { World } from './scale-out-world.ts';
import { startScaleOutWorld } from './scale-out-world.ts';

const acquisitions = (executions: readonly Execution[]): number =>
  executions.flatMap(({ states }) => states.filter((state) => state === 'ConfirmCapacity')).length;

/**
 * Waits are shortened here and calls are not, so a lease lasts 6 seconds, or 2.4: still longer than the calls under a lock take on a busy machine.
 */
describe('many events at once', () => {
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it.each([8, 20, 60])(
    '%i of them raise the group once, take the lock at most three times, and none fails',
    async (count) => {
      const here = (world = await startScaleOutWorld({ group: { desired: 0, max: 3 }, waitScale: 0.05 }));
      await Promise.all(Array.from({ length: count }, () => here.send()));
      await world.settled();

      const executions = world.executions();
      expect(executions.map(({ status }) => status)).toEqual(Array.from({ length: count }, () => 'SUCCEEDED'));
      expect(world.desired()).toBe(1);
      expect(acquisitions(executions)).toBeGreaterThan(0);
      expect(acquisitions(executions)).toBeLessThanOrEqual(3);
      expect(executions.flatMap(({ states }) => states.filter((state) => state === 'ScaleUp'))).toHaveLength(1);
      expect(await world.item()).toMatchObject({ WakeCount: { N: String(count) } });
      expect(await world.item()).not.toHaveProperty('Holder');
    },
  );

  it('find a dead holder, and one of them takes over after its lease', async () => {
    const here = (world = await startScaleOutWorld({ group: { desired: 0, max: 3 }, waitScale: 0.02 }));
    await world.hold('agent/i-dead/x');
    await Promise.all(Array.from({ length: 10 }, () => here.send()));
    await world.settled();

    const executions = world.executions();
    expect(executions.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
    expect(world.desired()).toBe(1);
    expect(acquisitions(executions)).toBeLessThanOrEqual(3);
    expect(await world.item()).not.toHaveProperty('Holder');
  });
});
