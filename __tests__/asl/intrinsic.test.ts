import type { Expression, Intrinsic } from '../../asl/intrinsic.ts';
import { States, isIntrinsic, partsOf } from '../../asl/intrinsic.ts';
import { lateBound } from '../../asl/late-bound.ts';
import { document } from '../../asl/path.ts';

interface Input {
  readonly token: string;
  readonly count: number;
  readonly flag: boolean;
  readonly names: readonly string[];
}
const $ = document<Input>();

const written = (call: Intrinsic<unknown>): string =>
  partsOf(call)
    .map((part) => (typeof part === 'string' ? part : part.source))
    .join('');

describe('an intrinsic', () => {
  it.each<[string, Intrinsic<unknown>]>([
    ["States.Format('{} of {}', $.count, 'all')", States.Format('{} of {}', $.count, 'all')],
    ["States.StringToJson('[1]')", States.StringToJson<number[]>('[1]')],
    ['States.JsonToString($.names)', States.JsonToString($.names)],
    ["States.Array('a', $.token)", States.Array<string>('a', $.token)],
    ['States.Array()', States.Array<string>()],
    ['States.ArrayPartition($.names, 4)', States.ArrayPartition($.names, 4)],
    ['States.ArrayPartition($.names, ${n})', States.ArrayPartition($.names, lateBound.text<number>('${n}'))],
    ["States.Format('{}', ${n})", States.Format('{}', lateBound.text<number>('${n}'))],
    ["States.ArrayContains($.names, 'a')", States.ArrayContains($.names, 'a')],
    ['States.ArrayRange(1, $.count, 2)', States.ArrayRange(1, $.count, 2)],
    ['States.ArrayGetItem($.names, 0)', States.ArrayGetItem($.names, 0)],
    ['States.ArrayLength($.names)', States.ArrayLength($.names)],
    ['States.ArrayUnique($.names)', States.ArrayUnique($.names)],
    ['States.Base64Encode($.token)', States.Base64Encode($.token)],
    ["States.Base64Decode('YQ==')", States.Base64Decode('YQ==')],
    ["States.Hash($.token, 'SHA-256')", States.Hash($.token, 'SHA-256')],
    ['States.JsonMerge($, $, false)', States.JsonMerge($, $, false)],
    ['States.MathRandom(1, 9)', States.MathRandom(1, 9)],
    ['States.MathAdd($.count, -1)', States.MathAdd($.count, -1)],
    ["States.StringSplit($.token, ',')", States.StringSplit($.token, ',')],
    ['States.UUID()', States.UUID()],
    ['States.ArrayLength(States.ArrayPartition($.names, 4))', States.ArrayLength(States.ArrayPartition($.names, 4))],
  ])('is written as Step Functions reads it: %s', (text, call) => {
    expect(written(call)).toBe(text);
  });

  it('escapes the signs that mean something inside', () => {
    expect(written(States.Hash("it's {a} \\", 'MD5'))).toBe("States.Hash('it\\'s \\{a\\} \\\\', 'MD5')");
    expect(written(States.Format("it's {}", $.token))).toBe("States.Format('it\\'s {}', $.token)");
  });

  it('keeps a late-bound list as a piece of its own', () => {
    const statuses = lateBound.text<readonly string[]>('${statuses}');
    expect(partsOf(States.ArrayContains(States.Array<string>(statuses), $.token))).toEqual([
      'States.ArrayContains(',
      'States.Array(',
      statuses,
      ')',
      ', ',
      '$.token',
      ')',
    ]);
  });

  it('refuses a template with another number of places than arguments', () => {
    expect(() => States.Format('{} and {}', 'one')).toThrow('has 2 places for 1 arguments');
  });

  it('refuses to stand more than ten deep, as Step Functions does', () => {
    const nested = (times: number): Intrinsic<number> =>
      times === 1 ? States.MathAdd($.count, 1) : States.MathAdd(nested(times - 1), 1);
    expect(isIntrinsic(nested(10))).toBe(true);
    expect(() => nested(11)).toThrow('more than 10 calls within each other');
  });

  it('does not count brackets in a literal', () => {
    expect(() => States.Format('(((((((((((((')).not.toThrow();
  });

  it('carries the type of its value', () => {
    const sum: Expression<number> = States.MathAdd($.count, 1);
    // @ts-expect-error a sum is no text
    const text: Expression<string> = States.MathAdd($.count, 1);
    expect([sum, text].every(isIntrinsic)).toBe(true);
  });

  it('refuses arguments of another type', () => {
    const calls = [
      // @ts-expect-error there is no such algorithm
      States.Hash($.token, 'SHA-2'),
      // @ts-expect-error text is not added
      States.MathAdd($.token, 1),
      // @ts-expect-error a list of text does not contain numbers
      States.ArrayContains($.names, $.count),
      // @ts-expect-error a number has no length
      States.ArrayLength($.count),
      // @ts-expect-error a list is no argument of a template
      States.Format('{}', $.names),
      // @ts-expect-error Step Functions merges only one level
      States.JsonMerge($, $, true),
    ];
    expect(calls.every(isIntrinsic)).toBe(true);
  });
});
