import type { Answer } from '../../../ami/agent/decisions/step.ts';
import type { View } from '../../../ami/agent/decisions/view.ts';
import type { RunnerPort } from '../../../ami/agent/ports/runner.ts';
import { unregisterByHand } from '../../../ami/agent/unregistering.ts';
import { done, noRunner, refused, view } from './decisions/play.ts';

const idle = view({ polling: [] });
const busy = view({ running: 1, polling: [] });

async function unregistered(
  views: readonly View[],
  answers: Partial<Record<'stopPolling' | 'stop' | 'unregister', Answer>> = {},
  stop = new AbortController().signal,
) {
  const calls: string[] = [];
  const left = [...views];
  const call = (name: 'stopPolling' | 'stop' | 'unregister') => () => {
    calls.push(name);
    return Promise.resolve(answers[name] ?? done);
  };
  const runner = {
    look: () => Promise.resolve(left.shift() ?? noRunner),
    stopPolling: call('stopPolling'),
    stop: call('stop'),
    unregister: call('unregister'),
  } as unknown as RunnerPort;
  const why = await unregisterByHand({ runner, stop, pause: () => Promise.resolve() });
  return { calls, why, left: left.length };
}

describe('unregistering by hand', () => {
  it('lets jobs end, stops the runner, waits for its end, and takes it out of GitLab', async () => {
    expect(await unregistered([busy, busy, idle, busy, idle, idle, idle, noRunner])).toEqual({
      calls: ['stopPolling', 'stop', 'unregister'],
      why: undefined,
      left: 0,
    });
  });

  it('does not wait for a runner that is off', async () => {
    expect(await unregistered([noRunner, noRunner])).toMatchObject({ calls: ['stopPolling', 'stop', 'unregister'] });
  });

  it.each([
    ['stopPolling', /polling could not be stopped: not allowed/, ['stopPolling']],
    ['stop', /the runner could not be stopped: not allowed/, ['stopPolling', 'stop']],
    ['unregister', /GitLab did not take the runner out: not allowed/, ['stopPolling', 'stop', 'unregister']],
  ] as const)('says what went wrong at %s, and goes no further', async (name, why, calls) => {
    expect(await unregistered([idle, idle], { [name]: refused })).toMatchObject({
      calls,
      why: expect.stringMatching(why) as string,
    });
  });

  it('stops when it is interrupted, and says how things stand', async () => {
    expect(await unregistered([busy], {}, AbortSignal.abort())).toMatchObject({
      calls: ['stopPolling'],
      why: expect.stringContaining('interrupted') as string,
    });
  });
});
