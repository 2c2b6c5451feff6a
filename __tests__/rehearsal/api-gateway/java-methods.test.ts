import { callMethod } from '../../../rehearsal/api-gateway/java-methods.ts';
import { parseDocument } from '../../../rehearsal/api-gateway/json-document.ts';
import { javaNumber } from '../../../rehearsal/api-gateway/java-number.ts';

describe('methods of Java in a template', () => {
  it('match whole strings, and replace by regular expression', () => {
    expect(callMethod('1977', 'matches', ['[0-9]+'])).toBe(true);
    expect(callMethod('1977\n', 'matches', ['[0-9]+'])).toBe(false);
    expect(callMethod('a1b22', 'replaceAll', ['[0-9]', '-'])).toBe('a-b--');
    expect(callMethod('a.b.c', 'replace', ['.', '-'])).toBe('a-b-c');
    expect(callMethod("it\\'s \\\\'", 'replaceAll', ["\\\\'", "'"])).toBe("it's \\'");
    expect(callMethod('😀', 'length', [])).toBe(2);
  });

  it('compare by type: a number is not in a list of strings', () => {
    expect(callMethod(['1', 'b'], 'contains', ['b'])).toBe(true);
    expect(callMethod(['1', 'b'], 'contains', [1])).toBe(false);
    expect(callMethod(parseDocument('["x"]'), 'contains', ['x'])).toBe(true);
    expect(callMethod(parseDocument('["x"]'), 'size', [])).toBe(1);
  });

  it('find keys of maps, and only their own', () => {
    expect(callMethod({ a: 1 }, 'get', ['a'])).toBe(1);
    expect(callMethod({ a: 1 }, 'get', ['toString'])).toBeUndefined();
    expect(callMethod({ a: 1 }, 'containsKey', ['constructor'])).toBe(false);
    expect(callMethod(parseDocument('{"toString":"t"}'), 'get', ['toString'])).toBe('t');
    expect(callMethod(parseDocument('{"b":1,"a":2}'), 'keySet', [])).toEqual(['b', 'a']);
  });

  it.each([
    ['padStart', 'text', 'a string'],
    ['constructor', 'text', 'a string'],
    ['push', [], 'a list'],
    ['hasOwnProperty', {}, 'a map'],
    ['intValue', javaNumber('1.0'), 'a number'],
    ['toFixed', 1, 'a number'],
  ])('throw for %s(), which Java or API Gateway would not know', (name, receiver, kind) => {
    expect(() => callMethod(receiver, name, [])).toThrow(`VTL method ${name}() is not known on ${kind}`);
  });

  it('throw for a regular expression or a replacement that Java would read in another way', () => {
    expect(() => callMethod('a', 'matches', ['\\p{Alpha}'])).toThrow('means something else in Java');
    expect(() => callMethod('a', 'replaceAll', ['a++', ''])).toThrow('means something else in Java');
    expect(() => callMethod('a', 'replaceAll', ['(a)', '$1'])).toThrow('plain text only');
  });
});
