import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readTrail, type Trail } from './trail.ts';

const run = promisify(execFile);
const model = join(import.meta.dirname, '../../../docs/protocol');

/** What the model is made with, e.g. `{ JOBS: 2, STALE: 1 }`, and which of its LTL properties is searched; none: its claims. */
export interface Search {
  readonly defines: Readonly<Record<string, number>>;
  readonly property?: string;
  /** Breadth first: the shortest counter-example, but more memory. Only for claims. */
  readonly shortest?: boolean;
  /** Whether the search takes long enough to make up for the three seconds of an optimizing compiler. */
  readonly large?: boolean;
  readonly timeoutSeconds: number;
}

export interface Found {
  /** The claim or the property that does not hold, and how. */
  readonly violated?: { readonly property: string; readonly trail: Trail };
  readonly states: number;
  readonly seconds: number;
  readonly megabytes: number;
  /** Statements that no execution reached, as `proctype: file:line, state n, "text"`. */
  readonly unreached: readonly string[];
}

/** The arguments for spin and the model's preprocessor. */
export const defineOptions = ({ defines, property }: Pick<Search, 'defines' | 'property'>): string[] =>
  Object.entries({ ...defines, ...(property === undefined ? {} : { LIVENESS: 1 }) }).map(
    ([name, value]) => `-D${name}=${String(value)}`,
  );

const number = (report: string, pattern: RegExp): number => {
  const text = pattern.exec(report)?.[1];
  if (text === undefined) throw new Error(`pan's report has no ${pattern.source}:\n${report}`);
  return Number(text);
};

/** Lines like `agent.pml:49, state 120, "at[me] = 7"` under `unreached in proctype Agent`. */
const unreachedStatements = (report: string): string[] => {
  let proctype = '';
  return report.split('\n').flatMap((line) => {
    proctype = /^unreached in (?:proctype )?(\S+)/.exec(line)?.[1] ?? proctype;
    const entry = /^\t(\S+\.pml:\d+, state \d+, ".*")$/.exec(line)?.[1];
    return entry === undefined ? [] : [`${proctype}: ${entry}`];
  });
};

/**
 * Explores the model in a folder of its own under the system's temporary folder. A search that does not come to its end (depth,
 * memory, time) is an error: it would prove nothing.
 */
export async function explore(spin: string, search: Search): Promise<Found> {
  const { property, shortest = false, large = false, timeoutSeconds } = search;
  const folder = mkdtempSync(join(tmpdir(), 'protocol-'));
  const here = { cwd: folder, timeout: timeoutSeconds * 1000, maxBuffer: 64 * 1024 * 1024 };
  try {
    cpSync(model, folder, { recursive: true });
    const options = defineOptions(search);
    await run(spin, [...options, '-a', 'fleet.pml'], here);
    // One copy of the state for each process that fairness watches, in bytes.
    const kind = property === undefined ? ['-DSAFETY', ...(shortest ? ['-DBFS'] : [])] : ['-DNFAIR=3'];
    await run('gcc', [large ? '-O2' : '-O0', '-w', '-DMEMLIM=6000', ...kind, '-o', 'pan', 'pan.c'], here);
    const fair = property === undefined ? [] : ['-a', '-f', '-N', property];
    const { stdout: report } = await run(join(folder, 'pan'), ['-m1000000', '-w25', ...fair], here).catch(
      (error: unknown) => {
        const { killed = false, stdout = '' } = error as { killed?: boolean; stdout?: string };
        if (killed) {
          throw new Error(`pan ${options.join(' ')} was not done after ${String(timeoutSeconds)} s`, { cause: error });
        }
        if (!stdout.includes('errors:')) throw error;
        return { stdout };
      },
    );
    const errors = number(report, /errors: (\d+)/);
    const cut = /max search depth too small|out of memory|reached -DMEMLIM|hash table full/.exec(report);
    if (errors === 0 && (cut !== null || report.includes('Search not completed'))) {
      throw new Error(`pan ${options.join(' ')} did not search everything:\n${report}`);
    }
    const replay = errors === 0 ? undefined : await run(spin, ['-t', '-p', '-g', ...options, 'fleet.pml'], here);
    const claim = /\|\|\s*(S\d_\w+)\)/.exec(report)?.[1];
    return {
      ...(replay === undefined
        ? {}
        : { violated: { property: claim ?? property ?? report, trail: readTrail(replay.stdout) } }),
      states: number(report, /(\d+(?:\.\d+)?(?:e\+\d+)?) states, stored/),
      seconds: number(report, /elapsed time ([\d.]+)/),
      megabytes: number(report, /([\d.]+)\s+total actual memory usage/),
      unreached: unreachedStatements(report),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
