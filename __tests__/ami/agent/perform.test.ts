import type { Step } from '../../../ami/agent/decisions/step.ts';
import type { Ports } from '../../../ami/agent/perform.ts';
import { perform } from '../../../ami/agent/perform.ts';

/** Ports that write down how they were called; each call is answered with its own name. */
function written() {
  const calls: (readonly unknown[])[] = [];
  const port = <Names extends string>(of: string, ...names: readonly Names[]) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        (...given: readonly unknown[]) => {
          calls.push([`${of}.${name}`, ...given]);
          return Promise.resolve({ kind: 'refused', why: `${of}.${name}` } as const);
        },
      ]),
    ) as Record<Names, () => Promise<never>>;
  const ports: Ports = {
    lockItem: port(
      'lockItem',
      'read',
      'acquire',
      'takeOver',
      'fence',
      'release',
      'noteRegistration',
      'countBootFailure',
    ),
    group: port('group', 'describe', 'setDesiredCapacity', 'terminate', 'recordHeartbeat', 'complete'),
    runner: {
      ...port('runner', 'look', 'fetchToken', 'checkExecutor', 'create', 'configure', 'start', 'verify'),
      ...port('runner', 'stopPolling', 'pollAgain', 'stop', 'abort', 'unregister'),
      ids: () => [7],
    },
    pause: (seconds) => {
      calls.push(['pause', seconds]);
      return Promise.resolve();
    },
  };
  return { calls, ports };
}

/** For every kind of step one that is done, and the one call that it is. */
const steps: {
  readonly [Name in Step['do']]: readonly [step: Extract<Step, { do: Name }>, ...call: readonly unknown[]];
} = {
  look: [{ do: 'look', seconds: 5 }, 'pause', 5],
  'read item': [{ do: 'read item' }, 'lockItem.read'],
  'acquire lock': [{ do: 'acquire lock', holder: 'me' }, 'lockItem.acquire', 'me'],
  'take lock over': [{ do: 'take lock over', holder: 'me', from: 'them' }, 'lockItem.takeOver', 'me', 'them'],
  fence: [{ do: 'fence', holder: 'me' }, 'lockItem.fence', 'me'],
  'release lock': [
    { do: 'release lock', holder: 'me', asked: 5, clearOpen: { wakeCount: 7 } },
    'lockItem.release',
    'me',
    expect.objectContaining({ asked: 5, clearOpen: { wakeCount: 7 } }),
  ],
  'describe group': [{ do: 'describe group' }, 'group.describe'],
  'set desired capacity': [{ do: 'set desired capacity', capacity: 3 }, 'group.setDesiredCapacity', 3],
  'terminate instance': [{ do: 'terminate instance', decrement: false }, 'group.terminate', false],
  'complete lifecycle action': [
    { do: 'complete lifecycle action', hook: 'launch', result: 'ABANDON' },
    'group.complete',
    'launch',
    'ABANDON',
  ],
  'fetch token': [{ do: 'fetch token' }, 'runner.fetchToken'],
  'check executor': [{ do: 'check executor' }, 'runner.checkExecutor'],
  'create runner': [{ do: 'create runner' }, 'runner.create'],
  'configure runner': [{ do: 'configure runner' }, 'runner.configure'],
  'start runner': [{ do: 'start runner' }, 'runner.start'],
  'verify runner': [{ do: 'verify runner' }, 'runner.verify'],
  'note registration': [{ do: 'note registration' }, 'lockItem.noteRegistration', [7]],
  'count boot failure': [{ do: 'count boot failure' }, 'lockItem.countBootFailure'],
  'abort jobs': [{ do: 'abort jobs' }, 'runner.abort'],
  'stop polling': [{ do: 'stop polling' }, 'runner.stopPolling'],
  'poll again': [{ do: 'poll again' }, 'runner.pollAgain'],
  'stop runner': [{ do: 'stop runner' }, 'runner.stop'],
  unregister: [{ do: 'unregister' }, 'runner.unregister'],
};

describe('doing a step', () => {
  it.each(Object.entries(steps))('%s is this one call, and nothing else', async (_, [step, ...call]) => {
    const { calls, ports } = written();
    const answer = await perform(step, ports);
    expect(calls).toEqual([call]);
    expect(answer).toEqual(step.do === 'look' ? { kind: 'looked' } : { kind: 'refused', why: call[0] });
  });

  it('tells the port whether an instance that leaves lowers the capacity', async () => {
    const { calls, ports } = written();
    await perform({ do: 'terminate instance', decrement: true }, ports);
    expect(calls).toEqual([['group.terminate', true]]);
  });

  it('lets go with nothing else when nothing else is to be written', async () => {
    const { calls, ports } = written();
    await perform({ do: 'release lock', holder: 'me' }, ports);
    const [, , writes] = calls[0] as readonly [string, string, object];
    expect(writes).not.toHaveProperty('asked');
    expect(writes).not.toHaveProperty('clearOpen');
  });

  it('sends a heartbeat before a look that asks for one, and looks though it fails', async () => {
    const { calls, ports } = written();
    expect(await perform({ do: 'look', seconds: 3, heartbeat: 'launch' }, ports)).toEqual({ kind: 'looked' });
    expect(calls).toEqual([
      ['group.recordHeartbeat', 'launch'],
      ['pause', 3],
    ]);
  });

  it('does not hide a mistake of ours', async () => {
    const { ports } = written();
    const mistake = new TypeError('x is not a function');
    const broken = { ...ports, group: { ...ports.group, describe: () => Promise.reject(mistake) } };
    await expect(perform({ do: 'describe group' }, broken)).rejects.toBe(mistake);
  });
});
