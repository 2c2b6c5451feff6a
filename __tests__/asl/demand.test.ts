import validate from 'asl-validator';
import { readFileSync } from 'node:fs';
import { leaseSeconds, lockItem } from '../../ami/contract.ts';
import { actionsOf } from '../../asl/actions.ts';
import { render, text } from '../../asl/definition.ts';
import { demand } from '../../asl/demand.ts';
import { criticalSectionSeconds } from '../../asl/holding.ts';
import { lateBound } from '../../asl/late-bound.ts';
import { patience } from '../../asl/patience.ts';
import { successors } from '../../asl/transitions.ts';
import { holdingSeconds, looks } from '../../asl/visible-change.ts';
import { worstSeconds } from '../../asl/worst-case.ts';
import { problemsOf } from './definition-checks.ts';
import type { Round } from './reckoned-patience.ts';
import { reckonedPatience } from './reckoned-patience.ts';

const machine = demand({
  secretTokenHash: '5e884898',
  lockTable: 'lock',
  group: 'fleet',
  capacity: 6,
  openLimit: 60,
});
const definition = render(machine);
const page = readFileSync(new URL('../../docs/demand.md', import.meta.url), 'utf8');
const changes = ['ScaleUp', 'ScaleToMax'];

describe('the demand definition', () => {
  it('is one that asl-validator takes', () => {
    // It writes into what it is given.
    expect(validate(structuredClone(definition)).errors).toEqual([]);
  });

  it('has no state that nothing leads to', () => {
    const reached = new Set<string>([definition.StartAt]);
    for (const state of reached) for (const next of successors(machine, state)) reached.add(next);
    expect(Object.keys(definition.States).filter((state) => !reached.has(state))).toEqual([]);
  });

  it('calls what there is, handles what is raised, and spells the fields that asl-validator does not read', () => {
    expect(problemsOf(definition)).toEqual([]);
  });

  it('is held against the prefix of the integration that each state calls', () => {
    const wrong = {
      ...definition,
      States: {
        ...definition.States,
        OpenJob: {
          ...definition.States.OpenJob,
          Retry: [{ ErrorEquals: ['DynamoDb.ConditionalCheckFailedException'] }],
        },
        CloseJob: { ...definition.States.CloseJob, Resource: 'arn:aws:states:::dynamodb:query' },
      },
    };
    expect(problemsOf(wrong).toSorted()).toEqual([
      'CloseJob: no such call arn:aws:states:::dynamodb:query',
      'OpenJob: dynamodb never raises DynamoDb.ConditionalCheckFailedException',
    ]);
  });

  it('sends a set only through the integration whose spelling of it is known', () => {
    const writers = Object.entries(definition.States).filter(([, { Parameters }]) =>
      /"(NS|SS|BS)/.test(JSON.stringify(Parameters ?? {})),
    );
    expect(writers.map(([name]) => name).sort()).toEqual(['CloseForeignJob', 'CloseJob', 'OpenJob']);
    for (const [, { Resource }] of writers) expect(Resource).toBe('arn:aws:states:::dynamodb:updateItem');
  });

  it('names the table, the group, the hash and the numbers that it was given, and no others', () => {
    expect(definition.States.ValidateSecretToken).toMatchObject({ Choices: [{ StringEquals: '5e884898' }] });
    const parameters = Object.values(definition.States).map(
      (state) => state.Parameters as Record<string, unknown> | undefined,
    );
    expect(new Set(parameters.flatMap((call) => call?.TableName ?? []))).toEqual(new Set(['lock']));
    expect(
      new Set(parameters.flatMap((call) => call?.AutoScalingGroupName ?? call?.AutoScalingGroupNames ?? [])),
    ).toEqual(new Set(['fleet']));
    const all = JSON.stringify(definition);
    const capacities = [...all.matchAll(/ArrayPartition\(.*?\), (\w+)\)\)/g)].map(([, size]) => size);
    expect(capacities).toEqual(['6', '6', '6']);
    expect(definition.States.OpenJob).toMatchObject({
      Parameters: { ExpressionAttributeValues: { ':limit': { 'N.$': "States.Format('{}', 60)" } } },
    });
  });

  it('takes everything late-bound', () => {
    const late = demand({
      secretTokenHash: lateBound.json<string>('@hash'),
      lockTable: lateBound.json<string>('@table'),
      group: lateBound.json<string>('@group'),
      capacity: lateBound.json<number>('@capacity'),
      openLimit: lateBound.json<number>('@limit'),
    });
    const evaluated = text(late)
      .replaceAll('@hash', '"5e884898"')
      .replaceAll('@table', '"lock"')
      .replaceAll('@group', '"fleet"')
      .replaceAll('@capacity', '6')
      .replaceAll('@limit', '60');
    expect(JSON.parse(evaluated)).toEqual(definition);
  });
});

describe('the time under the lock, with the demand strategy', () => {
  it.each(changes)('is less than a lease from asking for it to %s, at worst', (change) => {
    // Four calls of two attempts of five seconds, one second between them.
    expect(criticalSectionSeconds(machine, change)).toBe(4 * (5 + 1 + 5));
    expect(criticalSectionSeconds(machine, change)).toBeLessThan(leaseSeconds / 2);
  });

  it.each(changes)(
    'is less than a lease until what %s did was looked at for the last time, and the lock let go',
    (change) => {
      expect(holdingSeconds(machine, change)).toBe(4 * (5 + 1 + 5) + 5 * 3 + 20);
      expect(holdingSeconds(machine, change) + worstSeconds(machine.States.ReleaseLock)).toBeLessThan(leaseSeconds);
    },
  );

  it('is what the page says', () => {
    expect(page).toContain(`at most ${criticalSectionSeconds(machine)} seconds pass`);
    expect(page).toContain(`at most ${holdingSeconds(machine, 'ScaleUp')} seconds`);
    expect(page).toContain(`${looks.most} looks over ${looks.seconds} seconds`);
    expect(page).toContain(`the same holder for ${leaseSeconds} seconds`);
  });

  it('leaves a call that nobody answered the rest of the lease to take effect in', () => {
    expect(page).toContain(`${leaseSeconds - criticalSectionSeconds(machine)} seconds after it was sent`);
  });
});

describe('the patience of an execution, with the demand strategy', () => {
  const { lasts, lastsAtMost } = reckonedPatience(machine);
  const look = ['ReadLock', 'GetCurrentCapacity'];
  const sight = worstSeconds(machine.States.SeeChange);
  const seeing = (share: number, hang: number): number => looks.seconds + looks.most * share * Math.min(hang, sight);
  const rounds: Readonly<Record<string, Round>> = {
    'before the job is open': { calls: ['OpenJob', 'GetCurrentCapacity'], pause: 'short' },
    'before the end of a job is known': { calls: ['CloseJob'], pause: 'short' },
    // A full set is found once, by the way: from then on the item is read.
    'watching an agent': { calls: ['ReadLock'], pause: 'watching' },
    'watching one workflow after the other': { calls: look, pause: 'short' },
    'too late for the lock': { calls: [...look, 'AcquireLock'], pause: 'short' },
    'the lock lost again': { calls: [...look, 'AcquireLock', 'ConfirmCapacity', 'Fence'], pause: 'short' },
    'a change that is always refused': {
      calls: [...look, 'AcquireLock', 'ConfirmCapacity', 'Fence', 'ScaleUp'],
      pause: 'long',
      hopeless: 'ScaleUp',
    },
    'a change that is never seen': {
      calls: [...look, 'AcquireLock', 'ConfirmCapacity', 'Fence', 'ScaleUp'],
      pause: 'long',
      besides: seeing,
    },
  };

  it('lasts half an hour when calls are refused, as the page says', () => {
    expect(lasts(rounds['watching an agent']!, 1, 0) / 60).toBeCloseTo(31.5, 0);
    expect(page).toContain('After about 30 minutes');
  });

  it.each(Object.keys(rounds))(
    'ends before the limit of the execution, which could not say why, on average and whatever share of the calls hangs or is refused: %s',
    (name) => {
      expect(lastsAtMost(rounds[name]!)).toBeLessThan(patience.limitSeconds * 0.9);
      expect(definition.TimeoutSeconds).toBe(patience.limitSeconds);
    },
  );
});

describe("the demand machine's access", () => {
  it('is four actions on two services', () => {
    expect(actionsOf(machine).map(({ service, action }) => [service, action])).toEqual([
      ['autoscaling', 'autoscaling:DescribeAutoScalingGroups'],
      ['autoscaling', 'autoscaling:SetDesiredCapacity'],
      ['dynamodb', 'dynamodb:GetItem'],
      ['dynamodb', 'dynamodb:UpdateItem'],
    ]);
  });

  it('is to one item', () => {
    const keys = Object.values(definition.States).flatMap(
      (state) => (state.Parameters as { Key?: object } | undefined)?.Key ?? [],
    );
    expect(keys.length).toBeGreaterThan(0);
    expect(new Set(keys.map((key) => JSON.stringify(key)))).toEqual(
      new Set([JSON.stringify({ [lockItem.key]: { S: lockItem.id } })]),
    );
  });
});
