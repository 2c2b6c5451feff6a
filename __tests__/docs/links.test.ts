import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorsOf, linksOf, pages, project, read } from './markdown.ts';

describe.each(pages)('%s', (page) => {
  it('links only to files that exist', () => {
    expect(linksOf(page).filter(({ file }) => !existsSync(join(project, file)))).toEqual([]);
  });

  it('links only to headings that exist', () => {
    const broken = linksOf(page).filter(
      ({ file, heading }) => heading !== undefined && file.endsWith('.md') && !anchorsOf(file).has(heading),
    );
    expect(broken).toEqual([]);
  });

  it('names only files of the project that exist', () => {
    const named = [...read(page).matchAll(/`((?:asl|ami|stacks|rehearsal|docs|__tests__)\/[^`\s*…]*)`/g)].map(
      ([, path]) => path ?? '',
    );
    // What is made by a command, or another issue makes, is named as a thing and not as a path.
    expect(named.filter((path) => !existsSync(join(project, path)))).toEqual([]);
  });
});

describe('the README', () => {
  const { scripts } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { scripts: object };
  const readme = read('README.md');

  it('names every script of package.json, and no other', () => {
    const named = [...readme.matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g)].map(([, run, short]) => run ?? short);
    expect([...new Set(named)].sort()).toEqual(Object.keys(scripts).sort());
  });

  it('has the two commands on its first screen', () => {
    const screen = readme.split('\n').slice(0, 30).join('\n');
    expect(screen).toContain('npm ci && npm start');
    expect(screen).toContain('npm ci && npm test');
  });
});

describe('the pages', () => {
  it('are found, with their links', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/overview.md', 'docs/decisions/README.md']));
    expect(linksOf('README.md').length).toBeGreaterThan(10);
    expect(anchorsOf('README.md')).toContain('inputs');
  });
});
