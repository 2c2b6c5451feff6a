import type { Answer } from '../../../ami/agent/decisions/step.ts';
import type { Runner, View } from '../../../ami/agent/decisions/view.ts';
import type { Parts, Remembered, Token } from '../../../ami/agent/runner-on-host.ts';
import { runnerOnHost } from '../../../ami/agent/runner-on-host.ts';

const done: Answer = { kind: 'done' };
const refused = { kind: 'refused', why: 'not allowed' } as const;
const unknown = { kind: 'unknown', why: 'no answer' } as const;

const shared: Token = { token: 'glrt-shared', isRunnerToken: true };
const api: Token = { token: 'glpat-api', isRunnerToken: false };

/** A host on which everything goes well until something else is given. It writes down every call that does something. */
function host({
  token = shared,
  isOn = true,
  config,
  remembered = {},
  systemId = 's_0123',
  ...given
}: {
  readonly token?: Token;
  readonly isOn?: boolean;
  readonly config?: string;
  readonly remembered?: Remembered;
  readonly systemId?: string | undefined;
  readonly [part: string]: unknown;
} = {}) {
  const calls: string[] = [];
  const now = { config, remembered, isOn, runner: undefined as Runner | undefined, signals: { isToldToGo: false } };
  const called = <T>(what: string, answer: T): Promise<T> => {
    calls.push(what);
    return Promise.resolve((given[what.split(' ')[0]!] as T | undefined) ?? answer);
  };
  const parts: Parts = {
    fetchToken: () => called('fetchToken', { kind: 'brought', value: token }),
    gitLab: {
      verify: (of, id) => called(`verify ${of} ${id}`, { kind: 'brought', value: { id: 7 } }),
      create: (by) => called(`create ${by}`, { kind: 'brought', value: { id: 8, token: 'glrt-made' } }),
      deleteMade: (by) => called(`deleteMade ${by}`, done),
      deleteRunner: (of) => called(`deleteRunner ${of}`, done),
      deleteManager: (of, id) => called(`deleteManager ${of} ${id}`, done),
    },
    render: (of) =>
      Promise.resolve({ kind: 'brought', value: { withRunners: `polls with ${of}`, withoutRunners: 'polls not' } }),
    strip: () => 'polls not',
    lint: (text) => called(`lint ${text}`, done),
    files: {
      readConfig: () => Promise.resolve(now.config),
      writeConfig: async (text) => {
        const answer = await called(`writeConfig ${text}`, done);
        if (answer.kind === 'done') now.config = text;
        return answer;
      },
      systemId: () => Promise.resolve(systemId),
      recall: () => Promise.resolve(now.remembered),
      remember: async (what) => {
        const answer = await called(`remember ${JSON.stringify(what)}`, done);
        if (answer.kind === 'done') now.remembered = what;
        return answer;
      },
    },
    unit: {
      start: () => called('start', done),
      stop: () => called('stop', done),
      abort: () => called('abort', done),
      reload: () => called('reload', done),
      isOn: () => Promise.resolve(now.isOn),
    },
    checkExecutor: () => called('checkExecutor', done),
    metrics: (isPolling) =>
      Promise.resolve(now.runner && { ...now.runner, polling: isPolling ? now.runner.polling : [] }),
    signals: () => Promise.resolve(now.signals),
    isNoted: true,
    ...(given.parts as Partial<Parts> | undefined),
  };
  return { calls, now, runner: runnerOnHost(parts) };
}

const booted = async (given: Parameters<typeof host>[0] = {}) => {
  const made = host(given);
  const { runner } = made;
  expect(await runner.fetchToken()).toEqual(done);
  expect(await runner.checkExecutor()).toEqual(done);
  expect(await runner.create()).toEqual(done);
  expect(await runner.configure()).toEqual(done);
  expect(await runner.start()).toEqual(done);
  expect(await runner.verify()).toEqual(done);
  return made;
};

describe('a runner that all instances share', () => {
  it('is checked, started without polling, and verified with the system id of this instance', async () => {
    const { calls, runner } = await booted();
    expect(calls).toEqual([
      'fetchToken',
      'checkExecutor',
      'lint polls with glrt-not-a-token',
      'writeConfig polls not',
      'reload',
      'start',
      'verify glrt-shared s_0123',
    ]);
    expect(runner.ids()).toEqual([7]);
  });

  it('is unregistered as this manager only', async () => {
    const { calls, runner } = await booted();
    expect(await runner.unregister()).toEqual(done);
    expect(calls.at(-1)).toBe('deleteManager glrt-shared s_0123');
  });

  it('is unregistered by an agent that was restarted and knows nothing yet', async () => {
    const { calls, runner } = host();
    expect(await runner.unregister()).toEqual(done);
    expect(calls).toEqual(['fetchToken', 'deleteManager glrt-shared s_0123']);
  });

  it('has nothing to unregister when the runner was never started', async () => {
    const { calls, runner } = host({ parts: { files: { ...noFiles } } });
    expect(await runner.unregister()).toEqual(done);
    expect(calls).toEqual([]);
  });

  it('is not named to the fleet when the strategy does not ask for it', async () => {
    const { runner } = await booted({ parts: { isNoted: false } });
    expect(runner.ids()).toEqual([]);
  });

  it('waits for the system id', async () => {
    const { runner } = host({ parts: { files: { ...noFiles } } });
    await runner.fetchToken();
    await runner.create();
    expect(await runner.verify()).toMatchObject({ kind: 'unknown' });
  });
});

const noFiles: Parts['files'] = {
  readConfig: () => Promise.resolve(undefined),
  writeConfig: () => Promise.resolve(done),
  systemId: () => Promise.resolve(undefined),
  recall: () => Promise.resolve({}),
  remember: () => Promise.resolve(done),
};

describe('a runner that is made for this instance with an API token', () => {
  it('is written down before and after GitLab is asked', async () => {
    const { calls } = await booted({ token: api });
    expect(calls.filter((call) => /^(remember|create)/.test(call))).toEqual([
      'remember {"isMaking":true}',
      'create glpat-api',
      'remember {"made":{"id":8,"token":"glrt-made"}}',
    ]);
    expect(calls).toContain('verify glrt-made s_0123');
  });

  it('is not made a second time after a crash', async () => {
    const { calls } = await booted({ token: api, remembered: { made: { id: 8, token: 'glrt-before' } } });
    expect(calls.filter((call) => /^(create|deleteMade)/.test(call))).toEqual([]);
    expect(calls).toContain('verify glrt-before s_0123');
  });

  it('is deleted first when a crash came between asking and writing down', async () => {
    const { calls } = await booted({ token: api, remembered: { isMaking: true } });
    expect(calls.filter((call) => /^(create|deleteMade)/.test(call))).toEqual([
      'deleteMade glpat-api',
      'create glpat-api',
    ]);
  });

  it.each([
    ['deleting it', { remembered: { isMaking: true }, deleteMade: unknown }, unknown, { isMaking: true }],
    ['writing it down', { remember: refused }, refused, {}],
    ['making it, and nobody knows', { create: unknown }, unknown, { isMaking: true }],
    ['making it, which GitLab refuses', { create: refused }, refused, {}],
  ])('is not there when %s fails', async (_, given, answer, remembered) => {
    const { now, runner } = host({ token: api, ...given } as never);
    await runner.fetchToken();
    expect(await runner.create()).toEqual(answer);
    expect(now.remembered).toEqual(remembered);
  });

  it('is deleted when the instance goes, also by an agent that was restarted, and forgotten', async () => {
    const { calls, now, runner } = host({ token: api, remembered: { made: { id: 8, token: 'glrt-made' } } });
    expect(await runner.unregister()).toEqual(done);
    expect(calls[0]).toBe('deleteRunner glrt-made');
    expect(now.remembered).toEqual({});
  });

  it('is remembered when it could not be deleted', async () => {
    const made = { made: { id: 8, token: 'glrt-made' } };
    const { now, runner } = host({ token: api, remembered: made, deleteRunner: unknown });
    expect(await runner.unregister()).toEqual(unknown);
    expect(now.remembered).toEqual(made);
  });

  it('has no manager of a shared runner to delete', async () => {
    const { calls, runner } = host({ token: api });
    expect(await runner.unregister()).toEqual(done);
    expect(calls).toEqual(['fetchToken']);
  });
});

describe('polling', () => {
  it('begins with the runners in the configuration and ends without them; the runner is told each time', async () => {
    const { calls, runner } = await booted();
    calls.length = 0;
    expect(await runner.pollAgain()).toEqual(done);
    expect(await runner.stopPolling()).toEqual(done);
    expect(calls).toEqual(['writeConfig polls with glrt-shared', 'reload', 'writeConfig polls not', 'reload']);
  });

  it('does not write what is there', async () => {
    const { calls, runner } = await booted();
    await runner.pollAgain();
    calls.length = 0;
    expect(await runner.pollAgain()).toEqual(done);
    expect(calls).toEqual(['reload']);
  });

  it('can be stopped before anything is known of the token', async () => {
    const { now, runner } = host({ config: 'polls with glrt-before' });
    expect(await runner.stopPolling()).toEqual(done);
    expect(now.config).toBe('polls not');
  });

  it('is stopped where there is no configuration', async () => {
    const { calls, runner } = host();
    expect(await runner.stopPolling()).toEqual(done);
    expect(calls).toEqual([]);
  });

  it('cannot begin before the token is known', async () => {
    expect(await host().runner.pollAgain()).toMatchObject({ kind: 'refused' });
  });

  it('has neither begun nor ended when the file cannot be written', async () => {
    const { runner } = await booted();
    await runner.pollAgain();
    const broken = host({ config: 'polls with glrt-shared', writeConfig: refused });
    expect(await broken.runner.stopPolling()).toEqual(refused);
  });

  it('counts as told when the runner is off: it reads the file when it starts', async () => {
    const { runner } = host({ config: 'polls with glrt-shared', reload: refused, isOn: false });
    expect(await runner.stopPolling()).toEqual(done);
    const { runner: on } = host({ config: 'polls with glrt-shared', reload: refused });
    expect(await on.stopPolling()).toEqual(refused);
  });

  it('is left alone by an agent that was restarted, as long as the runner is on', async () => {
    const { calls } = await booted({ config: 'polls with glrt-shared' });
    expect(calls.filter((call) => call.startsWith('writeConfig'))).toEqual([]);
    const { calls: off } = await booted({ config: 'polls with glrt-shared', isOn: false });
    expect(off).toContain('writeConfig polls not');
  });

  it('does not begin with a configuration that GitLab Runner does not take', async () => {
    const { calls, runner } = host({ lint: refused });
    await runner.fetchToken();
    await runner.create();
    expect(await runner.configure()).toEqual(refused);
    expect(calls.filter((call) => call.startsWith('writeConfig'))).toEqual([]);
  });

  it('does not begin with one that cannot be rendered', async () => {
    const { runner } = host({ parts: { render: () => Promise.resolve(refused) } });
    await runner.fetchToken();
    await runner.create();
    expect(await runner.configure()).toEqual(refused);
  });
});

describe('a look', () => {
  const seen: Runner = {
    running: 0,
    concurrent: 6,
    inFlight: 0,
    polling: [{ id: 'one', requestConcurrency: 1, inFlight: 0, empty: 1, others: 0, refused: 0 }],
  };

  it('shows the runner, and its entries only while it polls', async () => {
    const { now, runner } = await booted();
    now.runner = seen;
    const view: View = { isToldToGo: false, isRunnerOn: true, runner: { ...seen, polling: [] } };
    expect(await runner.look()).toEqual(view);
    await runner.pollAgain();
    expect(await runner.look()).toEqual({ ...view, runner: seen });
  });

  it.each([true, false])('asks systemd where the metrics do not answer: on %s', async (isOn) => {
    const { now, runner } = await booted();
    now.isOn = isOn;
    expect(await runner.look()).toEqual({ isToldToGo: false, isRunnerOn: isOn });
  });
});

it('tells what came of a step that cannot be done', async () => {
  const { runner } = host({ fetchToken: refused, verify: refused });
  expect(await runner.fetchToken()).toEqual(refused);
  expect(await runner.create()).toMatchObject({ kind: 'refused' });
  expect(await runner.configure()).toMatchObject({ kind: 'refused' });
  expect(await runner.verify()).toMatchObject({ kind: 'refused' });
  expect(await runner.unregister()).toEqual(refused);
  const { runner: denied } = host({ verify: refused });
  await denied.fetchToken();
  await denied.create();
  expect(await denied.verify()).toEqual(refused);
});

it('stops and aborts the process as it is told', async () => {
  const { calls, runner } = host();
  await runner.stop();
  await runner.abort();
  expect(calls).toEqual(['stop', 'abort']);
});
