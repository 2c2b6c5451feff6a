import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTerraformDocs, withTables } from '../../docs/terraform-docs.ts';
import { synthesized } from '../support/synthesized.ts';
import { describeWith, onPath } from '../support/tools.ts';
import { project } from './markdown.ts';

const loader = createRequire(import.meta.url).resolve('tsx');

/** `npm run docs`, in a folder whose pages may be spoilt. */
function generate(folder: string, ...given: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', loader, join(project, 'docs', 'generate.ts'), ...given], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** What Ansible is told of the contract is generated as well. */
const contract = 'ami/roles/gitlab_runner/vars/contract.yml';

const installed = onPath('terraform-docs', 'install terraform-docs, or Go to build it');

describeWith(
  installed.path === undefined ? onPath('go', 'install Go: https://go.dev/doc/install') : installed,
  'npm run docs',
  () => {
    let program: string;
    let folder: string;
    const page = (file: string): string => readFileSync(join(folder, file), 'utf8');

    beforeAll(async () => {
      program = await findTerraformDocs();
    }, 300_000);
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'pages-'));
      cpSync(join(project, 'README.md'), join(folder, 'README.md'));
      cpSync(join(project, 'docs'), join(folder, 'docs'), { recursive: true });
      cpSync(join(project, contract), join(folder, contract));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('has nothing to do in this checkout', async () => {
      expect(await generate(folder, '--check')).toEqual({
        code: 0,
        said: expect.stringContaining('README.md is up to date') as string,
      });
    }, 60_000);

    it('notices a table that says something else, says what to do, changes nothing, and repairs it when asked', async () => {
      const good = page('README.md');
      const spoilt = good.replace('ID of the VPC in which the instances run', 'ID of some VPC');
      expect(spoilt).not.toBe(good);
      writeFileSync(join(folder, 'README.md'), spoilt);
      expect(await generate(folder, '--check')).toEqual({
        code: 1,
        said: expect.stringContaining('README.md is out of date; run npm run docs') as string,
      });
      expect(page('README.md')).toBe(spoilt);
      expect(await generate(folder)).toMatchObject({
        code: 0,
        said: expect.stringContaining('README.md written') as string,
      });
      expect(page('README.md')).toBe(good);
    }, 60_000);

    it('keeps the diagram of the machine as well', async () => {
      const good = page('docs/scale-out.md');
      writeFileSync(join(folder, 'docs', 'scale-out.md'), good.replace(/^ +\[\*\] --> .*\n/m, ''));
      expect(await generate(folder, '--check')).toMatchObject({
        code: 1,
        said: expect.stringContaining('docs/scale-out.md is out of date; run npm run docs') as string,
      });
      await generate(folder);
      expect(page('docs/scale-out.md')).toBe(good);
    }, 60_000);

    it('makes a page that is not there yet, but not when it only checks', async () => {
      rmSync(join(folder, 'README.md'));
      expect(await generate(folder, '--check')).toMatchObject({ code: 1 });
      expect(existsSync(join(folder, 'README.md'))).toBe(false);
      expect(await generate(folder)).toMatchObject({ code: 0 });
      expect(page('README.md')).toContain('<a name="input_vpc_id">');
    }, 60_000);

    it('documents a description of the stack as it now is', async () => {
      const { text } = synthesized();
      const changed = text.replace('ID of the VPC in which the instances run', 'Changed | with a bar');
      const before = await withTables(program, text, page('README.md'));
      const after = await withTables(program, changed, page('README.md'));
      expect(before).toBe(page('README.md'));
      expect(after).toContain('Changed \\| with a bar');
    });

    it('writes every variable, the output, 35 resources and 4 data sources, with links to the registry', async () => {
      const { text, json } = synthesized();
      const tables = await withTables(program, text, '<!-- BEGIN_TF_DOCS -->\n<!-- END_TF_DOCS -->\n');
      const names = (kind: string): readonly (string | undefined)[] =>
        [...tables.matchAll(new RegExp(`<a name="${kind}_([^"]+)">`, 'g'))].map(([, name]) => name).sort();
      expect(names('input')).toEqual(Object.keys(json.variable).sort());
      expect(names('output')).toEqual(Object.keys(json.output));
      const linked = (kind: string): number =>
        tables
          .split('\n')
          .filter(
            (line) =>
              line.includes('https://registry.terraform.io/providers/hashicorp/aws/') && line.endsWith(`| ${kind} |`),
          ).length;
      expect([linked('resource'), linked('data source')]).toEqual([35, 4]);
    });

    it.each(['# No place for tables\n', '<!-- END_TF_DOCS -->\n<!-- BEGIN_TF_DOCS -->\n', '<!-- BEGIN_TF_DOCS -->\n'])(
      'refuses a page without one place for the tables: %j',
      async (broken) => {
        await expect(withTables(program, synthesized().text, broken)).rejects.toThrow('once each, in this order');
      },
    );
  },
);

describe('terraform-docs', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it('that is neither there nor to be built is said in one sentence that names both ways', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'no-tools-'));
    process.env = { PATH: empty, XDG_CACHE_HOME: empty };
    try {
      await expect(findTerraformDocs()).rejects.toThrow(
        /^terraform-docs v[\d.]+ is not on PATH, and there is no Go to build it with\. Install one of them/,
      );
    } finally {
      rmSync(empty, { recursive: true });
    }
  });
});
