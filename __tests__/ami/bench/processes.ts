import { readdirSync, readFileSync } from 'node:fs';

/** The process and all that it has started, and they in turn, also those in a process group of their own (proc(5)). */
export function familyOf(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const from = (each: number): readonly number[] => [each, ...(children.get(each) ?? []).flatMap(from)];
  return from(pid);
}
