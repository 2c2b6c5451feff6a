import { execFile } from 'node:child_process';

/** How a command ended. `code` is absent when it could not be started or had to be ended. */
export interface Ended {
  readonly code?: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program without a shell, for at most so many seconds. Never rejects. */
export const run = (program: string, args: readonly string[], seconds: number): Promise<Ended> =>
  new Promise((resolve) => {
    execFile(
      program,
      args,
      { timeout: seconds * 1000, killSignal: 'SIGKILL', env: process.env },
      (error, stdout, stderr) => {
        if (error === null) resolve({ code: 0, stdout, stderr });
        else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
        else resolve({ stdout, stderr: stderr || error.message });
      },
    );
  });
