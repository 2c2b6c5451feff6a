import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { terraformIn } from '../../../rehearsal/terraform/run.ts';

describe('a Terraform that is to stop', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'run-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a shell script in Terraform's place, and aborts as soon as it has written the file `ready`. */
  async function stopped(script: string, graceMilliseconds?: number): Promise<unknown> {
    const binary = join(folder, 'terraform');
    writeFileSync(binary, `#!/bin/sh\n${script}\n`);
    chmodSync(binary, 0o755);
    const stop = new AbortController();
    const watcher = watch(folder, () => existsSync(join(folder, 'ready')) && stop.abort(new Error('told to')));
    try {
      return await terraformIn(folder, binary, [], {
        environment: {},
        signal: stop.signal,
        ...(graceMilliseconds !== undefined && { graceMilliseconds }),
      }).catch((error: unknown) => error);
    } finally {
      watcher.close();
    }
  }

  it('may end its work first', async () => {
    const reason = await stopped(`trap 'sleep 0.3; echo ended > state; exit 1' INT; touch ready; sleep 60 & wait`);
    expect(reason).toEqual(new Error('told to'));
    expect(readFileSync(join(folder, 'state'), 'utf8')).toBe('ended\n');
  }, 10_000);

  it('is interrupted once, since Terraform takes two for "exit immediately"', async () => {
    await stopped(`trap 'echo INT >> signals' INT; touch ready; sleep 60; sleep 0.3; exit 1`);
    expect(readFileSync(join(folder, 'signals'), 'utf8')).toBe('INT\n');
  }, 10_000);

  it('is killed with what it started when it does not listen', async () => {
    // The sleep holds the output open, so there would be no end before its own.
    const script = `trap '' INT; touch ready; sleep 60 & wait`;
    expect(await stopped(script, 200)).toEqual(new Error('told to'));
  }, 10_000);

  it('is not started at all when that is known before', async () => {
    const run = terraformIn(folder, 'no-such-program', [], {
      environment: {},
      signal: AbortSignal.abort(new Error('told to')),
    });
    await expect(run).rejects.toThrow('told to');
  });
});
