import { live } from '../../../ami/agent/daemon.ts';
import type { Agent } from '../../../ami/agent/decisions/agent.ts';
import { fail } from '../../../ami/agent/decisions/failing.ts';
import type { Answer } from '../../../ami/agent/decisions/step.ts';
import type { View } from '../../../ami/agent/decisions/view.ts';
import { openLog } from '../../../ami/agent/log.ts';
import type { Ports } from '../../../ami/agent/perform.ts';
import { done, firstInstance, group, item, refused, view } from './decisions/play.ts';

interface Lived {
  readonly steps: readonly string[];
  readonly lines: readonly Record<string, unknown>[];
  readonly states: readonly Agent[];
}

/** Lives until so many pauses are over. */
async function lived(pauses: number, given: { readonly token?: Answer; readonly view?: View } = {}): Promise<Lived> {
  const steps: string[] = [];
  const lines: Record<string, unknown>[] = [];
  const states: Agent[] = [];
  const stop = new AbortController();
  let milliseconds = 0;
  let left = pauses;
  const answer = (name: string, value: Answer) => () => {
    steps.push(name);
    return Promise.resolve(value);
  };
  const ports: Ports = {
    lockItem: {
      read: answer('read', { kind: 'item', item: item() }),
      noteRegistration: answer('noteRegistration', done),
      countBootFailure: answer('countBootFailure', refused),
    } as unknown as Ports['lockItem'],
    group: { describe: answer('describe', { kind: 'group', group: group(1) }) } as unknown as Ports['group'],
    runner: {
      fetchToken: answer('fetchToken', given.token ?? done),
      checkExecutor: answer('checkExecutor', done),
      create: answer('create', done),
      configure: answer('configure', done),
      start: answer('start', done),
      verify: answer('verify', done),
      stopPolling: answer('stopPolling', done),
      pollAgain: answer('pollAgain', done),
      stop: answer('stop', done),
      abort: answer('abort', done),
      unregister: answer('unregister', done),
      ids: () => [],
      look: () => Promise.resolve(given.view ?? view()),
    },
    pause: (seconds) => {
      milliseconds += seconds * 1000;
      left -= 1;
      if (left === 0) stop.abort();
      return Promise.resolve();
    },
  };
  let count = 0;
  await live({
    settings: firstInstance,
    ports,
    now: () => milliseconds,
    unique: () => String((count += 1)),
    log: openLog('info', {}, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) }),
    stop: stop.signal,
    onStep: (state) => states.push(state),
  });
  return { steps, lines, states };
}

describe('the daemon', () => {
  it('does the steps that are decided, one after the other', async () => {
    const { steps } = await lived(3);
    expect(steps).toEqual([
      'fetchToken',
      'checkExecutor',
      'create',
      'configure',
      'start',
      'verify',
      'noteRegistration',
      'describe',
      'pollAgain',
      'read',
    ]);
  });

  it('tells of every step that does something, of what failed and why, and of each new phase', async () => {
    const { lines } = await lived(2, { token: refused });
    expect(lines.map(({ notice, step, why }) => [notice, step, why].filter(Boolean))).toEqual([
      ['agent begins'],
      ['step failed', 'fetch token', 'not allowed'],
      ['step failed', 'fetch token', 'not allowed'],
      ['agent ends'],
    ]);
    const { lines: well } = await lived(3);
    expect(well.find(({ notice }) => notice === 'phase changed')).toMatchObject({ from: 'booting', to: 'working' });
    expect(well.filter(({ step }) => step === 'look' || step === 'read item')).toEqual([]);
  });

  it('tells why it fails', async () => {
    const { lines } = await lived(20, { token: refused });
    expect(lines.find(({ to }) => to === 'failing')).toMatchObject({ why: 'fetch token: not allowed' });
  });

  it('ends between two steps when it is stopped, and decides nothing more', async () => {
    const { states } = await lived(1, { token: refused });
    expect(states).toHaveLength(1);
  });

  it('does nothing when it was stopped before, wherever it would begin', async () => {
    const lines: string[] = [];
    await live({
      settings: firstInstance,
      ports: {} as Ports,
      now: () => 0,
      unique: () => '1',
      log: openLog('info', {}, { write: (line) => lines.push(line) }),
      stop: AbortSignal.abort(),
      first: fail('the settings are wrong', 0),
    });
    expect(lines.join('')).toMatch(/"phase":"failing".*agent begins.*agent ends/s);
  });
});
