import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { renderConfiguration } from '../../ami/agent/configuration/configuration.ts';
import { sampleValues } from '../../ami/agent/configuration/placeholders.ts';
import { parseSettings } from '../../ami/agent/settings.ts';
import { agentUnit, paths, settingsKeys } from '../../ami/contract.ts';
import { runnerConfiguration } from '../../stacks/user-data.ts';
import { planOf, minimalVariables, valuesOf } from '../support/plans.ts';
import { certificate } from '../support/certificate.ts';
import { synthesized } from '../support/synthesized.ts';

const run = promisify(execFile);
const hostile = [
  runnerConfiguration(),
  '# "double" \'single\' `id` $(id) $HOME ${HOME} ${jsonencode(1)} %{ if true } %%{ $${ \\ \\n',
  '# EOF',
  '# END_OF_FILE_WRITTEN_BY_TERRAFORM is not alone on its line',
  '# ümlaut \u2028',
  '      pre_build_script: |',
  '        cat <<EOF',
  '        "double" \'single\' `id` $(id) ${HOME} ${jsonencode(1)} %{ if true } $${ \\ \\n',
  '        EOF',
  '',
].join('\n');

describe('user data', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'user-data-'))));
  afterEach(() => {
    delete process.env.GITLAB_CONFIG;
    rmSync(folder, { recursive: true, force: true });
  });

  it('writes settings and configuration byte for byte and starts the agent, in a real shell', async () => {
    process.env.GITLAB_CONFIG = join(folder, 'config.yaml');
    writeFileSync(process.env.GITLAB_CONFIG, hostile);
    const text = `'"\`$(id)\${HOME}\\ %{ if true } EOF`;
    const authority = `# ${text}\n${certificate}END_OF_FILE_WRITTEN_BY_TERRAFORM\n`;
    const planned = await planOf({
      configuration: synthesized().text,
      variables: { ...minimalVariables, gl_cache_path: text, gl_runner_tags: [text], gitlab_ca_certificate: authority },
    });
    const script = Buffer.from(
      String(valuesOf(planned, 'aws_launch_template.gitlab_runner').user_data),
      'base64',
    ).toString();

    // The same script on a root of its own, with a systemctl that only says how it was called.
    const etc = dirname(paths.settings);
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'systemctl'), `#!/bin/sh\necho "$@" > ${folder}/systemctl\n`);
    chmodSync(join(folder, 'bin', 'systemctl'), 0o755);
    expect(script.startsWith('#!/bin/bash\n')).toBe(true);
    await run('bash', ['-c', script.replaceAll(etc, join(folder, etc))], {
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    });

    expect(readFileSync(join(folder, paths.runnerConfig), 'utf8')).toBe(hostile);
    // The agent reads all that the stack has written, and nothing is left over.
    const written = readFileSync(join(folder, paths.settings), 'utf8');
    expect(Object.keys(JSON.parse(written) as object).sort()).toEqual(Object.keys(settingsKeys).sort());
    expect(parseSettings(written)).toMatchObject({ cachePath: text, runnerTags: [text], caCertificate: authority });
    expect(renderConfiguration(hostile, sampleValues).runners).toHaveLength(1);
    expect(statSync(join(folder, paths.settings)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'systemctl'), 'utf8')).toBe(`enable --now ${agentUnit}\n`);
  }, 60_000);

  it('has the project’s own runner configuration unless GITLAB_CONFIG names another', () => {
    expect(runnerConfiguration()).toContain('gitlab_global_section:');
    process.env.GITLAB_CONFIG = join(folder, 'config.yaml');
    const own = readFileSync(new URL('../../stacks/templates/gitlab_config.yaml', import.meta.url), 'utf8').trimEnd();
    writeFileSync(process.env.GITLAB_CONFIG, `${own} # ours`);
    expect(runnerConfiguration()).toBe(`${own} # ours\n`);
  });

  it('is not made of a configuration that is not there', () => {
    process.env.GITLAB_CONFIG = join(folder, 'missing.yaml');
    expect(() => synthesized()).toThrow(/GITLAB_CONFIG names ".*missing\.yaml", which cannot be read/);
  });

  it('refuses at synth what the runner would drop in silence (B38)', () => {
    process.env.GITLAB_CONFIG = join(folder, 'config.yaml');
    writeFileSync(
      process.env.GITLAB_CONFIG,
      runnerConfiguration('stacks/templates/gitlab_config.yaml').replace('privileged', 'priviledged'),
    );
    expect(() => synthesized()).toThrow(
      /runners\[0\]\.docker\.priviledged is no key of GitLab Runner\. Did you mean privileged\?/,
    );
  });

  it('refuses a configuration that would end its own file', () => {
    process.env.GITLAB_CONFIG = join(folder, 'config.yaml');
    writeFileSync(process.env.GITLAB_CONFIG, 'a: 1\nEND_OF_FILE_WRITTEN_BY_TERRAFORM\nrm -rf /\n');
    expect(() => synthesized()).toThrow(/has the line END_OF_FILE_WRITTEN_BY_TERRAFORM/);
  });

  it.each([
    ['that is not UTF-8', Buffer.from('# \xfc\n', 'latin1'), /is not UTF-8/],
    // Bash would leave it out, and Terraform would write one character for two.
    ['with a null character', '# a\0b\n', /has a null character in line \d+\. Remove it/],
    [
      'with letters that Terraform would change',
      '# u\u0308\n',
      /letters in line \d+ that Terraform would compose anew/,
    ],
  ])('refuses a configuration %s', (_, end, says) => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, Buffer.concat([Buffer.from(runnerConfiguration()), Buffer.from(end)]));
    expect(() => runnerConfiguration(file)).toThrow(says);
    const { length } = runnerConfiguration().split('\n');
    expect(() => runnerConfiguration(file)).toThrow(new RegExp(`UTF-8|line ${length}\\b`));
  });

  it('is refused at plan with a private key beside the certificate, which is not printed', async () => {
    const withKey = `${certificate}-----BEGIN PRIVATE KEY-----\nmarker\n-----END PRIVATE KEY-----\n`;
    const refused = planOf({ variables: { ...minimalVariables, gitlab_ca_certificate: withKey } });
    await expect(refused).rejects.toThrow(/gitlab_ca_certificate holds a private key/);
    await expect(refused).rejects.not.toThrow(/marker/);
  }, 60_000);

  it('is refused at plan when it is larger than EC2 takes', async () => {
    process.env.GITLAB_CONFIG = join(folder, 'config.yaml');
    writeFileSync(
      process.env.GITLAB_CONFIG,
      `${runnerConfiguration('stacks/templates/gitlab_config.yaml')}# ${'ü'.repeat(8000)}\n`,
    );
    await expect(planOf({ configuration: synthesized().text })).rejects.toThrow(
      /larger than the 16384 bytes[^]*gitlab_ca_certificate/,
    );
  }, 60_000);
});
