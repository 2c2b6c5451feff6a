import { stringify } from 'yaml';
import { agentUnit, contractTag, contractVersion, paths, runnerUnit } from '../ami/contract.ts';

/** What Ansible needs of ami/contract.ts, as the role's vars/contract.yml. */
export const contractForAnsible = (): string =>
  [
    '---',
    '# Written by `npm run docs` from ami/contract.ts.',
    stringify(
      {
        gitlab_runner_contract: {
          tag: contractTag,
          version: contractVersion,
          units: { agent: agentUnit, runner: runnerUnit },
          paths,
        },
      },
      { defaultStringType: 'QUOTE_SINGLE', defaultKeyType: 'PLAIN' },
    ),
  ].join('\n');
