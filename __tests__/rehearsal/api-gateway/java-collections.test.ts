import { JavaList, JavaMap } from '../../../rehearsal/api-gateway/java-collections.ts';
import { parseDocument } from '../../../rehearsal/api-gateway/json-document.ts';

describe('JSON collections in a template', () => {
  // Recorded from AWS: localstack, tests/aws/services/apigateway, test_input_path_template_formatting, 2025-06-18.
  it.each([
    ['{"foo":"bar"}', '{foo=bar}'],
    ['[{"foo":"bar"}]', '[{"foo":"bar"}]'],
    ['[[{"foo":"bar"}]]', '[[{"foo":"bar"}]]'],
    ['{"foo":[{"nested":"bar"}]}', '{foo=[{"nested":"bar"}]}'],
    ['{"bigger":"dict","to":"test","with":"separators"}', '{bigger=dict, to=test, with=separators}'],
  ])('print %s as AWS was seen to', (json, printed) => {
    expect(String(parseDocument(json))).toBe(printed);
  });

  it('print null, numbers and nested maps as Java does', () => {
    expect(String(parseDocument('{"a":null,"b":1.0,"c":{"d":true}}'))).toBe('{a=null, b=1.0, c={d=true}}');
    expect(String(parseDocument('[null,1.50,{"c":[]}]'))).toBe('[null,1.5,{"c":[]}]');
  });

  it('are not led astray by members that JavaScript gives a meaning', () => {
    const map = parseDocument('{"toString":"build","valueOf":1,"constructor":2,"__proto__":{"x":1}}') as JavaMap;
    expect(`${map as unknown as string}`).toBe('{toString=build, valueOf=1, constructor=2, __proto__={x=1}}');
    expect(Object.getPrototypeOf(map)).toBe(JavaMap.prototype);
    expect('x' in map).toBe(false);
  });

  it('have a length, and items by their index', () => {
    const list = new JavaList(['a', 'b']);
    expect([list.length, list[0], list[1]]).toEqual([2, 'a', 'b']);
  });
});
