import { withDemandDiagram, withScaleOutDiagram } from '../asl/diagram-page.ts';
import { contractForAnsible } from './contract-for-ansible.ts';
import { synthesizedStacks } from './synthesize.ts';
import { findTerraformDocs, markers, withTables } from './terraform-docs.ts';

/** A page of which some is generated. */
export interface GeneratedPage {
  /** Relative to the project. */
  readonly file: string;
  /** The page as it should be, from the page as it is (empty: there is none yet). */
  readonly render: (page: string) => Promise<string>;
}

/** The stack that the README is about; each other one has a page of its own. */
const mainStack = 'autoscaled-gitlab-runner';
const pageOf = (stack: string): string => (stack === mainStack ? 'README.md' : `docs/stacks/${stack}.md`);

/** Everything that `npm run docs` keeps in step with the code. `say` hears what takes long. */
export async function generatedPages(say: (line: string) => void): Promise<readonly GeneratedPage[]> {
  const [program, stacks] = await Promise.all([findTerraformDocs(say), synthesizedStacks()]);
  const tables = stacks.map(({ name, configuration }) => ({
    file: pageOf(name),
    render: (page: string) =>
      withTables(program, configuration, page === '' ? `# ${name}\n\n${markers.begin}\n${markers.end}\n` : page),
  }));
  const diagrams = [
    { file: 'docs/scale-out.md', render: (page: string) => Promise.resolve(withScaleOutDiagram(page)) },
    { file: 'docs/demand.md', render: (page: string) => Promise.resolve(withDemandDiagram(page)) },
  ];
  const contract = {
    file: 'ami/roles/gitlab_runner/vars/contract.yml',
    render: () => Promise.resolve(contractForAnsible()),
  };
  return [...tables, ...diagrams, contract];
}
