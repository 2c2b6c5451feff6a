import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { stringify } from 'yaml';
import {
  ConfigurationError,
  metricsUrl,
  renderConfiguration,
  requestConcurrency,
  toToml,
  usesDocker,
  withoutRunners,
} from '../../../../ami/agent/configuration/configuration.ts';
import { nearest } from '../../../../ami/agent/configuration/nearest.ts';
import { sampleValues } from '../../../../ami/agent/configuration/placeholders.ts';

const own = readFileSync(new URL('../../../../stacks/templates/gitlab_config.yaml', import.meta.url), 'utf8');
const values = { ...sampleValues, gl_concurrency: 4, gl_runner_token: 'glrt-marker' };

function problems(yaml: string): readonly string[] {
  try {
    renderConfiguration(yaml, values);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.message).not.toContain('marker');
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.slice(2));
  }
}

describe('the project’s own configuration', () => {
  const configuration = renderConfiguration(own, values);

  it('becomes config.toml, with numbers as numbers and keys as the runner spells them', () => {
    const toml = parse(toToml(configuration, true));
    expect(toml).toMatchObject({
      concurrent: 4,
      listen_address: '127.0.0.1:9252',
      session_server: { session_timeout: 1800 },
    });
    expect(toml.runners).toMatchObject([
      {
        token: 'glrt-marker',
        url: 'https://gitlab.com',
        docker: { privileged: false, image: 'docker.io/docker:latest' },
        cache: { Type: 's3', Shared: true, s3: { BucketName: 'bucket' } },
      },
    ]);
  });

  it('is without its entries what is left of it when they are taken out', () => {
    expect(withoutRunners(toToml(configuration, true))).toBe(toToml(configuration, false));
    expect(toToml(configuration, false)).not.toContain('marker');
  });

  it('tells where the metrics are, that jobs need Docker, and how many requests there are at once', () => {
    expect([metricsUrl(configuration), usesDocker(configuration), requestConcurrency(configuration)]).toEqual([
      'http://127.0.0.1:9252/metrics',
      true,
      1,
    ]);
  });
});

describe('a configuration is refused', () => {
  const changed = (from: string | RegExp, to: string): string => {
    expect(own).toMatch(from);
    return own.replace(from, to);
  };
  it.each<readonly [what: string, yaml: string, says: RegExp]>([
    [
      'with a misspelt key (B38)',
      changed('privileged', 'priviledged'),
      /runners\[0\]\.docker\.priviledged is no key of GitLab Runner\. Did you mean privileged\?$/,
    ],
    [
      'with a misspelt key of the cache',
      changed('BucketName', 'BuketName'),
      /cache\.s3\.BuketName .* Did you mean BucketName/,
    ],
    [
      'with a misspelt global key',
      changed('check_interval', 'chek_interval'),
      /^gitlab_global_section\.chek_interval .* check_interval/,
    ],
    [
      'with a key that is like none',
      changed('privileged: false', 'colour: red'),
      /colour is no key of GitLab Runner; the keys here are .*privileged/,
    ],
    [
      'with a number in quotes',
      changed("'{{ gl_concurrency }}'", "'6'"),
      /concurrent must be a whole number without quotes, but is "6"/,
    ],
    [
      'with a truth in quotes',
      changed('privileged: false', "privileged: 'no'"),
      /privileged must be true or false without quotes/,
    ],
    [
      'with a number for a text or a list of texts',
      changed('if-not-present', '7'),
      /pull_policy must be a text or a list of texts, but is 7/,
    ],
    ['with a bad duration', changed('15m0s', 'soon'), /connection_max_age must be a duration such as 15m0s/],
    ['with a text for a list', changed(/volumes:\n(.*\n){3}/, 'volumes: /cache\n'), /volumes must be a list/],
    ['with a list for a table', changed(/docker:\n(.*\n){7}/, 'docker: []\n'), /docker must be a table/],
    [
      'with an unknown placeholder',
      changed('{{ gl_url }}', '{{ gl_uri }}'),
      /^gitlab_runners_section\.runners\[0\]\.url: \{\{ gl_uri \}\} is no placeholder; those that are: gl_concurrency/,
    ],
    [
      'with a placeholder that is never closed',
      changed('{{ gl_url }}', '{{ gl_url }'),
      /runners\[0\]\.url: \{\{ is no placeholder/,
    ],
    [
      'with a placeholder in a key',
      changed('privileged: false', "privileged: false\n        sysctls: { '{{ gl_url }}': x }"),
      /docker\.sysctls\.\{\{ gl_url \}\} is a key with a placeholder/,
    ],
    [
      'with a key twice, in two spellings',
      changed('privileged: false', 'privileged: false\n        Privileged: true'),
      /docker\.Privileged is privileged once more/,
    ],
    [
      'with a key in two sections',
      changed('gitlab_runners_section:', 'gitlab_runners_section:\n  Concurrent: 9'),
      /^gitlab_runners_section\.Concurrent is in gitlab_global_section as well/,
    ],
    ['with another section', `${own}gitlab_other_section: {}\n`, /gitlab_other_section is no section/],
    [
      'with a section that is none',
      changed(/gitlab_session_server_section:\n(.*\n){2}/, 'gitlab_session_server_section: 7\n'),
      /gitlab_session_server_section must be a table/,
    ],
    ['that is no YAML', 'a: [', /^it is not YAML, line 1/],
    [
      'with an alias for nothing',
      changed("'{{ gl_concurrency }}'", '*jobs'),
      /^it is not YAML: Unresolved alias.* jobs/,
    ],
    [
      'with a tag of another program',
      changed("'{{ gl_concurrency }}'", '!vault 4'),
      /^it is not plain YAML, line \d+: Unresolved tag: !vault/,
    ],
    ['that is a text', 'text', /must have the sections/],
  ])('%s', (_, yaml, says) => {
    expect(problems(yaml)).toContainEqual(expect.stringMatching(says));
  });

  it('with everything that is wrong at once', () => {
    expect(
      problems(own.replace('privileged', 'priviledged').replace('15m0s', 'soon').replace('{{ gl_url }}', '{{ x }}')),
    ).toHaveLength(4);
  });

  it('without telling values that may be secrets', () => {
    expect(
      problems(changed('privileged: false', 'privileged: false\n        environment: marker')).join(),
    ).not.toContain('marker');
  });
});

/** In quotes, because a text of a space and a line break does not survive what `stringify` makes of it otherwise (yaml 2.9.1). */
const inQuotes = (configuration: object): string => stringify(configuration, { defaultStringType: 'QUOTE_DOUBLE' });

describe('a configuration may have', () => {
  it('keys in any case, entries without the things that have defaults, and null for nothing', () => {
    const yaml = own
      .replace('check_interval', 'Check_Interval')
      .replace(/ {2}listen_address: .*\n/, '')
      .replace('shutdown_timeout: 30', 'shutdown_timeout:');
    const configuration = renderConfiguration(yaml, values);
    expect(configuration).toMatchObject({ check_interval: 0, listen_address: '127.0.0.1:9252' });
    expect(configuration).not.toHaveProperty('shutdown_timeout');
  });

  it('keys of the highest level in any case', () => {
    const yaml = own.replace('  runners:', '  Runners:').replace('url:', 'URL:').replace('executor:', 'Executor:');
    expect(renderConfiguration(yaml, values)).toEqual(renderConfiguration(own, values));
  });

  it('the braces themselves, written as Jinja has them', () => {
    const quoted = own.replace(
      'executor: docker',
      `executor: docker\n      pre_build_script: |-\n        docker ps --format "{{ '{{' }}.Names{{ '}}' }}"`,
    );
    expect(renderConfiguration(quoted, values).runners[0]).toMatchObject({
      pre_build_script: 'docker ps --format "{{.Names}}"',
    });
  });

  it('several entries, with the most requests of one', () => {
    const entry = own
      .slice(own.indexOf('    - name:'))
      .replace("ansible_ec2_instance_id }}'", "ansible_ec2_instance_id }}-two'\n      request_concurrency: 3");
    const configuration = renderConfiguration(`${own}${entry}`, values);
    expect(configuration.runners).toHaveLength(2);
    expect(requestConcurrency(configuration)).toBe(3);
  });

  it('any text: it comes through YAML and TOML as it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.constantFrom('\n', '"', "'", '\\', '$HOME', '`id`', '#', '\t', '{ }', '{{ x }}', '{{{'),
        (text, special) => {
          const script = `${text}${special}`;
          const written = script.replaceAll('{{', "{{ '{{' }}");
          const configuration = {
            gitlab_runners_section: {
              runners: [
                {
                  name: 'x',
                  url: 'u',
                  token: '{{ gl_runner_token }}',
                  executor: 'shell',
                  pre_build_script: written,
                  environment: [`A=${written}`],
                },
              ],
            },
          };
          const toml = parse(toToml(renderConfiguration(inQuotes(configuration), values), true));
          expect(toml.runners).toMatchObject([{ pre_build_script: script, environment: [`A=${script}`] }]);
        },
      ),
    );
  });
});

it.each([
  ['priviledged', 'privileged'],
  ['Volumes', 'volumes'],
  ['zzz', undefined],
])('what was meant by %s is %s', (word, meant) => {
  expect(nearest(word, ['privileged', 'volumes', 'image'])).toBe(meant);
});
