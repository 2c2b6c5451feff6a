import { machine } from '../../asl/machine.ts';
import { document } from '../../asl/path.ts';
import { dynamodb } from '../../asl/services.ts';
import { worstCaseSeconds, worstSeconds } from '../../asl/worst-case.ts';

const $ = document<{ readonly flag: boolean; readonly count: number }>();
const limit = { TimeoutSeconds: 10 } as const;

describe('the longest that a task takes', () => {
  it('is its limit for each attempt, and the delays between them', () => {
    // 4 attempts of 10 s, delays of 1, 2 and 4 s: the defaults.
    const task = dynamodb('listTables', {}, { ...limit, Retry: [{ ErrorEquals: ['States.ALL'] }], End: true });
    expect(worstSeconds(task)).toBe(47);
  });

  it('has delays no longer than their maximum', () => {
    const Retry = [
      { ErrorEquals: ['States.ALL'], IntervalSeconds: 3, BackoffRate: 3, MaxAttempts: 3, MaxDelaySeconds: 5 },
    ] as const;
    expect(worstSeconds(dynamodb('listTables', {}, { ...limit, Retry, End: true }))).toBe(40 + 3 + 5 + 5);
  });

  it('uses up every retrier, because each counts for itself', () => {
    const Retry = [
      { ErrorEquals: ['States.Timeout'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 2 },
    ] as const;
    expect(worstSeconds(dynamodb('listTables', {}, { ...limit, Retry, End: true }))).toBe(40 + 1 + 1 + 2);
  });

  it('is for ever where nothing limits it', () => {
    expect(worstSeconds(dynamodb('listTables', {}, { End: true }))).toBe(Infinity);
  });
});

describe('the longest way', () => {
  const ask = (yes: 'Long' | 'End') =>
    ({ Type: 'Choice', Choices: [{ Variable: $.flag, BooleanEquals: true, Next: yes }], Default: 'End' }) as const;
  const task = (seconds: number, next: 'Ask' | 'End' | 'Start' | 'Long') =>
    dynamodb('listTables', {}, { TimeoutSeconds: seconds, Next: next });
  const way = (long: 'Ask' | 'End' | 'Start') =>
    machine({
      StartAt: 'Start',
      States: {
        Start: task(1, 'Ask'),
        Ask: ask('Long'),
        Long: task(10, long),
        End: dynamodb('listTables', {}, { TimeoutSeconds: 100, End: true }),
      },
    });

  it('is taken among all ways, and counts both ends', () => {
    expect(worstCaseSeconds(way('End'), ['Start'], 'End')).toBe(111);
  });

  it('begins anew where it comes by the start again', () => {
    expect(worstCaseSeconds(way('Start'), ['Start'], 'End')).toBe(101);
  });

  it('never ends where it can go round', () => {
    expect(worstCaseSeconds(way('Ask'), ['Start'], 'End')).toBe(Infinity);
  });

  it('counts the way over an error', () => {
    const States = {
      Start: dynamodb(
        'listTables',
        {},
        {
          TimeoutSeconds: 1,
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Nap' }],
          Next: 'End',
        },
      ),
      Nap: { Type: 'Wait', Seconds: 50, Next: 'End' },
      End: { Type: 'Succeed' },
    } as const;
    expect(worstCaseSeconds(machine({ StartAt: 'Start', States }), ['Start'], 'End')).toBe(51);
  });

  it('is an error where there is none, or no such state', () => {
    expect(() => worstCaseSeconds(way('End'), ['End'], 'Start')).toThrow('No way leads from End to Start');
    expect(() => worstCaseSeconds(way('End'), ['Start'], 'Gone')).toThrow('No way leads from Start to Gone');
    expect(() => worstCaseSeconds(way('End'), ['Gone'], 'End')).toThrow('There is no state Gone');
  });
});
