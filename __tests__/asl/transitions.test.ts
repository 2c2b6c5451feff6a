import { lateBound } from '../../asl/late-bound.ts';
import { machine } from '../../asl/machine.ts';
import { mermaid } from '../../asl/mermaid.ts';
import { document } from '../../asl/path.ts';
import { dynamodb } from '../../asl/services.ts';
import { said, successors, transitions } from '../../asl/transitions.ts';

interface Input {
  readonly count: number;
  readonly name: string;
}
const $ = document<Input>();

const all = machine({
  StartAt: 'Make',
  States: {
    Make: { Type: 'Pass', Next: 'Ask' },
    Ask: {
      Type: 'Choice',
      Choices: [
        { Variable: $.count, NumericLessThan: 1, Next: 'Nap' },
        { Variable: $.name, StringEquals: lateBound.json<string>('${x}'), Next: 'Call' },
      ],
      Default: 'Bad',
    },
    Nap: { Type: 'Wait', Seconds: 1, Next: 'Ask' },
    Call: dynamodb(
      'listTables',
      {},
      {
        Catch: [
          { ErrorEquals: ['States.Timeout', 'DynamoDb.DynamoDbException'], Next: 'Ask' },
          { ErrorEquals: ['States.ALL'], Next: 'Bad' },
        ],
        Next: 'Good',
      },
    ),
    Good: { Type: 'Succeed' },
    Bad: { Type: 'Fail', Error: 'Bad', Cause: 'x' },
  },
});

describe('the transitions of a machine', () => {
  it('are every Next, Default and catcher, and the ends', () => {
    expect(transitions(all).map(({ from, to, when }) => [from, to, when])).toEqual([
      ['Make', 'Ask', undefined],
      ['Ask', 'Nap', '$.count < 1'],
      ['Ask', 'Call', '$.name = the given value'],
      ['Ask', 'Bad', 'otherwise'],
      ['Nap', 'Ask', undefined],
      ['Call', 'Good', undefined],
      ['Call', 'Ask', 'States.Timeout, DynamoDb.DynamoDbException'],
      ['Call', 'Bad', 'States.ALL'],
      ['Good', undefined, undefined],
      ['Bad', undefined, undefined],
    ]);
  });

  it('name each successor once', () => {
    expect(successors(all, 'Call')).toEqual(['Good', 'Ask', 'Bad']);
    expect(successors(all, 'Good')).toEqual([]);
  });
});

describe('a condition in words', () => {
  it.each([
    ['$.count ≥ 1', said({ Variable: $.count, NumericGreaterThanEquals: 1 })],
    ['$.count ≤ $.count', said({ Variable: $.count, NumericLessThanEqualsPath: $.count })],
    ["$.name matches 'a*'", said({ Variable: $.name, StringMatches: 'a*' })],
    ['$.name is not present', said({ Not: { Variable: $.name, IsPresent: true } })],
    ['not ($.count = 1)', said({ Not: { Variable: $.count, NumericEquals: 1 } })],
    ['$.count = 1', said({ Not: { Not: { Variable: $.count, NumericEquals: 1 } } })],
    [
      '($.count = 1 or $.count = 2) and $.name is null',
      said({
        And: [
          {
            Or: [
              { Variable: $.count, NumericEquals: 1 },
              { Variable: $.count, NumericEquals: 2 },
            ],
          },
          { Variable: $.name, IsNull: true },
        ],
      }),
    ],
  ])('reads %s', (words, condition) => {
    expect(condition).toBe(words);
  });
});

describe('the diagram', () => {
  it('has an arrow for each transition, and no sign that Mermaid takes for something else', () => {
    expect(mermaid(all).split('\n').slice(0, 4)).toEqual([
      'stateDiagram-v2',
      '    [*] --> Make',
      '    Make --> Ask',
      '    Ask --> Nap: $.count #60; 1',
    ]);
    expect(mermaid(all)).toContain('    Good --> [*]\n');
    expect(mermaid(all)).toBe(mermaid(all));
  });
});
