import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  /** Both streams in the order they came. */
  readonly output: string;
}

export interface RunOptions {
  /** On top of the caller's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly graceMilliseconds?: number;
}

/** Variables of the caller's environment that would point the provider elsewhere or change what Terraform prints. */
const foreign = /^(AWS_|TF_(?!PLUGIN_CACHE|CLI_CONFIG_FILE$|PLUGIN))/;

/** How long Terraform may take to stop, in milliseconds, before it is killed with its providers. */
const patience = 5000;

/**
 * Runs Terraform in a folder, away from the caller's AWS settings. Rejects only when it cannot be started, or with the signal's
 * reason when it is aborted; then Terraform has ended, so that its folder can be removed.
 */
export function terraformIn(
  folder: string,
  binary: string,
  arguments_: readonly string[],
  { environment, signal, graceMilliseconds = patience }: RunOptions,
): Promise<Finished> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(binary, arguments_, {
      cwd: folder,
      env: { ...inherited, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a terminal's Ctrl-C would reach it beside our signal, and Terraform takes two for "exit immediately".
      detached: true,
    });
    let killing: NodeJS.Timeout | undefined;
    const stop = (): void => {
      signalGroup(child, 'SIGINT');
      killing = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMilliseconds);
    };
    signal?.addEventListener('abort', stop, { once: true });
    const ended = (): void => {
      clearTimeout(killing);
      signal?.removeEventListener('abort', stop);
    };
    const stdout: Buffer[] = [];
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => (stdout.push(chunk), output.push(chunk)));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', (error) => {
      ended();
      reject(error);
    });
    child.on('close', (code) => {
      ended();
      if (signal?.aborted) reject(signal.reason as Error);
      else resolve({ code, stdout: Buffer.concat(stdout).toString(), output: Buffer.concat(output).toString() });
    });
  });
}

/** Signals Terraform, a script around it and its providers, as a terminal would. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // It ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
