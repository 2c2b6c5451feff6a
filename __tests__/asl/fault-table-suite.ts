import { readFileSync, writeFileSync } from 'node:fs';
import { render } from '../../asl/definition.ts';
import { cellsOf, observeAll, titleOf, violations, type Cell, type Observed } from './fault-table-cells.ts';
import { withFaultTable } from './fault-table-page.ts';
import type { Subject } from './fault-table-subjects.ts';
import { withLongLease, withoutHandlers } from './fault-table-sabotage.ts';

const file = new URL('../../docs/fault-table.md', import.meta.url);
const patienceMilliseconds = 1_200_000;

/** All cells of a machine, and of machines that are broken on purpose. */
export function describeFaultTable(subject: Subject): void {
  describe(`the fault table: ${subject.title}`, () => {
    const cells = cellsOf(subject);
    let seen: ReadonlyMap<Cell, Observed>;

    beforeAll(async () => {
      seen = await observeAll(cells);
    }, patienceMilliseconds);

    it.each(cells.map((cell) => [titleOf(cell), cell] as const))('%s', (_, cell) => {
      expect(violations(cell, seen.get(cell)!)).toEqual([]);
    });

    it('is what docs/fault-table.md says (UPDATE_DOCS=1 writes it)', () => {
      const page = readFileSync(file, 'utf8');
      const wanted = withFaultTable(page, subject, seen);
      if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
      else expect(page).toBe(wanted);
    });
  });

  describe(`the fault table of a broken machine: ${subject.title}`, () => {
    it(
      'has no sound cell where a task handles no error: each cell can fail',
      async () => {
        const others = cellsOf(subject).filter(({ fault }) => fault !== 'killed');
        const once = others.filter(({ duration }) => duration === 'once');
        const definition = render(subject.machine);
        const states = [...new Set(once.map(({ task }) => task.state))];
        // One definition for all cells of a task: to deploy it takes longer than to run it.
        const definitions = new Map(states.map((state) => [state, withoutHandlers(definition, state)]));
        const seen = await observeAll(
          once.map((cell) => ({ ...cell, definition: definitions.get(cell.task.state) ?? cell.definition })),
          3,
        );
        // The first error ends the execution, so the fault that lasts is met once as well.
        const sound = [...seen].flatMap(([{ task, fault }, observed]) =>
          others
            .filter((cell) => cell.task.state === task.state && cell.fault === fault)
            .filter((cell) => !violations(cell, observed).some((each) => each.startsWith('ended FAILED')))
            .map(titleOf),
        );
        expect(seen.size).toBeGreaterThan(0);
        expect(sound).toEqual([]);
      },
      patienceMilliseconds,
    );

    it(
      'has no sound cell where what a dead execution held is taken over too late',
      async () => {
        const cells = cellsOf(subject).filter(({ fault, expected }) => fault === 'killed' && expected.lock !== 'free');
        const definition = withLongLease(render(subject.machine));
        const seen = await observeAll(cells.map((cell) => ({ ...cell, definition })));
        expect(cells.length).toBeGreaterThan(0);
        const sound = [...seen].filter(
          ([cell, observed]) => !violations(cell, observed).some((each) => each.includes('more than a lease')),
        );
        expect(sound.map(([cell]) => titleOf(cell))).toEqual([]);
      },
      patienceMilliseconds,
    );
  });
}
