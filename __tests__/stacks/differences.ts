/** What upstream's recorded plan and ours say of one resource. */
export interface PlannedChange {
  readonly actions: readonly string[];
  readonly after: unknown;
  readonly after_unknown: unknown;
}

export interface Difference {
  /** For example `aws_launch_template.gitlab_runner metadata_options.0.http_tokens`. */
  readonly at: string;
  readonly upstream: unknown;
  readonly ours: unknown;
}

const unknown = '(known after apply)';
const absent = '(not there)';

/** Every leaf in which two plans differ, sorted; unknown values count as a value of their own. */
export function differences(
  upstream: Readonly<Record<string, PlannedChange>>,
  ours: Readonly<Record<string, PlannedChange>>,
): readonly Difference[] {
  const addresses = [...new Set([...Object.keys(upstream), ...Object.keys(ours)])].sort();
  return addresses.flatMap((address) => {
    const [theirs, mine] = [leaves(upstream[address]), leaves(ours[address])];
    return [...new Set([...theirs.keys(), ...mine.keys()])]
      .sort()
      .filter((path) => value(theirs, path) !== value(mine, path))
      .map((path) => ({
        at: `${address} ${path}`,
        upstream: theirs.get(path) ?? absent,
        ours: mine.get(path) ?? absent,
      }));
  });
}

const value = (of: ReadonlyMap<string, unknown>, path: string): string =>
  JSON.stringify(of.has(path) ? of.get(path) : absent);

function leaves(change: PlannedChange | undefined): ReadonlyMap<string, unknown> {
  const found = new Map<string, unknown>();
  if (change === undefined) return found;
  found.set('actions', change.actions.join(','));
  walk(change.after, '', (path, leaf) => found.set(path, leaf));
  // false, {} and [] in after_unknown mean that nothing below is unknown.
  walk(change.after_unknown, '', (path, leaf) => leaf === true && found.set(path, unknown));
  return found;
}

function walk(node: unknown, path: string, leaf: (path: string, value: unknown) => void): void {
  if (typeof node === 'object' && node !== null) {
    for (const [key, child] of Object.entries(node)) walk(child, path === '' ? key : `${path}.${key}`, leaf);
  } else if (node !== null) {
    leaf(path, node);
  }
}
