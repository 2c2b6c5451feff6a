import { readFileSync } from 'node:fs';
import {
  ConfigurationError,
  ownConcurrency,
  renderConfiguration,
} from '../../../../ami/agent/configuration/configuration.ts';
import { executors } from '../../../../ami/agent/configuration/fleet-rules.ts';
import { sampleValues } from '../../../../ami/agent/configuration/placeholders.ts';

const own = readFileSync(new URL('../../../../stacks/templates/gitlab_config.yaml', import.meta.url), 'utf8');

function changed(from: string | RegExp, to: string): string {
  expect(own).toMatch(from);
  return own.replace(from, to);
}
const withJobs = (concurrent: string): string => changed("concurrent: '{{ gl_concurrency }}'", concurrent);
const withEntry = (lines: string): string => changed('executor: docker', `executor: docker\n      ${lines}`);

/** What is wrong with a configuration; nothing that is filled in on an instance may be in it. */
function problemsOf(yaml: string): string {
  try {
    renderConfiguration(yaml, { ...sampleValues, gl_concurrency: 4, gl_runner_token: 'glrt-marker' });
    return '';
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.message).not.toContain('marker');
    return error.message;
  }
}

describe('the jobs that an instance runs at once', () => {
  it.each([
    ['the file’s own number', withJobs('concurrent: 4'), 4],
    ['the file’s own number, under a key in any case', withJobs('CONCURRENT: 9999'), 9999],
    ['one, which is the runner’s default', withJobs(''), 1],
    ['one where the key has no value', withJobs('concurrent:'), 1],
    ['those of an anchor', withJobs('concurrent: &n 7'), 7],
    ['left to the variable', own, undefined],
    [
      'left to the variable, whatever a script says',
      withEntry('pre_build_script: |\n        concurrent: 5'),
      undefined,
    ],
  ])('are %s', (_, yaml, jobs) => {
    expect(ownConcurrency(yaml)).toBe(jobs);
  });

  it.each(['0', '-1', '10000', "'{{ gl_metrics_port }}'"])('are not %s', (jobs) => {
    expect(problemsOf(withJobs(`concurrent: ${jobs}`))).toContain(
      "concurrent must be a number from 1 to 9999, or '{{ gl_concurrency }}', which the variable capacity_per_instance fills in",
    );
  });

  it.each(['4.5', "'12'", 'many', "'{{ gl_concurrency }}0'"])('are no %s', (jobs) => {
    expect(problemsOf(withJobs(`concurrent: ${jobs}`))).toContain('concurrent must be a whole number without quotes');
  });

  const second = own
    .slice(own.indexOf('    - name:'))
    .replace("ansible_ec2_instance_id }}'", "ansible_ec2_instance_id }}-two'\n      limit: 3");
  const limited = withEntry('limit: 2').replace(/$/, second);

  it('may not be more than all limits together: the instance would never be full, and never ask for another', () => {
    expect(problemsOf(limited)).toContain('concurrent must be a number up to 5, because each entry');
    expect(problemsOf(limited.replace("'{{ gl_concurrency }}'", '6'))).toContain('must be a number up to 5');
    expect(problemsOf(limited.replace("'{{ gl_concurrency }}'", '5'))).toBe('');
  });

  it('may be any number where one entry has no limit', () => {
    expect(problemsOf(`${own}${second}`)).toBe('');
    expect(problemsOf(withEntry('limit: 0'))).toBe('');
  });
});

describe('the metrics', () => {
  const told = "listen_address: '127.0.0.1:{{ gl_metrics_port }}'";
  it.each([
    "listen_address: ':9252'",
    // The runner finds its keys in any case.
    "Listen_Address: ':9252'",
    "LISTEN_ADDRESS: '0.0.0.0:9252'",
    "listen_address: '10.0.0.1:9252'",
    "listen_address: '127.0.0.1'",
    "listen_address: '127.0.0.1:0'",
    "listen_address: '127.0.0.1:65536'",
    "listen_address: '127.999.0.1:9252'",
    "listen_address: '127.0.0.1.example.com:9252'",
  ])('are not told at %s (B48)', (address) => {
    expect(problemsOf(changed(told, address))).toContain('listen_address must be a port on loopback');
  });

  it.each(["listen_address: 'localhost:1'", "Listen_Address: '[::1]:65535'", "listen_address: '127.1.2.3:9252'"])(
    'may be told at %s',
    (address) => {
      expect(problemsOf(changed(told, address))).toBe('');
    },
  );
});

it('a runner polls often enough to be seen polling', () => {
  expect(problemsOf(changed('check_interval: 0', 'check_interval: 301'))).toContain('at most 300 seconds, but is 301');
  expect(problemsOf(changed('check_interval: 0', 'check_interval: 300'))).toBe('');
});

describe('the token', () => {
  it.each(['token: glrt-marker', "Token: 'glrt-marker'", 'TOKEN: 7', "token: '{{ gl_runner_token }}-marker'"])(
    'does not stand in the file, as %s',
    (line) => {
      expect(problemsOf(changed("token: '{{ gl_runner_token }}'", line))).toContain(
        "runners[0].token must be '{{ gl_runner_token }}'",
      );
    },
  );

  it.each([
    ['the environment of jobs', withEntry("environment: ['T={{ gl_runner_token }}']")],
    ['a script', withEntry('pre_build_script: echo {{gl_runner_token}}')],
    ['a name', changed("name: '{{ ansible_ec2_instance_id }}'", "name: '{{ gl_runner_token }}'")],
    [
      'what is not an entry’s',
      changed('check_interval: 0', "check_interval: 0\n  labels: { a: '{{ gl_runner_token }}' }"),
    ],
  ])('goes into nothing else, such as %s', (_, yaml) => {
    expect(problemsOf(yaml)).toContain('{{ gl_runner_token }} may be nothing but the token of an entry');
  });
});

describe('an entry', () => {
  it('names an executor that there is', () => {
    expect(problemsOf(changed('executor: docker', 'executor: dockers'))).toMatch(
      /executor must be one of custom, docker, .*, but is dockers\. Did you mean docker\?/,
    );
    expect(executors.filter((name) => problemsOf(changed('executor: docker', `executor: ${name}`)) !== '')).toEqual([]);
  });

  it.each([
    ['url', /url: .*/],
    ['token', /token: .*/],
    ['executor', /executor: .*/],
  ])('has its %s', (key, line) => {
    expect(problemsOf(changed(line, ''))).toContain(`runners[0].${key} is missing`);
  });

  it('is there, and has a name that no other has', () => {
    expect(problemsOf(changed(/runners:\n[\s\S]*/, 'runners: []\n'))).toContain('must have at least one entry');
    expect(problemsOf(`${own}${own.slice(own.indexOf('    - name:'))}`)).toContain('must each have a name of its own');
  });
});
