import type { Cell, Observed } from './fault-table-cells.ts';
import type { Fault } from './fault-table-faults.ts';
import type { Role, Subject } from './fault-table-subjects.ts';

const marks = (subject: Subject) =>
  ({
    begin: `<!-- begin: ${subject.title}, written by __tests__/asl/fault-table-page.ts -->`,
    end: '<!-- end -->',
  }) as const;

const called: Readonly<Record<Fault, string>> = {
  throttled: 'throttled',
  broken: 'server error',
  denied: 'access denied',
  'condition failed': 'condition failed, untrue',
  'condition lost': 'condition failed, true',
  'timed out': 'timeout, never arrives',
  'timed out, late effect': 'timeout, arrives late',
  'response lost': 'response lost',
  killed: 'killed right after',
};

/** Auto Scaling knows no conditions. */
const nameOf = ({ fault, task }: Cell): string =>
  fault === 'condition failed' && task.service === 'autoscaling' ? 'refused for its state' : called[fault];

const rolesSaid: Readonly<Record<Role, string>> = {
  prepares: 'Comes before the lock',
  closes: 'Takes a job from the open ones, without the lock',
  acquires: 'Asks for the lock',
  holds: 'Looks or proves, under the lock',
  changes: 'Sets the capacity, under the lock; it is sent again only when it was refused',
  raises: 'Sets the capacity, under the lock, until that can be seen; it is sent again only when it was refused',
  sees: 'Looks whether the change can be seen, under the lock',
  releases: 'Lets the lock go after the work',
  'lets go': 'Lets the lock go after a failure',
};

const columns = [
  'fault',
  'strikes',
  'the machine sees',
  'calls',
  'the execution ends',
  'lock',
  'desired',
  'next webhook',
];

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const rowOf = (cell: Cell, seen: Observed): string =>
  row([
    nameOf(cell),
    cell.duration,
    seen.error === undefined ? '' : `\`${seen.error}\``,
    // A slow machine may add to calls that have a short limit.
    cell.expected.calls === undefined ? '' : String(seen.calls),
    cell.expected.outcomes.includes(seen.outcome) ? cell.expected.outcomes.join(' or ') : seen.outcome,
    seen.lock === 'as before' ? 'as before, held' : seen.lock,
    String(seen.desired),
    seen.next.waited === 0 ? 'at once' : 'takes over after a lease',
  ]);

function sectionOf(cells: readonly Cell[], seen: ReadonlyMap<Cell, Observed>): string {
  const [first] = cells;
  if (first === undefined) return '';
  const { task, situation } = first;
  const service = task.integration === 'optimized' ? `${task.service}, optimized` : task.service;
  const rows = cells.map((cell) => {
    const observed = seen.get(cell);
    if (observed === undefined) throw new Error(`The cell ${task.state}, ${cell.fault}, ${cell.duration} was not run.`);
    return rowOf(cell, observed);
  });
  return [
    `### ${first.subject.title}: ${task.state}`,
    '',
    `${rolesSaid[situation.role]} (${service}: \`${task.operation}\`). Called when ${situation.when ?? 'an event finds too few machines'}.`,
    '',
    row(columns),
    row(columns.map(() => '---')),
    ...rows,
  ].join('\n');
}

/** The page with the part of one machine as it was just observed. Without the part's two marks it throws. */
export function withFaultTable(page: string, subject: Subject, seen: ReadonlyMap<Cell, Observed>): string {
  const { begin, end } = marks(subject);
  const [before, rest] = page.split(begin);
  const after = rest?.slice(rest.indexOf(end) + end.length);
  if (before === undefined || rest === undefined || after === undefined || !rest.includes(end))
    throw new Error(`The page has no place for the table: it needs a line "${begin}" and after it a line "${end}".`);
  const states = [...new Set([...seen.keys()].map(({ task }) => task.state))];
  const sections = states.map((state) =>
    sectionOf(
      [...seen.keys()].filter(({ task }) => task.state === state),
      seen,
    ),
  );
  return `${before}${begin}\n\n${sections.join('\n\n')}\n\n${end}${after}`;
}
