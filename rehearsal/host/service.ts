import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { keep, type KeptProcesses, type MainEnd } from './kept-processes.ts';
import { expanded, type Unit } from './unit-file.ts';

/** Where a service is, in systemd's words: the low-level state, and the high-level one that it belongs to. */
const activeStates = {
  dead: 'inactive',
  start: 'activating',
  running: 'active',
  reload: 'reloading',
  'stop-sigterm': 'deactivating',
  'stop-watchdog': 'deactivating',
  'stop-sigkill': 'deactivating',
  'auto-restart': 'activating',
  failed: 'failed',
} as const;

export type SubState = keyof typeof activeStates;
export type ActiveState = (typeof activeStates)[SubState];

export type Result =
  'success' | 'protocol' | 'timeout' | 'exit-code' | 'signal' | 'core-dump' | 'watchdog' | 'start-limit-hit';

/** What a job came to. */
export type JobOutcome = 'done' | 'canceled' | Exclude<Result, 'success'>;

export interface ServiceOptions {
  readonly unit: Unit;
  readonly name: string;
  /** Replaces the words of a command, and paths of conditions, by those for this machine; an undefined one is left out. */
  readonly pathOf: (word: string) => string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error go here. */
  readonly logFile: string;
}

/** One service of a host: real processes, and what systemd does about them. */
export interface Service {
  readonly name: string;
  readonly unit: Unit;
  readonly state: ActiveState;
  readonly subState: SubState;
  readonly result: Result;
  /** Of the main process; 0 while there is none. */
  readonly pid: number;
  /** Starts that nobody asked for, since the last that somebody did. */
  readonly restarts: number;
  readonly mainEnd: MainEnd | undefined;
  readonly statusText: string;
  readonly isEnabled: boolean;
  /** Whether systemd knows more of it than its file. */
  readonly isLoaded: boolean;
  /** Resolves when it runs; a service that notifies, when it has said that it is ready. */
  start(): Promise<JobOutcome>;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
  reload(): Promise<boolean>;
  /** Whether there was a process to send it to. */
  kill(signal: NodeJS.Signals, whom?: 'main' | 'all'): boolean;
  enable(isEnabled: boolean): void;
  /** Forgets that it failed, and how often it was started. */
  resetFailed(): void;
  /** What systemd-notify says for the service (sd_notify(3)). */
  notified(words: readonly string[]): void;
  /** Everything ends at once, as when the machine is gone; resolves when nothing is left. */
  powerOff(): Promise<void>;
}

/** These end a service as it should (systemd.service(5), "SuccessExitStatus="). */
const cleanSignals = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'];

const signalNamed = (number: number): string =>
  Object.entries(constants.signals).find(([, each]) => each === number)?.[0] ?? String(number);

function resultOf({ how, status }: MainEnd, successes: readonly string[]): Result {
  const name = signalNamed(status);
  switch (how) {
    case 'exited':
      return status === 0 || successes.includes(String(status)) ? 'success' : 'exit-code';
    case 'killed':
      return cleanSignals.includes(name) || successes.includes(name) ? 'success' : 'signal';
    case 'dumped':
      return 'core-dump';
  }
}

/** Its states and their changes are those of systemd 252; `__tests__/rehearsal/host/contract.ts` asks both. */
export function createService({ unit, name, pathOf, environment, logFile }: ServiceOptions): Service {
  let subState: SubState = 'dead';
  let result: Result = 'success';
  let restarts = 0;
  let pid = 0;
  let mainEnd: MainEnd | undefined;
  let statusText = '';
  let isEnabled = false;
  let isOff = false;
  let kept: KeptProcesses | undefined;
  /** Somebody has asked it to stop: it is not started again by itself. */
  let isStopAsked = false;
  let limited = { since: -Infinity, starts: 0 };
  let timer: NodeJS.Timeout | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  let starting: readonly ((outcome: JobOutcome) => void)[] = [];
  let waiting: readonly (() => void)[] = [];
  /** Grows with each stop: who waits to start then waits in vain. */
  let stops = 0;

  const after = (milliseconds: number, act: () => void): void => {
    clearTimeout(timer);
    // Longer than a timer can be is never, here.
    timer = milliseconds < 2 ** 31 ? setTimeout(act, milliseconds) : undefined;
  };
  const finishStarts = (outcome: JobOutcome): void => {
    const finished = starting;
    starting = [];
    for (const finish of finished) finish(outcome);
  };
  const enter = (next: SubState): void => {
    clearTimeout(timer);
    if (next !== 'running' && next !== 'reload') clearTimeout(watchdog);
    subState = next;
    const told = waiting;
    waiting = [];
    for (const tell of told) tell();
  };
  const changed = (): Promise<void> =>
    new Promise((resolve) => {
      waiting = [...waiting, resolve];
    });
  const isStopping = (): boolean => activeStates[subState] === 'deactivating';
  /** The first reason counts. */
  const blame = (why: Result): void => {
    if (result === 'success') result = why;
  };
  const forget = (): void => {
    result = 'success';
    restarts = 0;
    mainEnd = undefined;
    statusText = '';
  };

  const guard = (): void => {
    clearTimeout(watchdog);
    if (unit.watchdog !== undefined)
      watchdog = setTimeout(() => end('stop-watchdog', 'SIGABRT', 'watchdog'), unit.watchdog);
  };
  const runs = (): void => {
    enter('running');
    guard();
    finishStarts('done');
  };

  /** Asks the processes to end, and kills them when they have not in time. */
  const end = (next: SubState, signal: NodeJS.Signals | undefined, why: Result = 'success'): void => {
    blame(why);
    enter(next);
    if (signal !== undefined) {
      const whom = unit.isKillMixed && signal !== 'SIGKILL' ? 'main' : 'all';
      kept?.send(whom, signal);
      if (signal !== 'SIGKILL') kept?.send(whom, 'SIGCONT');
    }
    after(unit.timeoutStop, () => {
      blame('timeout');
      enter('stop-sigkill');
      kept?.send('all', 'SIGKILL');
    });
  };

  const finishReload = (): void => {
    // Meanwhile the service may have ended.
    if (subState === 'reload') enter('running');
  };

  const mainEnds = (how: MainEnd): void => {
    pid = 0;
    mainEnd = how;
    const why = resultOf(how, unit.successes);
    blame(subState === 'start' && unit.type === 'notify' && why === 'success' ? 'protocol' : why);
    if (isStopping()) {
      if (unit.isKillMixed) kept?.send('all', 'SIGKILL');
    } else end('stop-sigterm', unit.isKillMixed ? 'SIGKILL' : unit.killSignal);
  };

  const allEnded = (): void => {
    kept = undefined;
    const isAgain =
      !isOff && !isStopAsked && (unit.restart === 'always' || (unit.restart === 'on-failure' && result !== 'success'));
    if (isAgain) {
      enter('auto-restart');
      after(unit.restartAfter, () => {
        restarts += 1;
        launch();
      });
    } else {
      enter(result === 'success' ? 'dead' : 'failed');
    }
    finishStarts(result === 'success' ? 'canceled' : result);
    settle();
  };
  /** A unit that has ended well, and that nothing wants, is unloaded: with that all is forgotten. */
  const settle = (): void => {
    if (subState === 'dead' && !isEnabled) forget();
  };

  const isLimited = (): boolean => {
    const { interval, burst } = unit.startLimit;
    const now = performance.now();
    if (interval === 0) return false;
    if (now - limited.since >= interval) limited = { since: now, starts: 0 };
    if (limited.starts >= burst) return true;
    limited = { ...limited, starts: limited.starts + 1 };
    return false;
  };
  const isWithheld = (): boolean =>
    unit.conditions.some((condition) => {
      const path = condition.replace(/^!/, '');
      return existsSync(pathOf(path) ?? path) === condition.startsWith('!');
    });

  const launch = (): void => {
    if (isLimited()) {
      blame('start-limit-hit');
      enter('failed');
      finishStarts(result === 'success' ? 'start-limit-hit' : result);
      return;
    }
    if (isWithheld()) {
      enter('dead');
      settle();
      finishStarts('done');
      return;
    }
    result = 'success';
    mainEnd = undefined;
    statusText = '';
    isStopAsked = false;
    enter('start');
    if (unit.type === 'notify') after(unit.timeoutStart, () => end('stop-sigterm', unit.killSignal, 'timeout'));
    const given = { ...environment, ...unit.environment };
    kept = keep({
      words: expanded(
        unit.execStart.flatMap((word) => pathOf(word) ?? []),
        given,
      ),
      environment: {
        ...given,
        REHEARSAL_UNIT: name,
        ...(unit.type === 'notify' && { NOTIFY_SOCKET: '@rehearsal' }),
        ...(unit.watchdog !== undefined && { WATCHDOG_USEC: String(unit.watchdog * 1000) }),
      },
      logFile,
      onStart: (number) => {
        pid = number;
        if (unit.type === 'simple' && subState === 'start') runs();
      },
      onMainEnd: mainEnds,
      onEmpty: allEnded,
    });
  };

  return {
    name,
    unit,
    get state() {
      return activeStates[subState];
    },
    get subState() {
      return subState;
    },
    get result() {
      return result;
    },
    get pid() {
      return pid;
    },
    get restarts() {
      return restarts;
    },
    get mainEnd() {
      return mainEnd;
    },
    get statusText() {
      return statusText;
    },
    get isEnabled() {
      return isEnabled;
    },
    get isLoaded() {
      return subState !== 'dead' || isEnabled;
    },

    start: async () => {
      const stopsBefore = stops;
      while (isStopping()) await changed();
      if (stops !== stopsBefore || isOff) return 'canceled';
      if (subState === 'running' || subState === 'reload') return 'done';
      const outcome = new Promise<JobOutcome>((resolve) => {
        starting = [...starting, resolve];
      });
      if (subState !== 'start') {
        // A start that somebody asked for is the restart that was due anyway.
        restarts = subState === 'auto-restart' ? restarts + 1 : 0;
        launch();
      }
      return outcome;
    },

    stop: async () => {
      stops += 1;
      isStopAsked = true;
      if (subState === 'auto-restart') {
        enter('dead');
        settle();
      } else if (subState === 'start' || subState === 'running' || subState === 'reload') {
        end('stop-sigterm', unit.killSignal);
      }
      while (isStopping()) await changed();
    },

    reload: async () => {
      if (subState !== 'running' || unit.execReload === undefined) return false;
      const given = { ...environment, ...unit.environment, MAINPID: String(pid) };
      const [program = '', ...words] = expanded(
        unit.execReload.flatMap((word) => pathOf(word) ?? []),
        given,
      );
      enter('reload');
      const child = spawn(program, words, { stdio: 'ignore', env: given });
      const code = await once(child, 'exit').then(
        ([code]: unknown[]) => code,
        () => 203,
      );
      finishReload();
      return code === 0;
    },

    kill: (signal, whom = 'main') => {
      if (kept === undefined || (whom === 'main' && pid === 0)) return false;
      kept.send(whom, signal);
      return true;
    },

    enable: (next) => {
      isEnabled = next;
      settle();
    },

    resetFailed: () => {
      limited = { since: -Infinity, starts: 0 };
      if (subState !== 'failed') return;
      enter('dead');
      forget();
    },

    notified: (words) => {
      if (!unit.isAnyoneHeard) return;
      for (const word of words) {
        if (word === 'READY=1' && subState === 'start' && unit.type === 'notify') runs();
        if (word === 'WATCHDOG=1' && activeStates[subState] === 'active') guard();
        if (word === 'STOPPING=1' && subState === 'running') end('stop-sigterm', undefined);
        if (word.startsWith('STATUS=')) statusText = word.slice('STATUS='.length);
      }
    },

    powerOff: async () => {
      isOff = true;
      isStopAsked = true;
      clearTimeout(timer);
      clearTimeout(watchdog);
      if (subState === 'auto-restart') enter('dead');
      const last = kept;
      last?.send('all', 'SIGKILL');
      await last?.gone;
    },
  };
}
