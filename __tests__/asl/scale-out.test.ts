import validate from 'asl-validator';
import { readFileSync } from 'node:fs';
import { leaseSeconds, lockItem } from '../../ami/contract.ts';
import { actionsOf } from '../../asl/actions.ts';
import type { Definition } from '../../asl/definition.ts';
import { render, text } from '../../asl/definition.ts';
import { lateBound } from '../../asl/late-bound.ts';
import { criticalSectionSeconds, patience, scaleOut } from '../../asl/scale-out.ts';
import { successors } from '../../asl/transitions.ts';
import { worstSeconds } from '../../asl/worst-case.ts';
import { problemsOf } from './definition-checks.ts';

const given = { secretTokenHash: '5e884898', buildStatuses: ['created', 'pending'], lockTable: 'lock', group: 'fleet' };
const machine = scaleOut(given);
const definition = render(machine);

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
        'ReadLock: dynamodb never raises DynamoDB.ConditionalCheckFailedException',
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
    const page = readFileSync(new URL('../../docs/scale-out.md', import.meta.url), 'utf8');
    expect(page).toContain(`at most ${criticalSectionSeconds(machine)} seconds pass`);
    expect(page).toContain(`the same holder for ${leaseSeconds} seconds`);
  });
});

describe('the patience of an execution', () => {
  /** FULL jitter draws each delay evenly between nothing and its length, so on average it is half of it. */
  const retriesOnAverage = (name: 'RecordWake' | 'GetCurrentCapacity' | 'ReadLock'): number => {
    const state = machine.States[name];
    const calls = 11 * 5;
    return (worstSeconds(state) - calls) / 2;
  };
  const pause = 40;
  const rounds = Math.ceil(patience.seconds / (patience.outageSeconds + pause));

  it.each(['RecordWake', 'GetCurrentCapacity', 'ReadLock'] as const)(
    'reckons a failed round of %s at what it takes',
    (name) => {
      expect(Math.abs(retriesOnAverage(name) - patience.outageSeconds)).toBeLessThan(5);
    },
  );

  it('lasts most of an hour when calls are refused', () => {
    expect((rounds * (patience.outageSeconds + pause)) / 60).toBeGreaterThan(40);
  });

  it('ends before the limit of the execution, which could not say why, even when every call hangs', () => {
    const hanging = rounds * (patience.outageSeconds + 11 * 5 + pause);
    expect(hanging).toBeLessThan(patience.limitSeconds);
    expect(definition.TimeoutSeconds).toBe(patience.limitSeconds);
  });
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
