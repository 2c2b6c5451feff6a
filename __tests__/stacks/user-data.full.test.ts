import { spawnSync } from 'node:child_process';
import { certificate } from '../support/certificate.ts';
import { minimalVariables, planOf, valuesOf } from '../support/plans.ts';
import { besides, pythonWith } from '../support/python.ts';
import { describeWith } from '../support/tools.ts';

const python = await pythonWith(new URL('../support/ansible/requirements.txt', import.meta.url));

describeWith(python, 'the user data of an instance', (path) => {
  /** What ShellCheck finds in a script, with its optional checks. */
  const findings = (script: string): string => {
    const { stdout, stderr, error } = spawnSync(
      besides(path, 'shellcheck'),
      ['--shell=bash', '--severity=style', '--enable=all', '-'],
      { input: script, encoding: 'utf8' },
    );
    if (error !== undefined) throw error;
    return `${stdout}${stderr}`;
  };

  it('has nothing that ShellCheck objects to', async () => {
    const planned = await planOf({
      variables: { ...minimalVariables, gl_cache_path: `'"\`$(id)\${HOME}\\`, gitlab_ca_certificate: certificate },
    });
    const script = Buffer.from(String(valuesOf(planned, 'aws_launch_template.gitlab_runner').user_data), 'base64');
    expect(findings(script.toString())).toBe('');
  }, 60_000);

  it('would be objected to if a shell read what it writes', () => {
    expect(findings('#!/bin/bash\ncat > $1 <<EOF\n$x\nEOF\n')).toContain('SC2086');
  });
});
