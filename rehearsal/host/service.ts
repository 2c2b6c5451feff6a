import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { familyOf } from './processes.ts';
import type { Unit } from './unit-file.ts';

export type ActiveState = 'inactive' | 'activating' | 'active' | 'reloading' | 'deactivating' | 'failed';

/** How the process of a service ended. */
interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServiceOptions {
  readonly unit: Unit;
  readonly name: string;
  /** Replaces the words of ExecStart by those for this machine; an undefined one is left out. */
  readonly pathOf: (word: string) => string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error go here. */
  readonly logFile: string;
}

/** One service of a host: a real process, and what systemd does about it. */
export class Service {
  state: ActiveState = 'inactive';
  restarts = 0;
  result = 'success';
  private child: ChildProcess | undefined;
  private isWanted = false;
  private timers: NodeJS.Timeout[] = [];
  private ready: (() => void) | undefined;
  private watchdog: NodeJS.Timeout | undefined;

  constructor(private readonly options: ServiceOptions) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Resolves when it is active: at once for a simple service, after READY=1 for one that notifies. */
  async start(): Promise<boolean> {
    this.isWanted = true;
    if (this.state === 'active' || this.state === 'activating') return true;
    while (this.state === 'deactivating') await this.changed();
    return this.spawned();
  }

  private async spawned(): Promise<boolean> {
    const { unit, pathOf, environment, logFile, name } = this.options;
    const [program, ...args] = unit.execStart.flatMap((word) => pathOf(word) ?? []);
    const log = createWriteStream(logFile, { flags: 'a' });
    // A host that is gone takes its processes with it, also when it was killed.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', program!, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...environment,
        ...unit.environment,
        REHEARSAL_UNIT: name,
        ...(unit.type === 'notify' && { NOTIFY_SOCKET: '@rehearsal' }),
        ...(unit.watchdog !== undefined && { WATCHDOG_USEC: String(unit.watchdog * 1000) }),
      },
    });
    child.stdout?.pipe(log);
    child.stderr?.pipe(log);
    this.child = child;
    this.state = unit.type === 'notify' ? 'activating' : 'active';
    const isReady = new Promise<boolean>((resolve) => {
      this.ready = () => resolve(true);
      child.once('exit', () => resolve(false));
    });
    child.once('error', () => this.ended({ code: 203, signal: null }));
    child.once('exit', (code, signal) => this.ended({ code, signal }));
    this.guard();
    return unit.type === 'notify' ? isReady : true;
  }

  private ended({ code, signal }: Ended): void {
    const { unit } = this.options;
    clearTimeout(this.watchdog);
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    this.killGroup('SIGKILL');
    this.child = undefined;
    // These signals are how a service is asked to end (systemd.service(5), SuccessExitStatus=).
    const isClean =
      code === 0 ||
      ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE'].includes(signal ?? '') ||
      (this.state === 'deactivating' && signal === unit.killSignal);
    if (this.result !== 'watchdog') this.result = isClean ? 'success' : signal === null ? 'exit-code' : 'signal';
    const isAgain = this.isWanted && (unit.restart === 'always' || (unit.restart === 'on-failure' && !isClean));
    this.state = isAgain ? 'activating' : isClean ? 'inactive' : 'failed';
    this.tell();
    if (!isAgain) return;
    this.restarts += 1;
    this.timers.push(
      setTimeout(() => {
        this.result = 'success';
        if (this.isWanted) void this.spawned();
      }, unit.restartAfter),
    );
  }

  private waiting: (() => void)[] = [];
  private tell(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
  private changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Sends the KillSignal; after TimeoutStopSec everything that is left is killed. Resolves when it has ended. */
  async stop(): Promise<void> {
    this.isWanted = false;
    const { unit } = this.options;
    if (this.child === undefined) {
      for (const timer of this.timers) clearTimeout(timer);
      if (this.state !== 'failed') this.state = 'inactive';
      return;
    }
    const { child } = this;
    const isFirst = this.state !== 'deactivating';
    this.state = 'deactivating';
    clearTimeout(this.watchdog);
    if (isFirst) {
      if (unit.isKillMixed) this.kill(unit.killSignal);
      else this.killGroup(unit.killSignal);
      if (unit.timeoutStop < 2 ** 31) this.timers.push(setTimeout(() => this.killGroup('SIGKILL'), unit.timeoutStop));
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** A signal to the main process. */
  kill(signal: NodeJS.Signals): boolean {
    return this.child?.kill(signal) ?? false;
  }

  private killGroup(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid === 0) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // Nobody is left.
    }
  }

  reload(): Promise<boolean> {
    const { execReload } = this.options.unit;
    if (this.state !== 'active' || execReload === undefined) return Promise.resolve(false);
    const [program, ...args] = execReload.map((word) => word.replace('$MAINPID', String(this.pid)));
    return new Promise((resolve) => {
      const child = spawn(program!, args, { stdio: 'ignore' });
      child.once('error', () => resolve(false));
      child.once('exit', (code) => resolve(code === 0));
    });
  }

  /** What the service says of itself (sd_notify(3)). */
  notified(words: readonly string[]): void {
    if (words.includes('READY=1') && this.state === 'activating') {
      this.state = 'active';
      this.ready?.();
    }
    if (words.includes('WATCHDOG=1')) this.guard();
  }

  private guard(): void {
    const { watchdog } = this.options.unit;
    clearTimeout(this.watchdog);
    if (watchdog === undefined) return;
    this.watchdog = setTimeout(() => {
      this.result = 'watchdog';
      this.kill('SIGABRT');
    }, watchdog);
  }

  /** As when the machine is gone. */
  powerOff(): void {
    this.isWanted = false;
    for (const timer of this.timers) clearTimeout(timer);
    clearTimeout(this.watchdog);
    if (this.pid === 0) return;
    // Jobs of the runner have process groups of their own.
    for (const pid of familyOf(this.pid)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}
