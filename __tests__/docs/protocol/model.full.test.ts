import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, onPath } from '../../support/tools.ts';
import type { CounterExample } from './configurations.ts';
import { assumptions, configurations, limits, mutations } from './configurations.ts';
import { defineOptions, explore } from './spin.ts';
import { printTrail } from './trail.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/protocol/README.md'), 'utf8');
const timeoutSeconds = 240;
const ltl = new Set(['taken', 'home']);

/** One row of a table of the page, as far as it does not depend on the machine it was measured on. */
const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

const bounds = (defines: Readonly<Record<string, number>>): string =>
  `\`${defineOptions({ defines })
    .map((option) => option.replace('-D', ''))
    .join(' ')}\``;

const gcc = onPath('gcc', 'install it: apt-get install gcc');
const tool = gcc.path === undefined ? gcc : onPath('spin', 'install it: apt-get install spin');

describeWith(tool, 'the model of the protocol', (spin) => {
  const unreached: ReadonlySet<string>[] = [];

  it.each(configurations)(
    'holds: $name ($property)',
    async ({ name, defines, property, large = false }) => {
      const search = { defines, ...(property === 'claims' ? {} : { property }), large, timeoutSeconds };
      const found = await explore(spin, search);
      if (found.violated !== undefined) {
        const shortest = property === 'claims' ? await explore(spin, { ...search, shortest: true }) : found;
        const { trail, ...violated } = shortest.violated ?? found.violated;
        throw new Error(`${violated.property} does not hold in “${name}”:\n${printTrail(trail)}`);
      }
      unreached.push(new Set(found.unreached));
      expect(page).toContain(row(name, bounds(defines), property, found.states));
    },
    timeoutSeconds * 2000,
  );

  // A rule that nothing reaches is not explored, whatever the number of states. The configurations differ in constants alone,
  // so their statements have the same numbers; the constants themselves are printed as part of them.
  it('reaches every statement of every rule in some configuration', () => {
    expect(unreached).toHaveLength(configurations.length);
    const statements = unreached.map(
      (each) =>
        new Map(
          [...each].map((entry) => [/^(\w+): .*, (state \d+), /.exec(entry)?.slice(1).join(' ') ?? entry, entry]),
        ),
    );
    const [some = new Map<string, string>(), ...others] = statements;
    const never = [...some]
      .filter(([key]) => others.every((other) => other.has(key)))
      .map(([, entry]) => entry)
      // A process that runs for ever, or that ends with the search.
      .filter((entry) => !entry.endsWith('"-end-"') && !entry.startsWith('init') && !entry.startsWith('claim'));
    expect(never).toEqual([]);
  });

  const finds = async ({ name, defines, violates, large = false }: CounterExample) => {
    const property = ltl.has(violates) ? { property: violates } : { shortest: true };
    const { violated, states } = await explore(spin, { defines, ...property, large, timeoutSeconds });
    if (violated === undefined) {
      throw new Error(`“${name}” breaks nothing in ${String(states)} states: the model is too weak to show it`);
    }
    expect({ name, violated: violated.property, trail: printTrail(violated.trail) }).toMatchObject({
      name,
      violated: violates,
    });
    expect(page).toContain(row(name, bounds(defines), violates, violated.trail.steps.length));
  };

  describe('without one rule', () => {
    it.each(mutations)('breaks $violates: $name', finds, timeoutSeconds * 1000);
  });
  describe('without one assumption', () => {
    it.each(assumptions)('breaks $violates: $name', finds, timeoutSeconds * 1000);
  });
  describe('at its limits', () => {
    it.each(limits)('breaks $violates: $name', finds, timeoutSeconds * 1000);
  });
});
