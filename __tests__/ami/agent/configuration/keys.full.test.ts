import fc from 'fast-check';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { renderConfiguration, toToml } from '../../../../ami/agent/configuration/configuration.ts';
import { executors } from '../../../../ami/agent/configuration/fleet-rules.ts';
import { configurationKeys } from '../../../../ami/agent/configuration/keys.ts';
import { sampleValues } from '../../../../ami/agent/configuration/placeholders.ts';
import { builtRunner } from '../../../../rehearsal/gitlab-runner/build.ts';
import { keysOf } from '../../../../rehearsal/gitlab-runner/keys.ts';
import { read } from '../../../docs/markdown.ts';
import { describeWith } from '../../../support/tools.ts';

const runner = await builtRunner();
const isRefused = runner.path === undefined && runner.isRefused;
if (isRefused) console.warn(`the real runner is skipped: ${runner.reason}`);

const own = read('stacks/templates/gitlab_config.yaml');
const offered = [...read('docs/isolation.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);

(isRefused ? skipped : describeWith)(runner, 'the real runner', (path) => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'lint-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What `gitlab-runner lint` says when it refuses; undefined when it does not. */
  async function lint(toml: string): Promise<string | undefined> {
    const file = join(folder, 'config.toml');
    writeFileSync(file, toml);
    try {
      await promisify(execFile)(path, ['lint', '--config', file]);
      return undefined;
    } catch (error) {
      const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
      return `${stdout}${stderr}`;
    }
  }
  const rendered = (yaml: string): string => toToml(renderConfiguration(yaml, sampleValues), true);

  it('has exactly these keys, of these types; `npx tsx rehearsal/gitlab-runner/keys.ts` writes them', () => {
    expect(configurationKeys).toEqual(keysOf(path));
  });

  it('has exactly these executors', () => {
    const module = fileURLToPath(new URL('../../../../rehearsal/gitlab-runner/module', import.meta.url));
    const sources = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', 'gitlab.com/gitlab-org/gitlab-runner'], {
      cwd: module,
      encoding: 'utf8',
    }).trim();
    const [, registry = ''] =
      /NewProviderRegistry\(map[^{]*\{([\s\S]*?)\n\t\}\)/.exec(readFileSync(join(sources, 'main.go'), 'utf8')) ?? [];
    const names = [...registry.matchAll(/^\t\t(?:"([^"]+)"|common\.Executor(\w+)):/gm)].map(
      ([, name, constant]) => name ?? constant?.toLowerCase(),
    );
    expect(names.sort()).toEqual([...executors].sort());
  });

  it.each([['the project’s own', own], ...offered.map((yaml, index) => [`number ${index + 1} of isolation.md`, yaml])])(
    'takes the configuration that is offered: %s',
    async (_, yaml) => {
      expect(await lint(rendered(yaml))).toBeUndefined();
    },
  );

  it('says no to what is refused here', async () => {
    const toml = rendered(own);
    expect(await lint(toml.replace('privileged', 'priviledged'))).toContain('runners.docker.priviledged');
    expect(await lint(toml.replace('concurrent = 1', 'concurrent = "1"'))).toContain('concurrent');
    expect(await lint(toml.replace('pull_policy = "if-not-present"', 'pull_policy = 7'))).toContain('pull_policy');
  });

  it('tells of no token when it says no, so that the agent may log what it says', async () => {
    const toml = rendered(own).replace('glrt-sample', 'glrt-marker');
    for (const broken of [
      toml.replace('"glrt-marker"', '["glrt-marker"]'),
      toml.replace('token =', 'tokn ='),
      toml.replace('"glrt-marker"', '"glrt-marker'),
    ]) {
      const said = await lint(broken);
      expect(said).toBeDefined();
      expect(said).not.toContain('marker');
    }
  });

  it('reads every text as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), async (text) => {
        const name = `x${text}`.replaceAll('{{', "{{ '{{' }}");
        const entry = { name, url: 'http://127.0.0.1:1', token: '{{ gl_runner_token }}', executor: 'shell' };
        const yaml = stringify(
          { gitlab_runners_section: { runners: [entry] } },
          // The writer of YAML, which only this test uses, loses a space before a line break otherwise (2.9.1).
          { defaultStringType: 'QUOTE_DOUBLE' },
        );
        const file = join(folder, 'config.toml');
        writeFileSync(file, rendered(yaml));
        // `list` prints names as it has read them, in columns.
        const { stdout, stderr } = await promisify(execFile)(path, ['list', '--config', file]);
        expect(`${stdout}${stderr}`).toContain(`x${text}`.trim());
      }),
      { numRuns: 25 },
    );
  });
});

function skipped(_: unknown, title: string): void {
  describe.skip(`${title} (skipped: ${runner.reason})`, () => {
    it('has these keys', () => undefined);
  });
}
