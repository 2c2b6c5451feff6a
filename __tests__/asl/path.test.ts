import { $$ } from '../../asl/context.ts';
import type { Path, ReferencePath } from '../../asl/path.ts';
import { document, isPath } from '../../asl/path.ts';

interface Order {
  readonly id: string;
  readonly lines: readonly { readonly count: number; readonly note?: { readonly text: string } }[];
  readonly 'odd key': boolean;
  readonly owner?: { readonly name: string };
}
const $ = document<Order>();

/** Only its type counts. */
const takes = <T>(path: Path<T>): string => path.toJSON();

describe('a path', () => {
  it('is written as TypeScript and reads as JSONPath', () => {
    expect(takes($)).toBe('$');
    expect(takes($.id)).toBe('$.id');
    expect(takes($.lines[0].note.text)).toBe('$.lines[0].note.text');
    expect(takes($$.Execution.Id)).toBe('$$.Execution.Id');
  });

  it('writes a name that is no identifier in brackets', () => {
    expect(takes($['odd key'])).toBe("$['odd key']");
    expect(takes(document<Record<"it's\\", 1>>()["it's\\"])).toBe("$['it\\'s\\\\']");
  });

  it('is told from every other value', () => {
    expect(isPath($.id)).toBe(true);
    expect([() => '$', '$.id', { toJSON: () => '$' }, null, undefined].map(isPath)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('carries the type of what it names, also of what may be missing', () => {
    const count: Path<number> = $.lines[3].count;
    const name: Path<string> = $.owner.name;
    expect([takes(count), takes(name)]).toEqual(['$.lines[3].count', '$.owner.name']);
  });

  it('refuses what is not there', () => {
    const names: readonly (keyof typeof $ | keyof (typeof $.lines)[0] | keyof typeof $$.Execution)[] = [
      'id',
      'count',
      'Id',
      // @ts-expect-error an Order has no customer
      'customer',
      // @ts-expect-error a line has no colour
      'colour',
      // @ts-expect-error the context object tells the execution's Id, not its Arn
      'Arn',
    ];
    expect(names).toHaveLength(6);
  });

  it('refuses to stand where another type is taken', () => {
    // @ts-expect-error the id is text
    const count: Path<number> = $.id;
    // @ts-expect-error nobody may write to the context object
    const written: ReferencePath<string> = $$.Execution.Name;
    expect([count, written].map(isPath)).toEqual([true, true]);
  });
});
