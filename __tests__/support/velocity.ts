import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MappingTemplate } from '../../rehearsal/api-gateway/mapping-template.ts';
import { builtFolder, builtOnce } from '../../rehearsal/built-once.ts';
import { onPath, type Tool } from './tools.ts';

const sources = fileURLToPath(new URL('velocity', import.meta.url));

/** Java, and Maven as long as Apache Velocity's renderer is not in the cache yet. */
export function javaForVelocity(): Tool {
  const java = onPath('java', 'install a Java runtime, 11 or newer (Debian: openjdk-17-jdk-headless)');
  if (java.path === undefined || existsSync(builtFolder('velocity', sources))) return java;
  const maven = onPath('mvn', 'install Maven (Debian: maven); it builds the Apache Velocity renderer once');
  return maven.path === undefined ? maven : java;
}

/** `malformed`: json-smart refuses the body. `error`: the template itself failed. */
export type Judgement =
  { readonly text: string; readonly status?: number } | { readonly malformed: string } | { readonly error: string };

export interface Velocity {
  render(given: MappingTemplate): Promise<Judgement>;
  close(): Promise<void>;
}

/** The versions of Apache Velocity that judge; the older one is the last that Amazon could have had when API Gateway was new. */
export const velocityVersions = ['2.4', '1.7'] as const;

/** Starts Apache Velocity, built at first use (Maven, about 10 seconds). */
export async function startVelocity(java: string, version: (typeof velocityVersions)[number]): Promise<Velocity> {
  const folder = await builtOnce('velocity', sources, async (working) => {
    await promisify(execFile)('mvn', ['--quiet', '--batch-mode', '--no-transfer-progress', 'package'], {
      cwd: working,
    });
  });
  const target = join(folder, 'target');
  const classPath = [
    join(target, 'classes'),
    join(target, `velocity-${version}`, '*'),
    join(target, 'dependency', '*'),
  ];
  const child = spawn(java, ['-cp', classPath.join(delimiter), 'Render'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: ((judgement: Judgement) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line) as Judgement));
  child.on('exit', () => {
    for (const tell of waiting.splice(0)) tell({ error: 'Apache Velocity ended before it answered' });
  });
  return {
    render: ({ template, body, headers = [], stageVariables = {} }) =>
      new Promise((resolve) => {
        waiting.push(resolve);
        child.stdin.write(`${JSON.stringify({ template, body, headers, stageVariables })}\n`);
      }),
    close: () => ended(child, () => child.stdin.end()),
  };
}

const ended = (child: ChildProcess, end: () => void): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    end();
  });
