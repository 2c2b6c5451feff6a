/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A machine with a few services and somebody who starts and stops them. */
export interface Machine {
  /** Runs a program on it; services write to files below `folder`. */
  run(program: string, ...words: readonly string[]): Promise<Ended>;
  /** A file of the machine; undefined while there is none. */
  file(path: string): string | undefined;
  close(): Promise<void>;
}
/** Unit files by their names, `example.service`. `folder` in them is a folder where services may write. */
export type MakeMachine = (units: Readonly<Record<string, string>>) => Promise<Machine>;

/** Where services of these tests write, on every machine. */
export const folder = '/opt/rehearsal';

interface Known {
  readonly state: string;
  readonly result: string;
  readonly restarts: number;
  /** `1 3` is exit code 3, `2 9` is SIGKILL, `0 0` is not known. */
  readonly main: string;
  readonly pid: number;
}

interface Asking {
  readonly machine: Machine;
  readonly systemctl: (...words: readonly string[]) => Promise<Ended>;
  /** What `systemctl show` tells of a unit. */
  readonly known: (unit?: string) => Promise<Known>;
  /** Looks until the unit is like this; fails with what it is after five seconds. */
  readonly becomes: (wanted: Partial<Known>, unit?: string) => Promise<Known>;
  /** The lines that services have written to `folder`/log. */
  readonly log: () => readonly string[];
}

interface Case {
  readonly units: Readonly<Record<string, string>>;
  readonly check: (asking: Asking) => Promise<void>;
}

/** One unit, `example.service`. */
const service = (...lines: readonly string[]) => ({ 'example.service': `[Service]\n${lines.join('\n')}\n` });
const log = `${folder}/log`;
/** In a script: waits until the test says so. */
const wait = `while [ ! -e ${folder}/go ]; do sleep 0.05; done`;
const go = (machine: Machine): Promise<Ended> => machine.run('/bin/sh', '-c', `touch ${folder}/go`);
const unloaded = { state: 'inactive/dead', result: 'success', restarts: 0, main: '0 0', pid: 0 };
const ok = { code: 0, stdout: '', stderr: '' };
const seeMore = 'See "systemctl status example.service" and "journalctl -xeu example.service" for details.\n';

/**
 * What systemd owes the agent and its units. Every line of it was first seen at systemd 252, which is the one of Amazon Linux 2023;
 * systemd.service(5), systemd.kill(5) and systemctl(1) say why.
 */
const cases: Readonly<Record<string, Case>> = {
  'starts and stops a simple service': {
    units: service('ExecStart=/bin/sleep 1000'),
    check: async ({ systemctl, known }) => {
      expect(await systemctl('is-active', 'example.service')).toEqual({ code: 3, stdout: 'inactive\n', stderr: '' });
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      const { pid, ...rest } = await known();
      expect(pid).toBeGreaterThan(0);
      expect(rest).toEqual({ state: 'active/running', result: 'success', restarts: 0, main: '0 0' });
      expect(await systemctl('is-active', 'example.service')).toEqual({ code: 0, stdout: 'active\n', stderr: '' });
      expect(await systemctl('is-active', '--quiet', 'example.service')).toEqual(ok);
      expect(await systemctl('start', 'example')).toEqual(ok);
      expect((await known()).pid).toBe(pid);
      expect((await systemctl('status', 'example.service')).code).toBe(0);
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect(await known()).toEqual(unloaded);
      expect((await systemctl('status', 'example.service')).code).toBe(3);
    },
  },
  'shows only what it is asked for, and nothing for what it does not know': {
    units: service('ExecStart=/bin/sleep 1000'),
    check: async ({ systemctl }) => {
      await systemctl('start', 'example.service');
      expect(await systemctl('show', '--property=ActiveState', '--property=Nonsense', 'example.service')).toEqual({
        ...ok,
        stdout: 'ActiveState=active\n',
      });
      expect((await systemctl('show', '-p', 'SubState,ActiveState', 'example.service')).stdout).toBe(
        'ActiveState=active\nSubState=running\n',
      );
      expect((await systemctl('show', '--value', '--property=ActiveState', 'example.service')).stdout).toBe('active\n');
      expect((await systemctl('is-active', 'example.service', 'nothing.service')).code).toBe(0);
    },
  },
  'says of a unit that is not there what each command makes of it': {
    units: {},
    check: async ({ systemctl, known }) => {
      const answers: Record<string, unknown> = {};
      for (const verb of ['start', 'stop', 'restart', 'reload', 'kill', 'status', 'is-active', 'enable', 'disable'])
        answers[verb] = Object.values(await systemctl(verb, 'nothing.service'));
      expect(answers).toEqual({
        start: [5, '', 'Failed to start nothing.service: Unit nothing.service not found.\n'],
        stop: [5, '', 'Failed to stop nothing.service: Unit nothing.service not loaded.\n'],
        restart: [5, '', 'Failed to restart nothing.service: Unit nothing.service not found.\n'],
        reload: [5, '', 'Failed to reload nothing.service: Unit nothing.service not found.\n'],
        kill: [1, '', 'Failed to kill unit nothing.service: Unit nothing.service not loaded.\n'],
        status: [4, '', 'Unit nothing.service could not be found.\n'],
        'is-active': [3, 'inactive\n', ''],
        enable: [1, '', 'Failed to enable unit: Unit file nothing.service does not exist.\n'],
        disable: [1, '', 'Failed to disable unit: Unit file nothing.service does not exist.\n'],
      });
      expect(await known('nothing.service')).toEqual(unloaded);
      expect(await systemctl('frobnicate', 'nothing.service')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'Unknown command verb frobnicate.\n',
      });
    },
  },
  'calls an exit code a failure, and keeps it until it is told to forget': {
    units: service('ExecStart=/bin/sh -c "exit 3"'),
    check: async ({ systemctl, becomes, known }) => {
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      await becomes({ state: 'failed/failed', result: 'exit-code', main: '1 3', pid: 0 });
      expect(await systemctl('is-active', 'example.service')).toEqual({ code: 3, stdout: 'failed\n', stderr: '' });
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect((await known()).state).toBe('failed/failed');
      expect(await systemctl('reset-failed', 'example.service')).toEqual(ok);
      expect(await known()).toEqual(unloaded);
    },
  },
  'calls a failure what is a success for this unit': {
    units: service('ExecStart=/bin/sh -c "exit 3"', 'SuccessExitStatus=3'),
    check: async ({ systemctl, becomes }) => {
      await systemctl('start', 'example.service');
      await becomes(unloaded);
    },
  },
  'fails with 203 where there is no such program': {
    units: service('ExecStart=/opt/rehearsal/nowhere'),
    check: async ({ systemctl, becomes }) => {
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      await becomes({ state: 'failed/failed', result: 'exit-code', main: '1 203' });
    },
  },
  'takes SIGTERM for a clean end, and SIGKILL for a failure': {
    units: service('ExecStart=/bin/sleep 1000'),
    check: async ({ systemctl, becomes }) => {
      await systemctl('start', 'example.service');
      expect(await systemctl('kill', '--signal=SIGTERM', 'example.service')).toEqual(ok);
      await becomes(unloaded);
      await systemctl('start', 'example.service');
      expect(await systemctl('kill', '--signal=KILL', 'example.service')).toEqual(ok);
      await becomes({ state: 'failed/failed', result: 'signal', main: '2 9' });
    },
  },
  'does not excuse a death by its own KillSignal': {
    units: service('ExecStart=/bin/sleep 1000', 'KillSignal=SIGQUIT', 'LimitCORE=0'),
    check: async ({ systemctl, known }) => {
      await systemctl('start', 'example.service');
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect(await known()).toMatchObject({ state: 'failed/failed', result: 'signal', main: '2 3' });
    },
  },
  'sends the KillSignal, which the service may answer with an end of its own': {
    units: service(
      `ExecStart=/bin/sh -c 'trap "echo quit >> ${log}; exit 0" QUIT; echo up >> ${log}; while :; do sleep 0.05; done'`,
      'KillSignal=SIGQUIT',
      'KillMode=mixed',
      'Restart=on-failure',
    ),
    check: async ({ systemctl, known, log, becomes }) => {
      await systemctl('start', 'example.service');
      await becomes({ state: 'active/running' });
      await until(() => log().includes('up'));
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect(await known()).toEqual(unloaded);
      expect(log()).toEqual(['up', 'quit']);
    },
  },
  'kills what does not end in time, and calls it a failure': {
    units: service(
      `ExecStart=/bin/sh -c 'trap "" TERM; echo up >> ${log}; while :; do sleep 0.05; done'`,
      'TimeoutStopSec=300ms',
      'Restart=always',
    ),
    check: async ({ systemctl, known, log }) => {
      await systemctl('start', 'example.service');
      await until(() => log().includes('up'));
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect(await known()).toMatchObject({ state: 'failed/failed', result: 'timeout', main: '2 9' });
    },
  },
  'does not wait with --no-block, and starts again only after the end': {
    units: service(
      `ExecStart=/bin/sh -c 'trap "${wait}; exit 0" TERM; echo up >> ${log}; while :; do sleep 0.05; done'`,
      'ExecReload=/bin/true',
      'KillMode=mixed',
    ),
    check: async ({ systemctl, known, log, machine }) => {
      await systemctl('start', 'example.service');
      await until(() => log().includes('up'));
      const { pid } = await known();
      expect(await systemctl('stop', '--no-block', 'example.service')).toEqual(ok);
      expect(await known()).toMatchObject({ state: 'deactivating/stop-sigterm', pid });
      expect(await systemctl('is-active', 'example.service')).toMatchObject({ code: 3, stdout: 'deactivating\n' });
      expect(await systemctl('reload', 'example.service')).toMatchObject({
        code: 1,
        stderr: 'example.service is not active, cannot reload.\n',
      });
      const started = systemctl('start', 'example.service');
      await go(machine);
      expect(await started).toEqual(ok);
      const after = await known();
      expect(after).toMatchObject({ state: 'active/running' });
      expect(after.pid).not.toBe(pid);
    },
  },
  'restarts what runs, and starts what does not': {
    units: service('ExecStart=/bin/sleep 1000'),
    check: async ({ systemctl, known }) => {
      expect(await systemctl('restart', 'example.service')).toEqual(ok);
      const { pid } = await known();
      expect(await systemctl('restart', 'example.service')).toEqual(ok);
      const after = await known();
      expect(after).toMatchObject({ state: 'active/running', restarts: 0 });
      expect(after.pid).not.toBe(pid);
    },
  },
  'starts a service again that ends, always': {
    units: service('ExecStart=/bin/sh -c "exit 0"', 'Restart=always', 'RestartSec=1'),
    check: async ({ systemctl, becomes, known }) => {
      await systemctl('start', 'example.service');
      await becomes({ state: 'activating/auto-restart', result: 'success', restarts: 0, main: '1 0', pid: 0 });
      expect(await systemctl('is-active', 'example.service')).toMatchObject({ code: 3, stdout: 'activating\n' });
      await becomes({ state: 'activating/auto-restart', restarts: 1 });
      expect(await systemctl('stop', 'example.service')).toEqual(ok);
      expect(await known()).toEqual(unloaded);
    },
  },
  'starts a service again only after a failure': {
    units: service('ExecStart=/bin/sleep 1000', 'Restart=on-failure', 'RestartSec=50ms'),
    check: async ({ systemctl, becomes }) => {
      await systemctl('start', 'example.service');
      const before = await becomes({ state: 'active/running' });
      await systemctl('kill', '--signal=SIGKILL', 'example.service');
      const after = await becomes({ state: 'active/running', restarts: 1, result: 'success' });
      expect(after.pid).not.toBe(before.pid);
      await systemctl('kill', '--signal=SIGTERM', 'example.service');
      await becomes(unloaded);
    },
  },
  'gives up after five starts in ten seconds, unless the unit says otherwise': {
    units: {
      ...service('ExecStart=/bin/false', 'Restart=always', 'RestartSec=10ms'),
      'endless.service':
        '[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=10ms\n',
    },
    check: async ({ systemctl, becomes, known }) => {
      await systemctl('start', 'example.service');
      await systemctl('start', 'endless.service');
      await becomes({ state: 'failed/failed', result: 'exit-code', restarts: 5 });
      expect(await systemctl('start', 'example.service')).toMatchObject({ code: 1 });
      await until(async () => (await known('endless.service')).restarts > 7);
    },
  },
  'waits for READY=1, and shows the status': {
    units: service(
      'Type=notify',
      'NotifyAccess=all',
      `ExecStart=/bin/sh -c "${wait}; systemd-notify --ready --status=here; exec sleep 1000"`,
    ),
    check: async ({ systemctl, known, machine }) => {
      expect(await systemctl('start', '--no-block', 'example.service')).toEqual(ok);
      expect(await known()).toMatchObject({ state: 'activating/start', main: '0 0' });
      expect(await systemctl('is-active', 'example.service')).toMatchObject({ code: 3, stdout: 'activating\n' });
      const started = systemctl('start', 'example.service');
      await go(machine);
      expect(await started).toEqual(ok);
      expect(await known()).toMatchObject({ state: 'active/running' });
      expect((await systemctl('show', '--property=StatusText', 'example.service')).stdout).toBe('StatusText=here\n');
    },
  },
  'says why a service did not get ready': {
    units: {
      'code.service': '[Service]\nType=notify\nExecStart=/bin/sh -c "exit 4"\n',
      'none.service': '[Service]\nType=notify\nExecStart=/bin/true\n',
      'never.service': '[Service]\nType=notify\nExecStart=/bin/sleep 1000\nTimeoutStartSec=200ms\n',
    },
    check: async ({ systemctl, known }) => {
      const see = (name: string): string => seeMore.replaceAll('example', name);
      expect(await systemctl('start', 'code.service')).toEqual({
        code: 1,
        stdout: '',
        stderr: `Job for code.service failed because the control process exited with error code.\n${see('code')}`,
      });
      expect(await known('code.service')).toMatchObject({ state: 'failed/failed', result: 'exit-code', main: '1 4' });
      expect(await systemctl('start', 'none.service')).toEqual({
        code: 1,
        stdout: '',
        stderr: `Job for none.service failed because the service did not take the steps required by its unit configuration.\n${see('none')}`,
      });
      expect(await known('none.service')).toMatchObject({ state: 'failed/failed', result: 'protocol', main: '1 0' });
      expect(await systemctl('start', 'never.service')).toEqual({
        code: 1,
        stdout: '',
        stderr: `Job for never.service failed because a timeout was exceeded.\n${see('never')}`,
      });
      expect(await known('never.service')).toMatchObject({ state: 'failed/failed', result: 'timeout', main: '2 15' });
    },
  },
  'begins to watch when the service is ready, and starts it again when it falls silent': {
    units: service(
      'Type=notify',
      'NotifyAccess=all',
      `ExecStart=/bin/sh -c 'sleep 1.3; systemd-notify --ready; for i in 1 2 3; do sleep 0.4; systemd-notify WATCHDOG=1; done; echo silent $WATCHDOG_USEC >> ${log}; exec sleep 1000'`,
      'WatchdogSec=1',
      'Restart=on-failure',
      'RestartSec=5',
    ),
    check: async ({ systemctl, becomes, log }) => {
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      await until(() => log().includes('silent 1000000'));
      expect(await becomes({ state: 'activating/auto-restart' })).toMatchObject({
        result: 'watchdog',
        main: '2 6',
        restarts: 0,
      });
      await systemctl('stop', 'example.service');
    },
  },
  'lets a service say that it stops, and kills it when it does not': {
    units: service(
      'Type=notify',
      'NotifyAccess=all',
      'ExecStart=/bin/sh -c "systemd-notify --ready; systemd-notify STOPPING=1; exec sleep 1000"',
      'TimeoutStopSec=1500ms',
    ),
    check: async ({ systemctl, becomes }) => {
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      await becomes({ state: 'deactivating/stop-sigterm' });
      await becomes({ state: 'failed/failed', result: 'timeout', main: '2 9' });
    },
  },
  'reloads by the command of the unit': {
    units: service(
      `ExecStart=/bin/sh -c 'trap "echo hup >> ${log}" HUP; echo up >> ${log}; while :; do sleep 0.05; done'`,
      'ExecReload=/bin/kill -HUP $MAINPID',
    ),
    check: async ({ systemctl, log, known }) => {
      expect(await systemctl('reload', 'example.service')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'example.service is not active, cannot reload.\n',
      });
      await systemctl('start', 'example.service');
      await until(() => log().includes('up'));
      expect(await systemctl('reload', 'example.service')).toEqual(ok);
      await until(() => log().includes('hup'));
      expect(await known()).toMatchObject({ state: 'active/running' });
    },
  },
  'says so when a unit cannot be reloaded, or would not': {
    units: {
      ...service('ExecStart=/bin/sleep 1000', 'ExecReload=/bin/false'),
      'without.service': '[Service]\nExecStart=/bin/sleep 1000\n',
    },
    check: async ({ systemctl, known }) => {
      await systemctl('start', 'example.service', 'without.service');
      expect(await systemctl('reload', 'example.service')).toEqual({
        code: 1,
        stdout: '',
        stderr: `Job for example.service failed.\n${seeMore}`,
      });
      expect(await known()).toMatchObject({ state: 'active/running' });
      expect(await systemctl('reload', 'without.service')).toEqual({
        code: 3,
        stdout: '',
        stderr: 'Failed to reload without.service: Job type reload is not applicable for unit without.service.\n',
      });
    },
  },
  'sends a signal to every process of the service, also to those in sessions of their own, unless told otherwise': {
    units: service(
      `Environment="LOOP=trap 'echo $0 >> $1' USR1; echo up >> $1; while :; do sleep 0.05; done"`,
      `ExecStart=/bin/sh -c 'setsid /bin/sh -c "$LOOP" other ${log} & exec /bin/sh -c "$LOOP" main ${log}'`,
    ),
    check: async ({ systemctl, log, known }) => {
      await systemctl('start', 'example.service');
      await until(() => log().filter((line) => line === 'up').length === 2);
      const before = await known();
      // A `sleep` would end of it, but the loops go on.
      expect(await systemctl('kill', '--signal=SIGUSR1', 'example.service')).toEqual(ok);
      await until(() => log().includes('main') && log().includes('other'));
      expect(await systemctl('kill', '--kill-whom=main', '--signal=SIGUSR1', 'example.service')).toEqual(ok);
      await until(() => log().filter((line) => line === 'main').length === 2);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(log().filter((line) => line === 'other')).toHaveLength(1);
      expect(await known()).toEqual(before);
    },
  },
  'leaves no process behind, when the service ends and when it is stopped': {
    units: {
      'ends.service': `[Service]\nExecStart=/bin/sh -c 'setsid sh -c "echo \\\\$\\\\$ >> ${log}; exec sleep 1000" & ${wait}'\n`,
      'stopped.service': `[Service]\nKillMode=mixed\nExecStart=/bin/sh -c 'setsid sh -c "trap : TERM; echo \\\\$\\\\$ >> ${log}; while :; do sleep 0.05; done" & exec sleep 1000'\n`,
    },
    check: async ({ systemctl, log, becomes, machine }) => {
      const isThere = async (pid: string | undefined): Promise<boolean> =>
        (await machine.run('/bin/kill', '-0', pid ?? 'nobody')).code === 0;
      await systemctl('start', 'ends.service');
      await until(() => log().length === 1);
      expect(await isThere(log()[0])).toBe(true);
      await go(machine);
      await becomes(unloaded, 'ends.service');
      expect(await isThere(log()[0])).toBe(false);
      await systemctl('start', 'stopped.service');
      await until(() => log().length === 2);
      expect(await isThere(log()[1])).toBe(true);
      await systemctl('stop', 'stopped.service');
      expect(await isThere(log()[1])).toBe(false);
    },
  },
  'says when there is nobody to kill': {
    units: service('ExecStart=/bin/sh -c "exit 3"'),
    check: async ({ systemctl, becomes }) => {
      const kill = (...options: readonly string[]) => systemctl('kill', ...options, 'example.service');
      expect(await kill()).toMatchObject({
        code: 1,
        stderr: 'Failed to kill unit example.service: Unit example.service not loaded.\n',
      });
      await systemctl('start', 'example.service');
      await becomes({ state: 'failed/failed' });
      expect(await kill()).toEqual(ok);
      expect(await kill('--kill-whom=main')).toMatchObject({
        code: 1,
        stderr: 'Failed to kill unit example.service: No main process to kill\n',
      });
      expect(await kill('--signal=SIGFOO')).toMatchObject({
        code: 1,
        stderr: 'Failed to parse signal string "SIGFOO".\n',
      });
    },
  },
  'starts nothing while a condition does not hold': {
    units: {
      'example.service': `[Unit]\nConditionPathExists=${folder}/wanted\n[Service]\nExecStart=/bin/sleep 1000\n`,
    },
    check: async ({ systemctl, known, machine }) => {
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      expect(await known()).toEqual(unloaded);
      await machine.run('/bin/sh', '-c', `touch ${folder}/wanted`);
      expect(await systemctl('start', 'example.service')).toEqual(ok);
      expect(await known()).toMatchObject({ state: 'active/running' });
    },
  },
  'enables a unit, and then remembers how it ended': {
    units: { 'example.service': '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n' },
    check: async ({ systemctl, known }) => {
      expect(await systemctl('is-enabled', 'example.service')).toMatchObject({ code: 1, stdout: 'disabled\n' });
      expect((await systemctl('enable', '--now', 'example.service')).code).toBe(0);
      expect(await systemctl('is-enabled', 'example.service')).toMatchObject({ code: 0, stdout: 'enabled\n' });
      expect(await known()).toMatchObject({ state: 'active/running' });
      await systemctl('stop', 'example.service');
      expect(await known()).toMatchObject({ state: 'inactive/dead', main: '2 15' });
      await systemctl('start', 'example.service');
      expect((await systemctl('disable', '--now', 'example.service')).code).toBe(0);
      expect(await systemctl('is-enabled', 'example.service')).toMatchObject({ code: 1, stdout: 'disabled\n' });
      expect(await known()).toEqual(unloaded);
    },
  },
  'reads words, variables and specifiers of a command': {
    units: service(
      'Environment="A=b c" D=e',
      'Environment=F=g',
      `ExecStart=/bin/sh -c 'printf "%%s." "$1" "$2" "$3" "$4" "$5" "$6" >> ${log}; echo >> ${log}' sh $A \${A} x\${D}y %n "one \\"two\\""`,
    ),
    check: async ({ systemctl, log }) => {
      await systemctl('start', 'example.service');
      await until(() => log().length === 1);
      expect(log()).toEqual(['b.c.b c.xey.example.service.one "two".']);
    },
  },
  'tells nobody outside a service': {
    units: {},
    check: async ({ machine }) => {
      expect(await machine.run('systemd-notify', '--ready')).toEqual({
        code: 1,
        stdout: '',
        stderr: 'No status data could be sent: $NOTIFY_SOCKET was not set\n',
      });
    },
  },
};

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5_000; Date.now() < end;) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`not within five seconds: ${String(isTrue)}`);
}

function asking(machine: Machine): Asking {
  const systemctl = (...words: readonly string[]) => machine.run('systemctl', ...words);
  const known = async (unit = 'example.service'): Promise<Known> => {
    const names = ['ActiveState', 'SubState', 'MainPID', 'Result', 'NRestarts', 'ExecMainCode', 'ExecMainStatus'];
    const { stdout } = await systemctl('show', `--property=${names.join(',')}`, unit);
    const told = new Map(stdout.split('\n').map((line) => line.split('=', 2) as [string, string]));
    const of = (name: string): string => told.get(name) ?? 'not shown';
    return {
      state: `${of('ActiveState')}/${of('SubState')}`,
      result: of('Result'),
      restarts: Number(of('NRestarts')),
      main: `${of('ExecMainCode')} ${of('ExecMainStatus')}`,
      pid: Number(of('MainPID')),
    };
  };
  return {
    machine,
    systemctl,
    known,
    becomes: async (wanted, unit) => {
      let last = await known(unit);
      const isLike = (): boolean => Object.entries(wanted).every(([key, value]) => last[key as keyof Known] === value);
      await until(async () => {
        last = await known(unit);
        return isLike();
      }).catch(() => expect(last).toMatchObject(wanted));
      return last;
    },
    log: () => (machine.file(log) ?? '').split('\n').filter((line) => line !== ''),
  };
}

/** All units of the contract, for those who judge unit files without running them. */
export const contractUnits: readonly Readonly<Record<string, string>>[] = Object.values(cases).map(
  ({ units }) => units,
);

/** Applies the contract to one machine. */
export function describeSystemdContract(name: string, make: MakeMachine): void {
  describe(`${name} keeps the contract of systemd: it`, () => {
    it.each(Object.entries(cases))('%s', async (_, { units, check }) => {
      const machine = await make(units);
      try {
        await check(asking(machine));
      } finally {
        await machine.close();
      }
    });
  });
}
