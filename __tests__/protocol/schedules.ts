import fc from 'fast-check';
import type { Strategy } from '../../ami/contract.ts';
import { lockItem } from '../../ami/contract.ts';
import type { DynamoDb } from '../../rehearsal/dynamodb.ts';
import { startDynamoDb } from '../../rehearsal/dynamodb.ts';
import type { FleetOptions, Outcome, Story } from './fleet.ts';
import { region, table, tell } from './fleet.ts';
import { definitionOf } from './machines.ts';
import { stories } from './stories.ts';

/** Story after story on one DynamoDB. */
export interface Stage {
  tell(story: Story, options?: Partial<Omit<FleetOptions, 'dynamodb'>>): Promise<Outcome>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const dynamodb: DynamoDb = await startDynamoDb({
    table: { name: table, hashKey: lockItem.key, attributeType: 'S' },
    region,
  });
  return {
    tell: (story, options) => tell(story, { dynamodb, definitionOf, ...options }),
    close: () => dynamodb.close(),
  };
}

/** What many stories came to. */
export interface Tally {
  readonly stories: number;
  readonly effects: number;
  readonly excused: Readonly<Record<string, number>>;
  /** Seconds of the longest story. */
  readonly longest: number;
}

const report = (story: Story, { violations, effects, desired }: Outcome): string =>
  [
    ...violations,
    JSON.stringify(story),
    ...effects.map(({ at, by, what }) => `${at.toFixed(1).padStart(8)} s  ${by}: ${what}`),
    `desired capacity: ${desired.map(({ at, to }) => `${to} at ${at.toFixed(1)} s`).join(', ')}`,
  ].join('\n');

/**
 * Tells `runs` stories that fast-check makes up. Rejects with the smallest story that breaks a promise, every effect in it, and the seed that
 * makes the same stories again (`SEED=…`).
 */
export async function explore(
  stage: Stage,
  strategy: Strategy,
  {
    runs,
    seed,
    isShrunk = true,
    ...options
  }: { readonly runs: number; readonly seed?: number; readonly isShrunk?: boolean } & Partial<
    Omit<FleetOptions, 'dynamodb'>
  >,
): Promise<Tally> {
  let told = 0;
  let effects = 0;
  let longest = 0;
  const excused: Record<string, number> = {};
  const result = await fc.check(
    fc.asyncProperty(stories(strategy), async (story) => {
      const outcome = await stage.tell(story, options);
      told += 1;
      effects += outcome.effects.length;
      longest = Math.max(longest, outcome.backAtZero ?? 0);
      for (const { kind } of outcome.excused) excused[kind] = (excused[kind] ?? 0) + 1;
      if (outcome.violations.length > 0) throw new Error(report(story, outcome));
    }),
    { numRuns: runs, endOnFailure: !isShrunk, ...(seed === undefined ? {} : { seed }) },
  );
  if (result.failed) {
    const broken = result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
    throw new Error(`SEED=${result.seed}, schedule ${result.numRuns}, shrunk ${result.numShrinks} times:\n${broken}`);
  }
  return { stories: told, effects, excused, longest };
}
