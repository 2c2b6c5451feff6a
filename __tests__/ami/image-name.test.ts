import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { contractTag } from '../../ami/contract.ts';
import { synthesized } from '../support/synthesized.ts';

const read = (name: string): string => readFileSync(new URL(`../../ami/${name}`, import.meta.url), 'utf8');
const variables = parse(read('build_vars.yml')) as Readonly<Record<string, unknown>>;

describe('an image that is built with the defaults', () => {
  it('has the name that the stack looks for by default (B50)', () => {
    const name = String(variables.image_tag).replace('{{ base_image }}', String(variables.base_image));
    expect(synthesized().json.variable.image_name?.default).toBe(name);
  });

  it('has the tag that the stack asks for, by the contract', () => {
    expect(read('ami_build.yml')).toContain('gitlab_runner_contract.tag: gitlab_runner_contract.version');
    expect(read('roles/gitlab_runner/vars/contract.yml')).toContain(contractTag);
  });

  it('can be built for every architecture that the role knows', () => {
    const role = parse(read('roles/gitlab_runner/vars/main.yml')) as {
      readonly gitlab_runner_architectures: Readonly<Record<string, { readonly node: string }>>;
    };
    const { gitlab_runner_node_checksums: checksums } = parse(read('roles/gitlab_runner/defaults/main.yml')) as {
      readonly gitlab_runner_node_checksums: Readonly<Record<string, string>>;
    };
    expect(
      Object.values(role.gitlab_runner_architectures)
        .map(({ node }) => node)
        .sort(),
    ).toEqual(Object.keys(checksums).sort());
    expect(Object.values(checksums).filter((each) => !/^sha256:[0-9a-f]{64}$/.test(each))).toEqual([]);
    const images = variables.base_images as Readonly<Record<string, { readonly name: object }>>;
    for (const { name } of Object.values(images)) expect(Object.keys(name).sort()).toEqual(['arm64', 'x86_64']);
  });
});
