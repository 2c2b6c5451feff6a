import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { renderConfiguration, toToml } from '../../../../ami/agent/configuration/configuration.ts';
import { configurationKeys } from '../../../../ami/agent/configuration/keys.ts';
import { sampleValues } from '../../../../ami/agent/configuration/placeholders.ts';
import { builtRunner } from '../../../../rehearsal/gitlab-runner/build.ts';
import { keysOf } from '../../../../rehearsal/gitlab-runner/keys.ts';
import { describeWith } from '../../../support/tools.ts';

const runner = await builtRunner();
const isRefused = runner.path === undefined && runner.isRefused;
if (isRefused) console.warn(`the real runner is skipped: ${runner.reason}`);

(isRefused ? skipped : describeWith)(runner, 'the real runner', (path) => {
  it('has exactly these keys, of these types; `npx tsx rehearsal/gitlab-runner/keys.ts` writes them', () => {
    expect(configurationKeys).toEqual(keysOf(path));
  });

  it('takes the project’s own configuration, and says no to what is refused here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lint-'));
    const yaml = readFileSync(new URL('../../../../stacks/templates/gitlab_config.yaml', import.meta.url), 'utf8');
    const toml = toToml(renderConfiguration(yaml, sampleValues), true);
    const lint = async (text: string): Promise<boolean> => {
      writeFileSync(join(folder, 'config.toml'), text);
      return promisify(execFile)(path, ['lint', '--config', join(folder, 'config.toml')]).then(
        () => true,
        () => false,
      );
    };
    expect(await lint(toml)).toBe(true);
    expect(await lint(toml.replace('privileged', 'priviledged'))).toBe(false);
    expect(await lint(toml.replace('concurrent = 1', 'concurrent = "1"'))).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });
});

function skipped(_: unknown, title: string): void {
  describe.skip(`${title} (skipped: ${runner.reason})`, () => {
    it('has these keys', () => undefined);
  });
}
