import { readFileSync } from 'node:fs';
import { familyOf } from './processes.ts';

const ticksPerSecond = 100;

/** Seconds of CPU that a process has used, with those of its children that have ended (proc(5)). */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
}

const rssOf = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

export interface Usage {
  /** Of an hour like this. */
  readonly cpuSecondsAnHour: number;
  /** The most at once of the process and its children, in MiB, sampled. */
  readonly mostMebibytes: number;
}

/** Watches processes for so many seconds. */
export async function usageOf(pids: readonly number[], seconds: number): Promise<Usage> {
  const before = pids.map(cpuOf);
  let most = 0;
  const begun = performance.now();
  while (performance.now() - begun < seconds * 1000) {
    most = Math.max(
      most,
      pids.flatMap(familyOf).reduce((sum, pid) => sum + rssOf(pid), 0),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const used = pids.reduce((sum, pid, index) => sum + cpuOf(pid) - before[index]!, 0);
  const passed = (performance.now() - begun) / 1000;
  return { cpuSecondsAnHour: (used / passed) * 3600, mostMebibytes: most };
}
