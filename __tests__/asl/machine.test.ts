import type { Choice, Rule } from '../../asl/choice.ts';
import { $$ } from '../../asl/context.ts';
import { States } from '../../asl/intrinsic.ts';
import { machine } from '../../asl/machine.ts';
import { document } from '../../asl/path.ts';
import type { Catcher, ErrorOutput, Retrier, State } from '../../asl/states.ts';

interface Input {
  readonly count: number;
  readonly name: string;
  readonly at: string;
  readonly flag: boolean;
  readonly list: readonly number[];
  readonly error?: ErrorOutput;
}
const $ = document<Input>();
const end = { Type: 'Pass', End: true } as const;

/** What does not compile is still a value, so that the directive above it is the only thing that each line tests. */
const made = (...values: readonly unknown[]): void =>
  expect(values.every((each) => typeof each === 'object')).toBe(true);

/** The only state of a machine, which may go to itself. */
const state = (given: State<'A'>): State<'A'> => given;
const rule = (given: Rule<'A'>): Rule<'A'> => given;
const choice = (given: Choice<'A'>): Choice<'A'> => given;
const retrier = (given: Retrier<'Broken'>): Retrier<'Broken'> => given;
const catcher = (given: Catcher<'A', 'Broken'>): Catcher<'A', 'Broken'> => given;

describe('a machine', () => {
  it('goes only to states that it has', () => {
    made(
      machine({ StartAt: 'Only', TimeoutSeconds: 5, Comment: 'why', States: { Only: end } }),
      // @ts-expect-error 'Elsewhere' is not a state of this machine
      machine({ StartAt: 'Elsewhere', States: { Only: end } }),
      machine({
        StartAt: 'Only',
        States: {
          Only: {
            Type: 'Pass',
            // @ts-expect-error 'Elsewhere' is not a state of this machine
            Next: 'Elsewhere',
          },
        },
      }),
      machine({
        StartAt: 'Ask',
        States: {
          Ask: {
            Type: 'Choice',
            Choices: [
              {
                Variable: $.flag,
                BooleanEquals: true,
                // @ts-expect-error 'Elsewhere' is not a state of this machine
                Next: 'Elsewhere',
              },
            ],
            // @ts-expect-error 'Elsewhere' is not a state of this machine
            Default: 'Elsewhere',
          },
        },
      }),
    );
  });

  it('has the fields of the language and no others', () => {
    made(
      // @ts-expect-error the field is TimeoutSeconds
      machine({ StartAt: 'A', TimeoutSecnds: 5, States: { A: end } }),
      machine({
        StartAt: 'A',
        States: {
          A: {
            Type: 'Pass',
            // @ts-expect-error the field is ResultPath
            ResultPth: $.name,
            End: true,
          },
        },
      }),
    );
  });
});

describe('a state', () => {
  it('goes on or ends', () => {
    made(
      state(end),
      // @ts-expect-error both
      state({ Type: 'Pass', Next: 'A', End: true }),
      // @ts-expect-error neither
      state({ Type: 'Pass' }),
      // @ts-expect-error End is true or absent
      state({ Type: 'Pass', End: false }),
    );
  });

  it('has the fields of its type and no others', () => {
    made(
      state({ Type: 'Succeed', Comment: 'done' }),
      // @ts-expect-error a Pass cannot catch
      state({ Type: 'Pass', Catch: [], End: true }),
      // @ts-expect-error a Succeed has no way on
      state({ Type: 'Succeed', End: true }),
      // @ts-expect-error there is no such type
      state({ Type: 'Parallell', End: true }),
      // @ts-expect-error a Task comes from a service's factory, which knows its parameters
      state({ Type: 'Task', Resource: 'arn:aws:states:::x:y', Parameters: {}, End: true }),
      // @ts-expect-error a Pass has one of Parameters and Result
      state({ Type: 'Pass', Parameters: {}, Result: 1, End: true }),
    );
  });

  it('waits for one length of time', () => {
    made(
      state({ Type: 'Wait', Seconds: 1, End: true }),
      state({ Type: 'Wait', SecondsPath: $.count, End: true }),
      state({ Type: 'Wait', TimestampPath: $.at, End: true }),
      // @ts-expect-error two lengths
      state({ Type: 'Wait', Seconds: 1, SecondsPath: $.count, End: true }),
      // @ts-expect-error no length
      state({ Type: 'Wait', End: true }),
      // @ts-expect-error seconds are a number
      state({ Type: 'Wait', SecondsPath: $.name, End: true }),
      // @ts-expect-error an intrinsic is computed in a Pass before
      state({ Type: 'Wait', SecondsPath: States.MathRandom(1, 2), End: true }),
    );
  });

  it('fails with a name and a cause', () => {
    made(
      state({ Type: 'Fail', Error: 'Broken', Cause: 'by hand' }),
      state({ Type: 'Fail', ErrorPath: $.error.Error, CausePath: $.error.Cause }),
      // @ts-expect-error no cause
      state({ Type: 'Fail', Error: 'Broken' }),
      // @ts-expect-error two causes
      state({ Type: 'Fail', Error: 'Broken', Cause: 'x', CausePath: $.name }),
      // @ts-expect-error the cause is text
      state({ Type: 'Fail', Error: 'Broken', CausePath: $.count }),
    );
  });

  it('writes into its document what Step Functions can compute', () => {
    made(
      state({ ...end, Parameters: { id: $$.Execution.Id, n: States.MathAdd($.count, 1) }, ResultPath: $.name }),
      state({ ...end, ResultPath: null }),
      // @ts-expect-error nobody may write to the context object
      state({ ...end, ResultPath: $$.Execution.Id }),
      // @ts-expect-error only a field can be computed, not an element of a list
      state({ ...end, Parameters: { numbers: [$.count] } }),
    );
  });
});

describe('a choice', () => {
  it('compares what has the type of its operator', () => {
    made(
      rule({ Variable: $.name, StringEquals: 'x', Next: 'A' }),
      rule({ Variable: $.name, StringMatches: 'x*', Next: 'A' }),
      rule({ Variable: $.name, StringLessThanEqualsPath: $.at, Next: 'A' }),
      rule({ Variable: $.count, NumericGreaterThanEquals: 1, Next: 'A' }),
      rule({ Variable: $.count, NumericEqualsPath: $.count, Next: 'A' }),
      rule({ Variable: $.at, TimestampGreaterThanPath: $$.State.EnteredTime, Next: 'A' }),
      rule({ Variable: $.error, IsPresent: true, Next: 'A' }),
      rule({
        And: [{ Variable: $.flag, BooleanEquals: true }, { Not: { Variable: $.name, IsNull: true } }],
        Next: 'A',
      }),
      rule({ Or: [{ Variable: $.flag, IsNull: true }], Next: 'A' }),
      // @ts-expect-error a number is not compared as text
      rule({ Variable: $.count, StringEquals: '1', Next: 'A' }),
      // @ts-expect-error a number is compared with a number
      rule({ Variable: $.count, NumericEquals: '1', Next: 'A' }),
      // @ts-expect-error both paths are numbers
      rule({ Variable: $.count, NumericEqualsPath: $.name, Next: 'A' }),
      // @ts-expect-error text does not match a number
      rule({ Variable: $.count, StringMatches: '1*', Next: 'A' }),
      // @ts-expect-error text is not true
      rule({ Variable: $.name, BooleanEquals: true, Next: 'A' }),
      // @ts-expect-error there is no such operator
      rule({ Variable: $.count, NumericAtLeast: 1, Next: 'A' }),
      // @ts-expect-error one rule has one operator
      rule({ Variable: $.count, NumericEquals: 1, IsPresent: true, Next: 'A' }),
      // @ts-expect-error a rule tests, or joins others
      rule({ Variable: $.count, NumericEquals: 1, Not: { Variable: $.flag, IsNull: true }, Next: 'A' }),
      // @ts-expect-error that something is absent is written with Not
      rule({ Variable: $.count, IsPresent: false, Next: 'A' }),
    );
  });

  it('always finds a way', () => {
    made(
      choice({ Type: 'Choice', Choices: [{ Variable: $.flag, BooleanEquals: true, Next: 'A' }], Default: 'A' }),
      // @ts-expect-error without a Default it might not
      choice({ Type: 'Choice', Choices: [{ Variable: $.flag, BooleanEquals: true, Next: 'A' }] }),
      // @ts-expect-error without rules there is nothing to choose
      choice({ Type: 'Choice', Choices: [], Default: 'A' }),
      // @ts-expect-error And joins at least one
      rule({ And: [], Next: 'A' }),
      // @ts-expect-error only the whole rule leads somewhere
      rule({ Not: { Variable: $.flag, IsNull: true, Next: 'A' }, Next: 'A' }),
      // @ts-expect-error a rule leads somewhere
      rule({ Variable: $.flag, BooleanEquals: true }),
      // @ts-expect-error the field is Next
      rule({ Variable: $.flag, BooleanEquals: true, Nxt: 'A', Next: 'A' }),
    );
  });
});

describe('a retrier', () => {
  it('has the fields of the language and no others', () => {
    made(
      retrier({ ErrorEquals: ['Broken'], IntervalSeconds: 1, MaxAttempts: 0, BackoffRate: 1 }),
      retrier({ ErrorEquals: ['States.ALL'], MaxDelaySeconds: 2, JitterStrategy: 'FULL' }),
      // @ts-expect-error the field is JitterStrategy
      retrier({ ErrorEquals: ['Broken'], JiterStrategy: 'FULL' }),
      // @ts-expect-error the strategies are FULL and NONE
      retrier({ ErrorEquals: ['Broken'], JitterStrategy: 'full' }),
      // @ts-expect-error the field is MaxAttempts
      retrier({ ErrorEquals: ['Broken'], MaxAttempt: 1 }),
    );
  });

  it('names errors, or everything and nothing else', () => {
    made(
      // @ts-expect-error it names at least one error
      retrier({ ErrorEquals: [] }),
      // @ts-expect-error States.ALL stands alone
      retrier({ ErrorEquals: ['States.ALL', 'Broken'] }),
      // @ts-expect-error there is no such error
      retrier({ ErrorEquals: ['Brokn'] }),
    );
  });
});

describe('a catcher', () => {
  it('writes the error output and goes on', () => {
    made(
      catcher({ ErrorEquals: ['Broken'], ResultPath: $.error, Next: 'A' }),
      // @ts-expect-error the field is ResultPath
      catcher({ ErrorEquals: ['Broken'], ResultPth: $.error, Next: 'A' }),
      // @ts-expect-error the error output is no number
      catcher({ ErrorEquals: ['Broken'], ResultPath: $.count, Next: 'A' }),
      // @ts-expect-error 'Elsewhere' is not a state of this machine
      catcher({ ErrorEquals: ['Broken'], Next: 'Elsewhere' }),
    );
  });
});
