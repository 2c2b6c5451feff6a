import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as contract from '../../ami/contract.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const sources = ['stacks', 'asl', 'ami'].flatMap((folder) =>
  readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|yml|yaml|j2|vtl)$/.test(name) && !name.startsWith('agent/dist'))
    .map((name) => join(folder, name)),
);

/** Names that stack and agent share: those that mean something outside of the program that writes them. */
const shared: readonly string[] = [
  contract.contractTag,
  ...Object.values(contract.paths),
  contract.agentUnit,
  contract.runnerUnit,
  contract.tokenParameter,
  ...Object.values(contract.metricNames),
  ...Object.values(contract.lockItem),
  contract.fencedSuffix,
  '-lock`',
  '-start`',
  '-stop`',
];

/** Where a name may stand besides: in what is generated from the contract, and where it means something else. */
const others: Readonly<Record<string, readonly string[]>> = {
  'ami/roles/gitlab_runner/vars/contract.yml': shared,
  // The words of GitLab and of DynamoDB, which the agent's configuration and the machine happen to have as well.
  'ami/agent/configuration/keys.ts': ['Asked', 'Open', 'Holder'],
};

const isName = (text: string, name: string): boolean => {
  const quoted = new RegExp(`['"\`/ =]${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w/.-])`);
  return name.startsWith('-') ? text.includes(name) : quoted.test(text);
};

it('no name that stack and agent share stands outside ami/contract.ts', () => {
  const strays = sources
    .filter((file) => file !== 'ami/contract.ts')
    .flatMap((file) => {
      const code = readFileSync(join(project, file), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/\/|\*|\/\*\*|#)/.test(line))
        // A type of a state that is written like an attribute is none of its names.
        .map((line) => line.replace(/\/\*\*.*?\*\//g, ''))
        .join('\n');
      return shared
        .filter((name) => isName(code, name) && !others[file]?.includes(name))
        .map((name) => `${file}: ${name}`);
    });
  expect(strays).toEqual([]);
});

it('finds one where there is one', () => {
  expect(shared.filter((name) => isName("const unit = 'gitlab-runner-agent.service';", name))).toEqual([
    contract.agentUnit,
  ]);
  expect(shared.filter((name) => isName('const table = `${name}-lock`;', name))).toEqual(['-lock`']);
});
