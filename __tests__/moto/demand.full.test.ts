import { createHash } from 'node:crypto';
import { lockItem } from '../../ami/contract.ts';
import { demand } from '../../asl/demand.ts';
import { render } from '../../asl/definition.ts';
import { motoPython } from '../support/moto.ts';
import { describeWith } from '../support/tools.ts';
import { openAccount, type Account } from './account.ts';
import { createBurstFleet, type BurstFleet } from './burst-fleet.ts';

const python = await motoPython();

const secret = 'a secret of more than 16 characters';
const capacity = 2;
const max = 2;

describeWith(python, 'the demand machine on moto, one event after the other', (path) => {
  const name = 'demand';
  let account: Account;
  let fleet: BurstFleet;
  beforeAll(async () => {
    account = await openAccount(path);
    const definition = demand({
      secretTokenHash: createHash('sha256').update(secret).digest('hex'),
      lockTable: `${name}-lock`,
      group: name,
      capacity,
      openLimit: capacity * max,
    });
    fleet = await createBurstFleet(account, { name, max, definition: render(definition) });
  }, 60_000);
  afterAll(() => account?.close(), 30_000);

  /** The states of the event's execution, which must succeed. */
  const send = async (status: string, job: string, runner = ''): Promise<readonly string[]> => {
    await fleet.start([{ status, token: secret, job, project: '1', runner }]);
    const [execution] = await fleet.executions();
    if (execution?.status !== 'SUCCEEDED')
      throw new Error(`${status} ${job}: ${JSON.stringify(execution && (await fleet.describe(execution)))}`);
    return (await fleet.history(execution)).flatMap(({ stateEnteredEventDetails }) =>
      stateEnteredEventDetails === undefined ? [] : [stateEnteredEventDetails.name],
    );
  };
  const open = async (): Promise<readonly string[]> => {
    const set = (await fleet.item())?.[lockItem.open] as { readonly NS: readonly string[] } | undefined;
    return (set?.NS ?? []).toSorted();
  };

  it('takes its usual ways as in the rehearsal', async () => {
    expect(await send('success', '1')).toEqual(expect.arrayContaining(['CloseJob', 'ExitStateMachine']));
    expect(await fleet.item()).toBeUndefined();

    expect(await send('pending', '1')).toHaveLength(19);
    expect(await fleet.desiredCapacity()).toBe(1);
    expect(await send('pending', '2')).toHaveLength(7);
    expect(await fleet.desiredCapacity()).toBe(1);
    expect(await send('pending', '3')).toContain('ScaleUp');
    expect(await fleet.desiredCapacity()).toBe(2);
    expect(await send('pending', '4')).toHaveLength(7);
    expect(await send('pending', '5')).toHaveLength(10);
    expect(await open()).toEqual(['1', '2', '3', '4']);
    expect(await send('pending', '')).toContain('CountDemandAgain');

    await fleet.addRunner('8');
    expect(await send('running', '1', '8')).toHaveLength(5);
    expect(await send('running', '2', '9')).toHaveLength(5);
    expect(await send('success', '3')).toHaveLength(5);
    expect(await send('created', '3')).toHaveLength(4);
    expect(await open()).toEqual(['1', '4']);
    expect(await send('failed', '1')).toHaveLength(5);
    expect(await send('canceled', '4')).toHaveLength(5);
    expect(await fleet.item()).not.toHaveProperty(lockItem.open);
    expect(await fleet.item()).not.toHaveProperty(lockItem.holder);

    await fleet.setDesiredCapacity(0);
    expect(await send('pending', '')).toEqual(expect.arrayContaining(['WantOneStill', 'WantOne', 'ScaleUp']));
    expect(await fleet.desiredCapacity()).toBe(1);
  }, 120_000);
});
