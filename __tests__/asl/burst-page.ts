import { readFileSync, writeFileSync } from 'node:fs';
import { lockItem } from '../../ami/contract.ts';
import type { Outcome } from './burst-load.ts';

const file = new URL('../../docs/burst.md', import.meta.url);

/** One line of a table: what was put on which machine, and what came of it. */
export interface Row {
  readonly load: string;
  readonly machine: string;
  readonly outcome: Outcome;
}

/** Cells that are the same in each run: these the page has to have right. */
const certain = [
  ['load', ({ load }: Row) => load],
  ['machine', ({ machine }: Row) => machine],
  ['desired capacity', ({ outcome }: Row) => String(outcome.desired ?? 'no group')],
  ['lock afterwards', ({ outcome }: Row) => (isLeft(outcome) ? 'held' : 'free')],
] as const;

/** Cells that depend on who met whom: the page has those of one run. */
const measured = [
  ['failed', ({ outcome }: Row) => outcome.failed],
  ['transitions per event', ({ outcome }: Row) => Math.round((outcome.transitions / outcome.events) * 10) / 10],
  ['largest state, bytes', ({ outcome }: Row) => outcome.largestState],
  ['changes', ({ outcome }: Row) => outcome.changes.length],
  ['lock taken', ({ outcome }: Row) => outcome.acquisitions],
  ['holders at once', ({ outcome }: Row) => outcome.holdersAtOnce],
] as const;

/** Of those, the ones that do not differ much between two runs; the others are counts of a few, for which each test has its bound. */
const steady = measured.slice(0, 3);

/** Upstream's lock is the item itself; ours is an attribute of it. */
const isLeft = ({ item }: Outcome): boolean =>
  item !== undefined && (lockItem.holder in item || !(lockItem.wakeCount in item));

const cells = (row: Row): readonly string[] => [
  ...certain.map(([, cell]) => cell(row)),
  ...measured.map(([, cell]) => cell(row).toLocaleString('en')),
];

const line = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;

/** The table as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const headings = [...certain, ...measured].map(([heading]) => heading);
  return [line(headings), line(headings.map(() => '---')), ...rows.map((row) => line(cells(row)))].join('\n');
}

const marks = (name: string) => ({ begin: `<!-- begin: measured by ${name} -->`, end: '<!-- end -->' });

interface Section {
  readonly before: string;
  readonly table: string;
  readonly after: string;
}

function sectionOf(page: string, name: string): Section {
  const { begin, end } = marks(name);
  const [before, rest] = page.split(begin);
  const [table, ...after] = rest?.split(end) ?? [];
  if (before === undefined || table === undefined || after.length === 0)
    throw new Error(`docs/burst.md has no place for a table: it needs a line "${begin}" and after it a line "${end}".`);
  return { before: before + begin, table: table.trim(), after: end + after.join(end) };
}

/** How far another run may be from what the page says. */
const tolerance = 2;

/** What a table says otherwise than these rows, a line each; nothing when it may stay as it is. */
export function disagreements(table: string, rows: readonly Row[]): readonly string[] {
  const lines = table.split('\n');
  const wanted = tableOf(rows).split('\n');
  const cellsOf = (text: string | undefined): readonly string[] =>
    (text ?? '')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  if (lines.length !== wanted.length || lines[0] !== wanted[0])
    return [`the page has ${lines.length} lines under other headings, not ${wanted.length}`];
  return wanted.slice(2).flatMap((text, index) => {
    const now = cellsOf(text);
    const before = cellsOf(lines[index + 2]);
    const named = `${now[0]}, ${now[1]}`;
    return [
      ...certain.flatMap(([heading], place) =>
        now[place] === before[place] ? [] : [`${named}: ${heading} is ${now[place]}, the page says ${before[place]}`],
      ),
      ...steady.flatMap(([heading], place) => {
        const [here, there] = [now, before].map((texts) =>
          Number((texts[certain.length + place] ?? '').replaceAll(',', '')),
        );
        if (here === undefined || there === undefined) return [];
        const isNear = here === there || Math.max(here, there) / Math.min(here, there) <= tolerance;
        return isNear ? [] : [`${named}: ${heading} is ${here}, far from the page's ${there}`];
      }),
    ];
  });
}

/** With UPDATE_DOCS=1 writes the table `name` of docs/burst.md; gives what the page says otherwise. */
export function onPage(name: string, rows: readonly Row[]): readonly string[] {
  const page = readFileSync(file, 'utf8');
  const { before, table, after } = sectionOf(page, name);
  if (process.env.UPDATE_DOCS !== '1') return disagreements(table, rows);
  writeFileSync(file, `${before}\n\n${tableOf(rows)}\n\n${after}`);
  return [];
}
