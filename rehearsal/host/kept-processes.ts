import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pythonScript } from './python.ts';

/** How a process ended: CLD_EXITED with its exit code, CLD_KILLED or CLD_DUMPED with a signal (waitid(2)). */
export interface MainEnd {
  readonly how: 'exited' | 'killed' | 'dumped';
  readonly status: number;
}

/** The processes of one service: the main one, and all that it started, wherever they went. */
export interface KeptProcesses {
  send(whom: 'main' | 'all', signal: NodeJS.Signals): void;
  /** Resolves when no process is left. */
  readonly gone: Promise<void>;
}

export interface KeepOptions {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Standard output and error go here. */
  readonly logFile: string;
  readonly onStart: (pid: number) => void;
  readonly onMainEnd: (end: MainEnd) => void;
  readonly onEmpty: () => void;
}

/** Starts a program under a keeper of its own (keeper.py), which ends all its processes when this one ends, however that is. */
export function keep({ words, environment, logFile, onStart, onMainEnd, onEmpty }: KeepOptions): KeptProcesses {
  const [python, ...script] = pythonScript('keeper');
  const log = openSync(logFile, 'a');
  const keeper = spawn(python, [...script, ...words], {
    // Not the session of a terminal: Ctrl-C must not end the keeper before its service.
    detached: true,
    stdio: ['pipe', log, log, 'pipe'],
    env: environment,
  });
  closeSync(log);
  // Both are pipes, as said above; the types cannot tell.
  const commands = keeper.stdin!;
  const events = keeper.stdio[3] as Readable;
  // The keeper ends with its last process, and whom it was to tell then is nobody.
  commands.on('error', () => undefined);
  let isEnded = false;
  const mainEnds = (end: MainEnd): void => {
    if (!isEnded) onMainEnd(end);
    isEnded = true;
  };
  const lines = createInterface({ input: events });
  lines.on('line', (line) => {
    const [what, number] = line.split(' ');
    if (what === 'pid') onStart(Number(number));
    else if (what === 'exited' || what === 'killed' || what === 'dumped')
      mainEnds({ how: what, status: Number(number) });
  });
  const gone = new Promise<void>((resolve) => {
    const end = (): void => {
      // A keeper that was killed has taken the main process along, and could not say so.
      mainEnds({ how: 'killed', status: constants.signals.SIGKILL });
      onEmpty();
      resolve();
    };
    lines.once('close', end);
    keeper.once('error', (error) => {
      process.emitWarning(`a service of the rehearsal could not be started: ${String(error)}`);
      lines.close();
    });
  });
  return {
    gone,
    send: (whom, signal) => {
      commands.write(`${whom} ${constants.signals[signal]}\n`);
    },
  };
}
