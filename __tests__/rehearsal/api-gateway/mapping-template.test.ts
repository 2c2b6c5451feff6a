import { MalformedBody } from '../../../rehearsal/api-gateway/json-document.ts';
import { type MappingTemplate, renderMappingTemplate } from '../../../rehearsal/api-gateway/mapping-template.ts';

const render = (template: string, given: Partial<MappingTemplate> = {}): string =>
  renderMappingTemplate({ template, body: '{}', ...given }).text;

describe('a mapping template', () => {
  it('reads the body by JSONPath, as values and as JSON text', () => {
    const body = '{"a":{"b":["x",{"c":"d"}]},"n":1.0}';
    expect(render("$input.path('$.a.b[0]') $input.path('$.a').b[1].c $input.path('$.n')", { body })).toBe('x d 1.0');
    expect(render("$input.json('$.a.b') $input.json('$.none') $input.json('$')", { body })).toBe(
      `["x",{"c":"d"}] "" ${body}`,
    );
    expect(render('$input.body', { body })).toBe(body);
  });

  it('goes through lists and maps', () => {
    const body = '{"list":["a","b"],"map":{"x":1,"toString":2}}';
    expect(render("#foreach($item in $input.path('$.list'))$item;#end", { body })).toBe('a;b;');
    expect(render("#foreach($k in $input.path('$.map').keySet())$k=$input.path('$.map').get($k);#end", { body })).toBe(
      'x=1;toString=2;',
    );
  });

  // Recorded from AWS: localstack, test_input_path_template_formatting (empty-body, nested-null-list).
  it.each(['{}', '', '{"v":null}', '[1]', 'null', '"text"', 'a=b'])('finds an empty value in %j', (body) => {
    const template = `#set($r = $input.path('$.v')){"body": $r, "nested": $r.nested, "isEmpty": #if($r == "")"true"#end}`;
    expect(render(template, { body })).toBe('{"body": , "nested": , "isEmpty": "true"}');
  });

  it('prints nothing for a reference without a value, as API Gateway does', () => {
    expect(render('[$stageVariables.none|$nothing|$input.params().header.get("none")]')).toBe('[||]');
  });

  it('keeps the spelling of headers, the last of equal names, and looks a parameter up in the query string first', () => {
    const headers = [
      ['X-A', '1'],
      ['x-a', '2'],
      ['X-A', '3'],
      ['__proto__', '4'],
    ] as const;
    const template = '#foreach($n in $input.params().header.keySet())$n=$input.params().header.get($n);#end';
    expect(render(template, { headers })).toBe('X-A=3;x-a=2;__proto__=4;');
    expect(render("$input.params('X-A')", { headers, querystring: [['X-A', 'q']] })).toBe('q');
    expect(render("$input.params('x-a')$input.params('X-a')", { headers })).toBe('2');
  });

  it('escapes for JavaScript as commons-lang 2.6 does', () => {
    const body = JSON.stringify({ v: `"'\\/\b\t\n\f\r\u0000\u001f\u007f\u0080é\u2028😀\ud800` });
    expect(render("$util.escapeJavaScript($input.path('$.v'))", { body })).toBe(
      `\\"\\'\\\\\\/\\b\\t\\n\\f\\r\\u0000\\u001F\u007f\\u0080\\u00E9\\u2028\\uD83D\\uDE00\\uD800`,
    );
    expect(
      render("$util.escapeJavaScript($input.path('$.none'))|$util.escapeJavaScript($input.path('$.n'))", {
        body: '{"n":1.0}',
      }),
    ).toBe('|1.0');
  });

  it('has the other functions of $util', () => {
    expect(
      render(`$util.base64Decode($util.base64Encode("ä b")) $util.urlEncode("ä b&*~") $util.urlDecode("%C3%A4+b")`),
    ).toBe('ä b %C3%A4+b%26*%7E ä b');
    expect(render(`$util.parseJson('{"a":[1]}').a[0]`)).toBe('1');
  });

  it('overrides the status, when it is one', () => {
    const override = (status: string) =>
      renderMappingTemplate({ template: `#set($context.responseOverride.status = ${status})x`, body: '' });
    expect(override('503')).toEqual({ text: 'x', status: 503 });
    expect(override('99')).toEqual({ text: 'x' });
    expect(override('"503"')).toEqual({ text: 'x' });
  });

  it('never evaluates what it prints', () => {
    const value = '$context.stage #set($x = 1) $util.escapeJavaScript("x")';
    expect(
      render("$input.path('$.v')|#set($v = \"$input.path('$.v')\")$v", {
        body: JSON.stringify({ v: value }),
        context: { stage: 's' },
      }),
    ).toBe(`${value}|${value}`);
  });

  it.each([
    '$input.path("$.v").trimIndent()',
    '$util.toJson("x")',
    '$input.params().header.entries()',
    '#if($stageVariables.constructor())x#end',
  ])('throws for %s, a method that API Gateway is not known to have', (template) => {
    expect(() => render(template, { body: '{"v":"x"}' })).toThrow(/is not known on|is not method/);
  });

  it('fails on a malformed body only when it looks into it', () => {
    expect(render('$input.params("x")ok', { body: '{a' })).toBe('ok');
    expect(() => render('$input.path("$.a")', { body: '{a' })).toThrow(MalformedBody);
  });
});
