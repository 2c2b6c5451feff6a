import validate from 'asl-validator';
import { readFileSync } from 'node:fs';
import { leaseSeconds, lockItem } from '../../ami/contract.ts';
import { actionsOf } from '../../asl/actions.ts';
import type { Definition } from '../../asl/definition.ts';
import { render, text } from '../../asl/definition.ts';
import { lateBound } from '../../asl/late-bound.ts';
import { criticalSectionSeconds } from '../../asl/holding.ts';
import { patience } from '../../asl/patience.ts';
import { scaleOut } from '../../asl/scale-out.ts';
import { successors } from '../../asl/transitions.ts';
import { worstSeconds } from '../../asl/worst-case.ts';
import { problemsOf } from './definition-checks.ts';
import type { Round } from './reckoned-patience.ts';
import { reckonedPatience } from './reckoned-patience.ts';

const given = { secretTokenHash: '5e884898', buildStatuses: ['created', 'pending'], lockTable: 'lock', group: 'fleet' };
const machine = scaleOut(given);
const definition = render(machine);
const page = readFileSync(new URL('../../docs/scale-out.md', import.meta.url), 'utf8');

describe('the definition', () => {
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

  describe('held against these checks', () => {
    const changed = (state: string, fields: object): Definition => ({
      ...definition,
      States: { ...definition.States, [state]: { ...definition.States[state], ...fields } },
    });

    it.each<[string, Definition, string]>([
      [
        'an unknown operation',
        changed('ScaleUp', { Resource: 'arn:aws:states:::aws-sdk:autoscaling:setDesiredCapacities' }),
        'ScaleUp: no such call arn:aws:states:::aws-sdk:autoscaling:setDesiredCapacities',
      ],
      [
        'the prefix of the optimized integration',
        changed('ReadLock', { Retry: [{ ErrorEquals: ['DynamoDB.ConditionalCheckFailedException'] }] }),
        'ReadLock: aws-sdk:dynamodb never raises DynamoDB.ConditionalCheckFailedException',
      ],
      [
        'States.ALL in the middle',
        changed('ReadLock', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['States.Timeout'] }] }),
        'ReadLock: States.ALL is not alone and last',
      ],
      [
        'a misspelt field',
        changed('ReadLock', { Retry: [{ ErrorEquals: ['States.ALL'], JiterStrategy: 'FULL' }] }),
        'ReadLock: a retrier has no field JiterStrategy',
      ],
      [
        'a misspelt strategy',
        changed('ReadLock', { Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'Full' }] }),
        'ReadLock: no such JitterStrategy Full',
      ],
      [
        'a call without a limit',
        changed('Fence', { TimeoutSeconds: undefined }),
        'Fence: no TimeoutSeconds, so a hung call never ends',
      ],
    ])('%s is found', (_, wrong, problem) => {
      expect(problemsOf(wrong)).toEqual([problem]);
    });

    it('an unreachable state is found by asl-validator', () => {
      expect(validate(structuredClone(changed('Island', { Type: 'Succeed' }))).isValid).toBe(false);
    });
  });

  it('names the table, the group, the hash and the statuses that it was given, and no others', () => {
    expect(definition.States.ValidateSecretToken).toMatchObject({ Choices: [{ StringEquals: '5e884898' }] });
    expect(definition.States.ParseWebhook).toMatchObject({
      Parameters: { 'accepted.$': "States.ArrayContains(States.Array('created', 'pending'), $.status)" },
    });
    const calls = Object.values(definition.States).map(
      (state) => state.Parameters as Record<string, unknown> | undefined,
    );
    expect(new Set(calls.flatMap((call) => call?.TableName ?? []))).toEqual(new Set(['lock']));
    expect(new Set(calls.flatMap((call) => call?.AutoScalingGroupName ?? call?.AutoScalingGroupNames ?? []))).toEqual(
      new Set(['fleet']),
    );
  });

  it('takes everything late-bound', () => {
    const late = scaleOut({
      secretTokenHash: lateBound.json<string>('@hash'),
      buildStatuses: lateBound.text<readonly string[]>('@statuses'),
      lockTable: lateBound.json<string>('@table'),
      group: lateBound.json<string>('@group'),
    });
    const evaluated = text(late)
      .replaceAll('@hash', '"5e884898"')
      .replaceAll('@statuses', "'created', 'pending'")
      .replaceAll('@table', '"lock"')
      .replaceAll('@group', '"fleet"');
    expect(JSON.parse(evaluated)).toEqual(definition);
  });
});

describe('the time under the lock', () => {
  it('is less than a lease, at worst', () => {
    // Four calls of two attempts of five seconds, one second between them.
    expect(criticalSectionSeconds(machine)).toBe(4 * (5 + 1 + 5));
    expect(criticalSectionSeconds(machine)).toBeLessThan(leaseSeconds / 2);
  });

  it('is what the page says', () => {
    expect(page).toContain(`at most ${criticalSectionSeconds(machine)} seconds pass`);
    expect(page).toContain(`the same holder for ${leaseSeconds} seconds`);
  });
});

describe('the patience of an execution', () => {
  const { delays, lasts, lastsAtMost } = reckonedPatience(machine);
  const look = ['ReadLock', 'GetCurrentCapacity'] as const;
  const rounds: Readonly<Record<string, Round>> = {
    'before the wake-up is counted': { calls: ['RecordWake', 'GetCurrentCapacity'], pause: 'short' },
    'watching an agent': { calls: ['ReadLock'], pause: 'watching' },
    'watching one agent after the other': { calls: ['ReadLock'], pause: 'short' },
    'watching a workflow': { calls: look, pause: 'watching' },
    'watching one workflow after the other': { calls: look, pause: 'short' },
    'too late for the lock': { calls: [...look, 'AcquireLock'], pause: 'short' },
    'the lock lost again': { calls: [...look, 'AcquireLock', 'ConfirmCapacity', 'Fence'], pause: 'short' },
    'a change that always fails': {
      calls: [...look, 'AcquireLock', 'ConfirmCapacity', 'Fence', 'ScaleUp'],
      pause: 'long',
      hopeless: 'ScaleUp',
    },
  };

  it.each(['RecordWake', 'GetCurrentCapacity', 'ReadLock'] as const)(
    'reckons a failed round of %s at what its retries take',
    (name) => {
      const retries = delays(name).reduce((sum, delay) => sum + delay, 0);
      expect(Math.abs(retries - patience.outageSeconds)).toBeLessThan(5);
      expect(worstSeconds(machine.States[name])).toBeCloseTo(11 * 5 + 2 * retries);
    },
  );

  it('lasts half an hour when calls are refused, as the page says', () => {
    expect(lasts(rounds['watching an agent']!, 1, 0) / 60).toBeCloseTo(31.5, 0);
    expect(page).toContain('After about 30 minutes');
  });

  it.each([
    ['watching an agent', 11],
    ['watching a workflow', 11],
    ['watching one agent after the other', 18],
    ['too late for the lock', 18],
  ])('lasts several leases while others hold the lock and no call fails, as the page says: %s', (name, minutes) => {
    const seconds = lasts(rounds[name]!, 0, 0);
    expect(Math.round(seconds / 60)).toBe(minutes);
    expect(seconds).toBeGreaterThan(5 * leaseSeconds);
    expect(page).toContain('gives up after 11 to 18 minutes');
  });

  it.each(Object.keys(rounds))(
    'ends before the limit of the execution, which could not say why, on average and whatever share of the calls hangs or is refused: %s',
    (name) => {
      expect(lastsAtMost(rounds[name]!)).toBeLessThan(patience.limitSeconds * 0.9);
      expect(definition.TimeoutSeconds).toBe(patience.limitSeconds);
    },
  );
});

describe("the machine's access", () => {
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
