import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

export const project = fileURLToPath(new URL('../..', import.meta.url));

/** Every page of the project, by its path from the project's root. */
export const pages: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(project, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => posix.join('docs', name))
    .sort(),
];

export const read = (page: string): string => readFileSync(join(project, page), 'utf8');

const withoutCode = (text: string): string => text.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** Where the links of a page lead that are not to another site: the file from the project's root, and the heading. */
export function linksOf(page: string): readonly { readonly file: string; readonly heading: string | undefined }[] {
  return (
    [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
      // A backslash before punctuation is Markdown's, not the path's.
      .map(([, to = '']) => to.replaceAll('\\_', '_'))
      .filter((to) => !/^[a-z]+:/.test(to))
      .map((to) => {
        const [path = '', heading] = to.split('#');
        return { file: path === '' ? page : posix.join(posix.dirname(page), path).replace(/\/$/, ''), heading };
      })
  );
}

/** The anchors that GitLab and GitHub make of a page's headings, and those that stand in it as HTML. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const text = read(page).replace(/^```[^]*?^```/gm, '');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a name="([^"]+)"/g)].map(([, name]) => name ?? '')]);
}

/** The cells of every row of a page's tables whose first cell matches. */
export const rowsOf = (page: string, first: RegExp): readonly (readonly string[])[] =>
  read(page)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
    .filter(([cell]) => first.test(cell ?? ''));
