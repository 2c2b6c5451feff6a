import { readFileSync } from 'node:fs';
import { agentUnit, paths, runnerUnit } from '../../../ami/contract.ts';
import { parseUnit, timeSpan } from '../../../rehearsal/host/unit-file.ts';

const file = (name: string): string =>
  readFileSync(new URL(`../../../ami/roles/gitlab_runner/files/${name}`, import.meta.url), 'utf8');

describe('the units of the image', () => {
  it('start the agent again always, and watch it', () => {
    expect(parseUnit(agentUnit, [file(agentUnit)])).toMatchObject({
      type: 'notify',
      execStart: [paths.node, paths.agent, 'run'],
      restart: 'always',
      restartAfter: 5000,
      watchdog: 120_000,
      isAnyoneHeard: true,
      timeoutStart: Infinity,
      startLimit: { interval: 0, burst: 5 },
      conditions: [paths.settings],
      isEnablable: true,
    });
  });

  it('let the runner end its jobs, and do not start it again when it has ended', () => {
    expect(parseUnit(runnerUnit, [file(runnerUnit)])).toMatchObject({
      type: 'simple',
      execStart: [
        paths.runner,
        'run',
        '--config',
        paths.config,
        '--working-directory',
        '/var/lib/gitlab-runner',
        '--user',
        'gitlab-runner',
      ],
      execReload: ['/bin/kill', '-HUP', '$MAINPID'],
      killSignal: 'SIGQUIT',
      isKillMixed: true,
      timeoutStop: 12 * 3600 * 1000,
      restart: 'on-failure',
      startLimit: { interval: 0, burst: 5 },
      isEnablable: false,
    });
  });
});

describe('a unit file', () => {
  it('may be added to, and an empty value takes back what was before', () => {
    const unit = parseUnit('x', [
      '[Service]\nExecStart=/bin/a one\nEnvironment=A=1 "B=two words"',
      '[Service]\nExecStart=\nExecStart=/bin/b \\\n  two\nEnvironment=C=3',
    ]);
    expect(unit).toMatchObject({
      execStart: ['/bin/b', 'two'],
      environment: { A: '1', B: 'two words', C: '3' },
      restart: 'no',
      killSignal: 'SIGTERM',
    });
  });

  it.each([
    ['[Service]\nExecStart=/bin/a\nRestrat=always', /Service\.Restrat is no setting that is known here/],
    ['[Service]\nExecStart=/bin/a\nRestart=sometimes', /Restart=sometimes is not played/],
    ['[Service]\nType=notify', /ExecStart is missing/],
    ['[Service]\nnonsense', /is no setting/],
    ['[Service]\nExecStart=/bin/a\nRestartSec=soon', /"soon" is no time span/],
    ['[Service]\nExecStart=/bin/a\nKillSignal=SIGFOO', /there is no signal SIGFOO/],
    ['[Service]\nExecStart=-/bin/a', /the prefix of ExecStart=-\/bin\/a is not played/],
    ['[Service]\nExecStart=/bin/a\nExecStart=/bin/b', /there is more than one ExecStart/],
    ['[Service]\nExecStart=/bin/a %i', /the specifier %i is not played/],
    ['[Service]\nExecStart=/bin/a "b', /has a quote without an end/],
  ])('%j is refused', (text, says) => {
    expect(() => parseUnit('x', [text])).toThrow(says);
  });

  it.each([
    ['5', 5000],
    ['100ms', 100],
    ['1min 30s', 90_000],
    ['12h', 43_200_000],
    ['infinity', Infinity],
  ])('spans of time: %s is %d ms', (text, milliseconds) => {
    expect(timeSpan(text)).toBe(milliseconds);
  });
});
