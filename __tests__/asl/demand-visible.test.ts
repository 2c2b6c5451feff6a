import type { Machine } from '../../asl/machine.ts';
import { document } from '../../asl/path.ts';
import type { ErrorOutput } from '../../asl/states.ts';
import { looks } from '../../asl/visible-change.ts';
import type { Execution } from '../../rehearsal/step-functions/server.ts';
import { closeAll, demandMachine, jobIds, open } from './demand-world.ts';
import type { Meddle } from './intercepting-proxy.ts';
import { entered } from './routes.ts';
import { startScaleOutWorld } from './scale-out-world.ts';
import type { World } from './scale-out-world.ts';

const group = { desired: 1, max: 10 } as const;
const machine = demandMachine({ group });

/** The machine as it would be with another state in the place of one. */
const changed = (name: string, fields: object): Machine => ({
  ...machine,
  States: { ...machine.States, [name]: { ...machine.States[name], ...fields } as Machine['States'][string] },
});

/** It lets go as soon as the capacity is set. */
const withoutLooking = changed('ScaleUp', { Next: 'ReleaseLock' });

/** It sends the change again, and lets go. */
const impatient = changed('ScaleUp', {
  Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1, BackoffRate: 1 }],
  Catch: [
    { ErrorEquals: ['States.ALL'], ResultPath: document<{ readonly error: ErrorOutput }>().error, Next: 'LetGo' },
  ],
});

describe('a change that is not visible at once', () => {
  let world: World | undefined;

  afterEach(async () => {
    await world?.close();
    world = undefined;
  });

  const run = async (here: World, job: string): Promise<Execution> => {
    await here.send({ job });
    await here.settled();
    const execution = here.executions().at(-1);
    if (execution === undefined) throw new Error('nothing was executed');
    return execution;
  };

  /** Ten machines are set and not seen; then most jobs end, and the next event wants two. */
  const tenThenTwo = async (deployed: Machine, staleAnswers: number): Promise<World> => {
    let isFirst = true;
    const unseen: Meddle = async (forward) => {
      const answer = await forward();
      if (isFirst) here.faults.add('DescribeAutoScalingGroups', { kind: 'stale', answers: staleAnswers });
      isFirst = false;
      return answer;
    };
    const here = (world = await startScaleOutWorld({
      machine: deployed,
      group,
      waitScale: 0.001,
      meddling: () => ({ ScaleUp: [unseen] }),
    }));
    await open(here, jobIds(20));
    await run(here, jobIds(20)[0]!);
    await closeAll(here);
    await open(here, ['1', '2']);
    await run(here, '3');
    return here;
  };

  it('does not mislead the next holder of the lock, who wants less', async () => {
    const here = await tenThenTwo(machine, 3);
    expect(here.capacities()).toEqual([10]);
    expect(here.executions().map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it('would mislead it, if the lock were let go before the change is seen', async () => {
    const here = await tenThenTwo(withoutLooking, 3);
    expect(here.capacities()).toEqual([10, 2]);
  });

  it('is waited for as long as a description can be stale, and no longer', async () => {
    const here = await tenThenTwo(machine, looks.most);
    const [first] = here.executions();
    expect(entered(first!, 'SeeChange')).toBe(looks.most);
    expect(here.capacities()).toEqual([10]);
  });

  /** The call is held up on its way, more jobs are opened meanwhile, and it takes effect when somebody else has had the lock, or could have it. */
  const heldUp = async (deployed: Machine, attempts: number): Promise<World> => {
    let letThrough = (): Promise<unknown> => Promise.resolve();
    const held: Meddle = async (forward) => {
      letThrough = forward;
      await open(here, jobIds(12));
      return 'cut';
    };
    const here = (world = await startScaleOutWorld({
      machine: deployed,
      group,
      waitScale: 0.001,
      meddling: () => ({
        ScaleUp: Array.from({ length: attempts }, () => held),
        // Of the next to hold the lock, whoever let it go.
        ReleaseLock: [
          async (forward) => {
            const answer = await forward();
            await letThrough();
            return answer;
          },
        ],
        // Of who has waited until it lapsed: by then the call has had its effect.
        TakeOver: [
          async (forward) => {
            await letThrough();
            letThrough = () => Promise.resolve();
            return forward();
          },
        ],
      }),
    }));
    await open(here, jobIds(4));
    await run(here, jobIds(4)[0]!);
    return here;
  };

  it('and that nobody answered has had its effect before anybody else can hold the lock', async () => {
    const here = await heldUp(machine, 1);
    const [execution] = here.executions();
    expect(execution).toMatchObject({ status: 'SUCCEEDED' });
    expect(execution!.states).toContain('CountUnanswered');
    expect(execution!.states).not.toContain('LetGo');
    expect(here.capacities()).toEqual([2, 6]);
  });

  it('and that nobody answered could lower the group, if it were sent again and the lock let go', async () => {
    const here = await heldUp(impatient, 2);
    expect(here.executions()[0]!.states).toContain('LetGo');
    expect(here.capacities()).toEqual([6, 2]);
  });
});
