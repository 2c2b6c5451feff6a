import { readFileSync } from 'node:fs';
import type { Configuration } from '../support/synthesized.ts';
import { synthesized } from '../support/synthesized.ts';
import { planOf } from '../support/plans.ts';
import { upstreamConfiguration } from '../moto/upstream-configuration.ts';
import { departures, text } from './departures.ts';
import { differences } from './differences.ts';
import type { Difference, PlannedChange } from './differences.ts';

const upstream = JSON.parse(readFileSync(new URL('../upstream/planned-min.json', import.meta.url), 'utf8')) as {
  readonly resources: Readonly<Record<string, PlannedChange>>;
  readonly outputs: Readonly<Record<string, unknown>>;
};

/** What departures say of one leaf of the plan. */
const named = departures.flatMap(({ id, planned = {} }) =>
  Object.entries(planned).flatMap(([address, leaves]) =>
    Object.entries(leaves).map(([path, value]) => ({ id, at: `${address} ${path}`, value })),
  ),
);
const isAs = (value: unknown, { upstream, ours }: Difference): boolean =>
  value === text ? typeof ours === 'string' && ours.length > 100 && ours !== upstream : ours === value;

const unnamed = (found: readonly Difference[]): readonly Difference[] =>
  found.filter(
    (difference) => named.filter(({ at, value }) => at === difference.at && isAs(value, difference)).length !== 1,
  );

/** Departures of which a leaf is not in the plan as it should be, or which the configuration does not have. */
const missing = (found: readonly Difference[], configuration: { readonly json: Configuration }): readonly string[] => {
  const absent = named.filter(
    ({ at, value }) => !found.some((difference) => difference.at === at && isAs(value, difference)),
  );
  return departures
    .filter(({ id, configured }) => absent.some((leaf) => leaf.id === id) || configured?.(configuration) === false)
    .map(({ id }) => id);
};

describe('the plan of upstream’s smallest variable file', () => {
  let ours: Readonly<Record<string, PlannedChange>>;
  let outputs: readonly string[];
  let found: readonly Difference[];

  beforeAll(async () => {
    const { plan } = await planOf();
    ours = Object.fromEntries(plan.resource_changes.map(({ address, change }) => [address, change]));
    outputs = Object.keys(plan.output_changes);
    found = differences(upstream.resources, ours);
  }, 60_000);

  it('differs from upstream’s only by departures, each difference by exactly one', () => {
    expect(unnamed(found)).toEqual([]);
  });

  it('has every departure', () => {
    expect(missing(found, synthesized())).toEqual([]);
  });

  it('has upstream’s output', () => {
    expect(outputs).toEqual(Object.keys(upstream.outputs));
  });

  it('creates 35 resources and replaces nothing', () => {
    const actions = Object.entries(ours).filter(([address]) => !address.startsWith('data.'));
    expect(
      actions.map(
        ([
          ,
          {
            actions: [action],
          },
        ]) => action,
      ),
    ).toEqual(Array<string>(35).fill('create'));
  });

  it('names a difference that belongs to no departure', () => {
    const address = 'aws_dynamodb_table.lock_table';
    const table = {
      ...upstream.resources[address]!,
      after: { ...(ours[address]!.after as object), billing_mode: 'PROVISIONED' },
    };
    expect(unnamed(differences(upstream.resources, { ...ours, [address]: table }))).toEqual([
      { at: `${address} billing_mode`, upstream: 'PAY_PER_REQUEST', ours: 'PROVISIONED' },
    ]);
  });

  it.each(named.map(({ id, at }) => [id, at]))('notices when %s is taken back at %s', (id, at) => {
    const others = found.filter((difference) => difference.at !== at);
    expect(missing(others, synthesized())).toEqual([id]);
  });

  it('is upstream’s when every departure is taken back', async () => {
    const { plan } = await planOf({ configuration: upstreamConfiguration() });
    const undone = Object.fromEntries(plan.resource_changes.map(({ address, change }) => [address, change]));
    const texts = ['definition', 'user_data'];
    const left = differences(upstream.resources, undone).filter(({ at }) => !texts.includes(at.split(' ')[1]!));
    expect(left).toEqual([]);
  }, 60_000);

  it.each(departures.filter(({ configured }) => configured).map((departure) => [departure.id, departure] as const))(
    'notices when %s is taken back in the configuration',
    (id, { undo }) => {
      const configuration = synthesized();
      undo(configuration);
      expect(missing(found, configuration)).toEqual([id]);
    },
  );

  it('has 13 departures, each of which shows somewhere', () => {
    expect(departures.map(({ id }) => id)).toEqual(Array.from({ length: 13 }, (_, index) => `D${index + 1}`));
    expect(departures.filter(({ planned, configured }) => !planned && !configured)).toEqual([]);
  });
});
