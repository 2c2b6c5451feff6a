import { createHash } from 'node:crypto';
import { leaseSeconds, lockItem } from '../../ami/contract.ts';
import { demand } from '../../asl/demand.ts';
import { render, type Definition } from '../../asl/definition.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import { motoPython } from '../support/moto.ts';
import { describeWith } from '../support/tools.ts';
import { openAccount, type Account } from './account.ts';
import { createBurstFleet, type BurstFleet } from './burst-fleet.ts';

const python = await motoPython();

const secret = 'a secret of more than 16 characters';
const secretTokenHash = createHash('sha256').update(secret).digest('hex');
const pending = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    status: 'pending',
    token: secret,
    job: String(1000 + index),
    project: '1',
    runner: '',
  }));

const capacity = 6;
const max = 10;
const names = (name: string) => ({ secretTokenHash, lockTable: `${name}-lock`, group: name });
const definitionOfDemand = (name: string): Definition =>
  render(demand({ ...names(name), capacity, openLimit: capacity * max }));
const strategies = [
  {
    strategy: 'first-instance',
    definition: (name: string) => render(scaleOut({ ...names(name), buildStatuses: ['pending'] })),
    machinesFor: () => 1,
  },
  {
    strategy: 'demand',
    definition: definitionOfDemand,
    machinesFor: (jobs: number) => Math.min(max, Math.ceil(jobs / capacity)),
  },
] as const;

/** moto waits in real time: the lease alone is made shorter, in the one place where the machine compares with it. */
function withLease(definition: Definition, seconds: number): Definition {
  const text = JSON.stringify(definition);
  const compared = `"NumericGreaterThanEquals":${leaseSeconds}`;
  if (text.split(compared).length !== 2) throw new Error(`the machine compares with the lease elsewhere too`);
  return JSON.parse(text.replace(compared, `"NumericGreaterThanEquals":${seconds}`)) as Definition;
}

describeWith(python, 'many events at once, on moto’s Step Functions, DynamoDB and Auto Scaling', (path) => {
  let account: Account;
  beforeAll(async () => (account = await openAccount(path)), 60_000);
  afterAll(() => account?.close(), 30_000);

  /** States that were entered by all executions, each execution having succeeded. */
  const statesOf = async (fleet: BurstFleet): Promise<readonly string[]> => {
    const executions = await fleet.executions();
    const failed = executions.filter(({ status }) => status !== 'SUCCEEDED');
    if (failed[0]) throw new Error(`${failed.length} failed: ${JSON.stringify(await fleet.describe(failed[0]))}`);
    const histories = [];
    for (const execution of executions) histories.push(...(await fleet.history(execution)));
    return histories.flatMap(({ stateEnteredEventDetails }) =>
      stateEnteredEventDetails === undefined ? [] : [stateEnteredEventDetails.name],
    );
  };
  const count = (states: readonly string[], ...wanted: readonly string[]): number =>
    states.filter((state) => wanted.includes(state)).length;

  it.each(strategies)(
    '24 raise the group to its need with $strategy, and none fails',
    async ({ strategy, definition, machinesFor }) => {
      const name = `burst-${strategy}`;
      const fleet = await createBurstFleet(account, { name, max, definition: definition(name) });
      await fleet.start(pending(24));

      const states = await statesOf(fleet);
      expect(await fleet.desiredCapacity()).toBe(machinesFor(24));
      const changes = count(states, 'ScaleUp', 'ScaleToMax');
      // Whoever confirms the capacity has just got the lock.
      const acquisitions = count(states, 'ConfirmCapacity');
      expect(changes).toBeGreaterThan(0);
      expect(acquisitions).toBeGreaterThanOrEqual(changes);
      expect(acquisitions).toBeLessThanOrEqual(3 * changes);
      const item = await fleet.item();
      // A call that takes moto longer than its limit is repeated, and may have counted.
      expect(Number((item?.[lockItem.wakeCount] as { readonly N: string }).N)).toBeGreaterThanOrEqual(24);
      expect(item).not.toHaveProperty(lockItem.holder);
    },
    120_000,
  );

  // These mostly wait, in real time: both strategies at once.
  it('eight that find an agent at the lock wait for it, and then one of them raises the group', async () => {
    await Promise.all(
      strategies.map(async ({ strategy, definition, machinesFor }) => {
        const name = `held-${strategy}`;
        const fleet = await createBurstFleet(account, { name, max, definition: definition(name) });
        await fleet.hold('agent/i-0123456789abcdef0/1');
        await fleet.start(pending(8));
        // Each has looked by then, and most have not looked again.
        await new Promise((resolve) => setTimeout(resolve, 4_000));
        expect(await fleet.desiredCapacity()).toBe(0);
        expect(await fleet.item()).toMatchObject({ [lockItem.holder]: { S: 'agent/i-0123456789abcdef0/1' } });
        await fleet.letGo();

        const states = await statesOf(fleet);
        expect(await fleet.desiredCapacity()).toBe(machinesFor(8));
        expect(count(states, 'TakeOver')).toBe(0);
        expect(count(states, 'ScaleUp')).toBe(1);
        expect(count(states, 'ConfirmCapacity')).toBeLessThanOrEqual(3);
        expect(await fleet.item()).not.toHaveProperty(lockItem.holder);
      }),
    );
  }, 120_000);

  it('eight that find a dead holder take over after its lease, one of them', async () => {
    await Promise.all(
      strategies.map(async ({ strategy, definition, machinesFor }) => {
        const name = `dead-${strategy}`;
        const fleet = await createBurstFleet(account, { name, max, definition: withLease(definition(name), 10) });
        await fleet.hold('workflow/dead');
        await fleet.start(pending(8));

        const states = await statesOf(fleet);
        expect(await fleet.desiredCapacity()).toBe(machinesFor(8));
        expect(count(states, 'TakeOver')).toBeGreaterThan(0);
        expect(count(states, 'ScaleUp')).toBe(1);
        expect(count(states, 'ConfirmCapacity')).toBeLessThanOrEqual(3);
        expect(await fleet.item()).not.toHaveProperty(lockItem.holder);
      }),
    );
  }, 120_000);

  it('a job that ends is taken from the open ones; one that another runner runs too, and none that ours runs', async () => {
    const name = 'closing';
    const fleet = await createBurstFleet(account, { name, max, definition: definitionOfDemand(name) });
    await fleet.addRunner('7');
    const event = (status: string, job: string, runner: string): object => ({
      status,
      token: secret,
      job,
      project: '1',
      runner,
    });
    const send = async (...events: readonly object[]): Promise<void> => {
      await fleet.start(events);
      await statesOf(fleet);
    };
    await send(...['1', '2', '3'].map((job) => event('pending', job, '')));
    await send(
      event('running', '1', '7'),
      event('running', '2', '8'),
      event('success', '3', '7'),
      event('success', '4', '7'),
    );
    expect(await fleet.item()).toMatchObject({ [lockItem.open]: { NS: ['1'] } });
    expect(await fleet.desiredCapacity()).toBe(1);
  }, 60_000);
});
