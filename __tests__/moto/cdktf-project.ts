import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import { cliConfiguration } from '../../rehearsal/terraform/provider-installation.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** What a deployment reads. */
const parts = ['main.ts', 'stacks', 'asl', 'ami', 'cdktf.json', 'package.json', 'tsconfig.json', 'node_modules'];

/** This project in a folder of its own, so that output and state of a deployment do not come into the checkout. */
export interface CdktfProject {
  readonly folder: string;
  /** Runs what `npx cdktf …` runs; gives both streams. Throws with what it said when it fails. */
  readonly cdktf: (...arguments_: readonly string[]) => Promise<string>;
  /** Ends a command that still runs, with everything that it has started, and removes the folder. */
  readonly close: () => Promise<void>;
}

/** Variables of the caller that would lead the provider or cdktf elsewhere. */
const foreign = /^(AWS_|TF_|CDKTF_|npm_)/;

export async function openCdktfProject(environment: Readonly<Record<string, string>>): Promise<CdktfProject> {
  const terraform = await findTerraform();
  const folder = mkdtempSync(join(tmpdir(), 'cdktf-project-'));
  for (const part of parts) symlinkSync(join(checkout, part), join(folder, part));
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name))),
    CHECKPOINT_DISABLE: '1',
    // cdktf keeps settings of its own there, and a cache of providers.
    HOME: home,
    npm_config_update_notifier: 'false',
    TF_CLI_CONFIG_FILE: cliConfiguration(terraform, folder),
    ...environment,
  };
  const running = new Set<() => Promise<void>>();

  const cdktf = (...arguments_: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn(join(folder, 'node_modules', '.bin', 'cdktf'), arguments_, {
        cwd: folder,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        // A process group of its own, because cdktf does not hand signals on to Terraform.
        detached: true,
      });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      const closed = new Promise<void>((tell) => child.on('close', () => tell()));
      const end = async (): Promise<void> => {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        await closed;
      };
      running.add(end);
      child.on('error', reject);
      child.on('close', (code) => {
        running.delete(end);
        if (code === 0) resolve(output);
        else reject(new Error(`cdktf ${arguments_.join(' ')} ended with ${String(code)}:\n${output.slice(-4000)}`));
      });
    });
  return {
    folder,
    cdktf,
    close: async () => {
      await Promise.all([...running].map((end) => end()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
