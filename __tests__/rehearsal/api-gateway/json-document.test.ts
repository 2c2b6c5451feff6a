import { jsonText } from '../../../rehearsal/api-gateway/java-collections.ts';
import { MalformedBody, parseDocument } from '../../../rehearsal/api-gateway/json-document.ts';

describe('a body as API Gateway reads it', () => {
  // Recorded from AWS: ToQoz/api-gateway-mapping-template, test/_.md.
  it.each([
    ['', '{}'],
    ['{}', '{}'],
    ['"{}"', '"{}"'],
    ['a=b', '"a=b"'],
    ['"a=b"', '"a=b"'],
    ['a{b', '"a{b"'],
    ['a[', '"a["'],
    ['null{', '"null{"'],
    ['true{', '"true{"'],
    ['undefined{', '"undefined{"'],
  ])('takes %j for %s', (body, json) => {
    expect(jsonText(parseDocument(body))).toBe(json);
  });

  it.each(['{a', '[a', '{', '[', '{"a":1', '["a"'])('refuses %s', (body) => {
    expect(() => parseDocument(body)).toThrow(MalformedBody);
  });

  it('keeps text that looks like a number apart from numbers, and both from its own marks', () => {
    const body = '{"a":"1.0","b":1.0,"c":"\\"2.0\\"","d":[2.50,"-3e9","\\\\",4.0],"1.5":1e2}';
    expect(jsonText(parseDocument(body))).toBe(
      '{"a":"1.0","b":1.0,"c":"\\"2.0\\"","d":[2.5,"-3e9","\\\\",4.0],"1.5":100.0}',
    );
  });

  it('reads 100,000 levels as malformed rather than falling over', () => {
    expect(() => parseDocument('['.repeat(100_000) + ']'.repeat(100_000))).toThrow(MalformedBody);
  });
});
