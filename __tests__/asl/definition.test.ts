import { render, text } from '../../asl/definition.ts';
import { States } from '../../asl/intrinsic.ts';
import { lateBound } from '../../asl/late-bound.ts';
import type { Machine } from '../../asl/machine.ts';
import { machine } from '../../asl/machine.ts';
import { document } from '../../asl/path.ts';
import { dynamodb } from '../../asl/services.ts';

interface Input {
  readonly name: string;
  readonly list: readonly string[];
  readonly out: unknown;
}
const $ = document<Input>();

const only = (state: object): Machine => ({ StartAt: 'Only', States: { Only: state } }) as unknown as Machine;

describe('the plain definition', () => {
  it('says what is computed by a key that ends in .$, at any depth of a payload, and nowhere else', () => {
    const Only = {
      Type: 'Pass',
      Parameters: { a: $.name, b: { c: States.UUID() }, d: [{ e: $.name }, 1], f: null },
      ResultPath: $.out,
      Next: 'Ask',
    } as const;
    const Ask = {
      Type: 'Choice',
      Choices: [{ Variable: $.name, IsPresent: true, Next: 'Only' }],
      Default: 'Ask',
    } as const;
    expect(render(machine({ StartAt: 'Only', States: { Only, Ask } }))).toEqual({
      StartAt: 'Only',
      States: {
        Only: {
          Type: 'Pass',
          Parameters: { 'a.$': '$.name', b: { 'c.$': 'States.UUID()' }, d: [{ 'e.$': '$.name' }, 1], f: null },
          ResultPath: '$.out',
          Next: 'Ask',
        },
        Ask: { Type: 'Choice', Choices: [{ Variable: '$.name', IsPresent: true, Next: 'Only' }], Default: 'Ask' },
      },
    });
  });

  it('keeps the order in which it was written', () => {
    const definition = render(
      machine({ Comment: 'c', StartAt: 'B', States: { B: { Type: 'Succeed' }, A: { Type: 'Succeed' } } }),
    );
    expect(JSON.stringify(definition)).toBe(
      '{"Comment":"c","StartAt":"B","States":{"B":{"Type":"Succeed"},"A":{"Type":"Succeed"}}}',
    );
  });

  it('says nothing of what a task knows beyond the language', () => {
    const definition = render(machine({ StartAt: 'A', States: { A: dynamodb('listTables', {}, { End: true }) } }));
    expect(Reflect.ownKeys(definition.States.A ?? {})).toEqual(['Type', 'Resource', 'Parameters', 'End']);
  });

  it('refuses what is known only later, and says where it stands', () => {
    const later = lateBound.json<string>('${x}');
    expect(() => render(only({ Type: 'Fail', Error: later, Cause: 'x' }))).toThrow(
      'States.Only.Error is known only later',
    );
    const texts = States.Array<string>(lateBound.text<readonly string[]>('${x}'));
    expect(() => render(only({ Type: 'Pass', Parameters: { a: { b: texts } }, End: true }))).toThrow(
      'States.Only.Parameters.a.b.$ is known only later',
    );
  });

  it('refuses what casts have let through', () => {
    expect(() => render(only({ Type: 'Pass', Parameters: { a: [$.name] }, End: true }))).toThrow(
      'States.Only.Parameters.a.0 is computed, but only a field can be',
    );
    expect(() => render(only({ Type: 'Wait', SecondsPath: States.MathAdd(1, 1), End: true }))).toThrow(
      'States.Only.SecondsPath is an intrinsic, which only a payload can hold',
    );
    expect(() => render(only({ Type: 'Fail', Error: lateBound.text('x'), Cause: 'x' }))).toThrow(
      'States.Only.Error is a late-bound text, which can only stand inside an intrinsic',
    );
  });
});

describe('the text of the definition', () => {
  const plain = machine({
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Parameters: { 'odd "key"': 'a "quoted" \\ value', n: 1.5, none: [], no: {} }, End: true },
    },
  });

  it('is the plain definition, two spaces deep', () => {
    expect(text(plain)).toBe(JSON.stringify(render(plain), null, 2));
  });

  it('has late-bound values as they are, in place of a value and inside a string', () => {
    const late = machine({
      StartAt: 'A',
      States: {
        A: {
          Type: 'Pass',
          Parameters: {
            whole: lateBound.json<string>('${jsonencode(var.name)}'),
            part: States.ArrayContains(
              States.Array<string>(lateBound.text<readonly string[]>('${local.names}')),
              $.name,
            ),
            literal: '${not} %{ours}',
          },
          End: true,
        },
      },
    });
    const written = text(late, (literal) => literal.replace(/[$%](?=\{)/g, '$&$&'));
    expect(written).toContain('"whole": ${jsonencode(var.name)},');
    expect(written).toContain('"part.$": "States.ArrayContains(States.Array(${local.names}), $.name)",');
    expect(written).toContain('"literal": "$${not} %%{ours}"');
    const evaluated = written
      .replace('${jsonencode(var.name)}', '"it\'s \\"me\\""')
      .replace('${local.names}', "'a','b'")
      .replace(/([$%])\1(?=\{)/g, '$1');
    expect(JSON.parse(evaluated)).toEqual({
      StartAt: 'A',
      States: {
        A: {
          Type: 'Pass',
          Parameters: {
            whole: 'it\'s "me"',
            'part.$': "States.ArrayContains(States.Array('a','b'), $.name)",
            literal: '${not} %{ours}',
          },
          End: true,
        },
      },
    });
  });

  it('gives literals to the escape in one piece, so that nothing that means something is cut in two', () => {
    const pieces: string[] = [];
    text(plain, (literal) => {
      pieces.push(literal);
      return literal;
    });
    expect(pieces).toHaveLength(1);
  });
});
