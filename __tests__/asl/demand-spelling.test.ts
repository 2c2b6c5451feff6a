import { jobIds, open, openIn, startDemandWorld } from './demand-world.ts';
import type { Meddle } from './intercepting-proxy.ts';
import type { World } from './scale-out-world.ts';

/** The service's answer, with another name for the type of its sets. The SDK in between would drop a name that it does not know. */
const spelled =
  (name: string): Meddle =>
  async (forward) => {
    const { status, headers, body } = await forward();
    return {
      status,
      headers: { ...headers, 'x-amz-crc32': undefined },
      body: body.replace(/"NS":(\[[^\]]*\])/g, `"${name}":$1`),
    };
  };

describe('the machine counts open jobs', () => {
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  it.each(['NS', 'SS', 'L'])('whatever an answer calls the set: %s', async (name) => {
    const here = (world = await startDemandWorld({
      group: { desired: 0, max: 10 },
      waitScale: 0.001,
      meddling: () => ({ OpenJob: [spelled(name)], AcquireLock: [spelled(name)] }),
    }));
    await open(here, jobIds(6));
    await here.send();
    await here.settled();
    const [execution] = here.executions();
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
    expect(here.capacities()).toEqual([4]);
    expect(await openIn(here)).toHaveLength(7);
  });
});
