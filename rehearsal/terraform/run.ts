import { spawn } from 'node:child_process';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  /** Both streams in the order they came. */
  readonly output: string;
}

/** Variables of the caller's environment that would point the provider elsewhere or change what Terraform prints. */
const foreign = /^(AWS_|TF_(?!PLUGIN_CACHE|CLI_CONFIG_FILE$|PLUGIN))/;

/** Runs Terraform in a folder, away from the caller's AWS settings. Rejects only when it cannot be started or is aborted. */
export function terraformIn(
  folder: string,
  binary: string,
  arguments_: readonly string[],
  { environment, signal }: { environment: Readonly<Record<string, string>>; signal?: AbortSignal },
): Promise<Finished> {
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return new Promise((resolve, reject) => {
    const child = spawn(binary, arguments_, {
      cwd: folder,
      env: { ...inherited, CHECKPOINT_DISABLE: '1', TF_IN_AUTOMATION: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal && { signal }),
    });
    const stdout: Buffer[] = [];
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => (stdout.push(chunk), output.push(chunk)));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), output: Buffer.concat(output).toString() }),
    );
  });
}
