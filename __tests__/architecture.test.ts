import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesized } from './support/synthesized.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const sources = ['main.ts', ...['stacks', 'asl', 'ami', 'rehearsal', 'docs'].flatMap(typescriptIn)];

function typescriptIn(folder: string): readonly string[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** What a file imports: paths from the project's root for its own files, bare names for packages. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(project, file), 'utf8');
  return [
    ...text.matchAll(/^(?:import|export)\s[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm),
  ].map(([, from, bare, type]) => {
    const name = (from ?? bare ?? type)!;
    return name.startsWith('.') ? relative('.', normalize(join(dirname(file), name))) : name;
  });
}
const importing = (from: (file: string) => boolean, to: (name: string, file: string) => boolean): readonly string[] =>
  sources.filter(from).flatMap((file) =>
    importsOf(file)
      .filter((name) => to(name, file))
      .map((name) => `${file} imports ${name}`),
  );
const within =
  (folder: string) =>
  (name: string): boolean =>
    name.startsWith(`${folder}/`);
const isCdktf = (name: string): boolean => name === 'cdktf' || name === 'constructs' || name.startsWith('@cdktf/');

describe('who may import whom', () => {
  it('reads imports at all', () => {
    expect(importsOf('main.ts')).toEqual(['cdktf', 'stacks/autoscaled-gitlab-runner.ts', 'stacks/context.ts']);
    expect(importsOf('stacks/lock-table.ts')).toContain('ami/contract.ts');
  });

  it('keeps cdktf in main.ts and stacks, so that its successor is one change of names', () => {
    // The rehearsal and the tests make an App of their own.
    expect(
      importing((file) => file !== 'main.ts' && !within('stacks')(file) && !within('rehearsal')(file), isCdktf),
    ).toEqual([]);
  });

  it('keeps the barrel of the provider out: it costs three seconds of every synth', () => {
    expect(
      importing(
        () => true,
        (name) => name === '@cdktf/provider-aws' || name === '@cdktf/provider-aws/lib',
      ),
    ).toEqual([]);
  });

  it('keeps asl free of stacks and the rehearsal', () => {
    expect(importing(within('asl'), (name) => /^(stacks|rehearsal|main\.ts)/.test(name))).toEqual([]);
  });

  it('keeps ami free of everything else', () => {
    expect(importing(within('ami'), (name) => /^(stacks|asl|rehearsal)\//.test(name))).toEqual([]);
  });

  it('keeps the rehearsal a reader: nothing but tests and documents imports it', () => {
    expect(importing((file) => !/^(rehearsal|docs)\//.test(file), within('rehearsal'))).toEqual([]);
  });

  it('lets concerns meet only in the stack, which passes objects', () => {
    const shared = [
      'addressed-stack',
      'expression',
      'policy',
      'variables',
      'job-name-pattern',
      'strategy',
      'backend',
    ].map((name) => `stacks/${name}.ts`);
    const values = (file: string): readonly string[] =>
      [...readFileSync(join(project, file), 'utf8').matchAll(/^import (?!type)[^'"]*?from '\.\/([^']+)'/gm)].map(
        ([, name]) => `stacks/${name}`,
      );
    const concerns = sources.filter((file) => within('stacks')(file) && file !== 'stacks/autoscaled-gitlab-runner.ts');
    const meetings = concerns.flatMap((file) =>
      values(file)
        .filter((name) => !shared.includes(name) && !name.startsWith('stacks/templates/'))
        .map((name) => `${file} imports ${name}`),
    );
    expect(meetings).toEqual([]);
  });
});

describe('the construct tree', () => {
  it('gives every resource the address that its id says', () => {
    const { json } = synthesized();
    const paths = [json.resource, json.data].flatMap((blocks, index) =>
      Object.entries(blocks).flatMap(([type, named]) =>
        Object.entries(named).map(([name, block]) => ({
          address: `${index === 1 ? 'data.' : ''}${type}.${name}`,
          id: (block['//'] as { metadata: { path: string } }).metadata.path.split('/').at(-1),
        })),
      ),
    );
    expect(paths.filter(({ address, id }) => address !== id)).toEqual([]);
    expect(paths).toHaveLength(39);
  });
});
