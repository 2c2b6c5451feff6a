/** One line for each step of a counter-example: who, from where to where, and what it changed. */
export interface Trail {
  readonly steps: readonly string[];
  /** The step before which the part begins that is repeated for ever; none in a counter-example that ends. */
  readonly cycleFrom?: number;
}

const statement =
  /^\s*\d+:\s+proc\s+(?<process>\d+) \((?<type>[\w:]+?):\d+\) (?<file>[\w.]+):(?<line>\d+) \(state \d+\)/;
const started = /^Starting (?<type>\w+) with pid (?<process>\d+)/;
const value = /^\s+(?<name>[\w[\]]+) = (?<value>\S+)$/;
const place = /^(?:at|exec)\[/;
/** Processes whose steps are named after their type and slot; the environment is one process each. */
const numbered = new Set(['Agent', 'Webhook']);

/**
 * Makes the replay of a counter-example readable. `replay` is what `spin -t -p -g` prints: each statement, and after it every global
 * variable that has been assigned to. A rule of the model is several statements, the last of which says where the actor goes.
 */
export function readTrail(replay: string): Trail {
  const steps: string[] = [];
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  const known = new Map<string, string>();
  let cycleFrom: number | undefined;
  let current = { process: '', title: '' };
  let changes: string[] = [];

  const close = () => {
    if (changes.length > 0) steps.push(`${current.title}: ${changes.join(', ')}`);
    changes = [];
  };

  for (const line of replay.split('\n')) {
    if (line.startsWith('spin: trail ends')) break;
    if (line.includes('START OF CYCLE')) {
      close();
      cycleFrom = steps.length;
    }
    const start = started.exec(line)?.groups;
    if (start?.type !== undefined && start.process !== undefined) {
      const count = counts.get(start.type) ?? 0;
      counts.set(start.type, count + 1);
      names.set(start.process, `${start.type} ${String(count)}`);
    }
    const step = statement.exec(line)?.groups;
    if (step?.process !== undefined && step.type !== undefined) {
      const another = step.process !== current.process;
      if (another) close();
      // The rule is where the actor's own file is at; the statements of an inline are in other files.
      if (another || (changes.length === 0 && step.file === `${step.type.toLowerCase()}.pml`)) {
        const name = numbered.has(step.type) ? names.get(step.process) : step.type;
        current = { process: step.process, title: `${name ?? step.type} (${step.file ?? ''}:${step.line ?? ''})` };
      }
    }
    const assigned = value.exec(line)?.groups;
    if (assigned?.name === undefined || assigned.value === undefined) continue;
    const before = known.get(assigned.name);
    if (before === assigned.value) continue;
    known.set(assigned.name, assigned.value);
    // An array is printed as a whole at the first assignment to one of its elements.
    if (before === undefined && (assigned.value === 'START' || assigned.value === 'OFF')) continue;
    changes.push(`${assigned.name} ${before === undefined ? '' : `${before} `}→ ${assigned.value}`);
    if (place.test(assigned.name)) close();
  }
  close();
  return { steps, ...(cycleFrom === undefined ? {} : { cycleFrom }) };
}

/** The trail as text, at most its last `most` steps. */
export function printTrail({ steps, cycleFrom }: Trail, most = 120): string {
  const lines = steps.map((step, index) => `${String(index + 1).padStart(4)}  ${step}`);
  if (cycleFrom !== undefined) lines.splice(cycleFrom, 0, '      from here on for ever:');
  return [...(lines.length > most ? ['  …'] : []), ...lines.slice(-most)].join('\n');
}
