import fc from 'fast-check';
import { MalformedBody } from '../../../rehearsal/api-gateway/json-document.ts';
import { renderMappingTemplate } from '../../../rehearsal/api-gateway/mapping-template.ts';
import { requestTemplate } from '../../../stacks/templates/mapping-templates.ts';
import { type Call, forgivenBodies, requestCorpus, wantedStatuses } from './corpus.ts';
import { generatedCalls } from './generated-calls.ts';
import { decodeRequest, expectHarmless, requestFor } from './rendered-request.ts';

const arn = 'arn:aws:states:eu-north-1:111122223333:stateMachine:glab-runner-dev';
const ours = requestTemplate(JSON.stringify(wantedStatuses));

const render = (call: Call, template = ours): string =>
  renderMappingTemplate({ ...call, template, stageVariables: { arn } }).text;

/** The whole promise of the template, about any call. */
const keepsItsPromise = (template: string, wanted: readonly string[] = wantedStatuses) =>
  fc.property(generatedCalls(wanted), (call) => {
    expect(decodeRequest(render(call, template))).toEqual(requestFor(arn, call.becomes));
  });

describe('the request template', () => {
  it.each(requestCorpus.map((one) => [one.title, one] as const))('renders %s', (_title, { becomes, ...call }) => {
    if (becomes === 'malformed') expect(() => render(call)).toThrow(MalformedBody);
    else expect(decodeRequest(render(call))).toEqual(requestFor(arn, becomes));
  });

  it('renders valid JSON of any header and body, whose decoded input is what was sent', () => {
    fc.assert(keepsItsPromise(ours), { numRuns: 1500 });
  });

  it.each(forgivenBodies)('refuses, or passes nothing but known words and digits of %s', (body) => {
    try {
      expectHarmless(render({ body, headers: [['X-Gitlab-Token', 'x']] }), 'x');
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedBody);
    }
  });

  it.each([[[]], [['failed']], [['created', 'pending', 'running', 'success', 'failed', 'canceled']]])(
    'starts executions for the statuses %j and no others',
    (wanted) => {
      fc.assert(keepsItsPromise(requestTemplate(JSON.stringify(wanted)), wanted), { numRuns: 200 });
    },
  );

  it('never takes the token from the query string', () => {
    const { text } = renderMappingTemplate({
      template: ours,
      body: '{"object_kind":"build","build_status":"pending"}',
      querystring: [['X-Gitlab-Token', 'from the query']],
      stageVariables: { arn },
    });
    expect(decodeRequest(text)).toEqual(requestFor(arn, 'ignored'));
  });

  it('names no execution after a header, so that "Resend" is not taken for a repetition', () => {
    const headers = [
      ['X-Gitlab-Token', 'x'],
      ['Idempotency-Key', 'f5e57004'],
    ] as const;
    const text = render({ headers, body: '{"object_kind":"build","build_status":"pending"}' });
    expect(text).not.toContain('f5e57004');
    expect(decodeRequest(text)).not.toHaveProperty('name');
  });
});

describe('the promise about any call', () => {
  /** What upstream's template does: the status as JSON and the header as text, each escaped once, and no condition. */
  const upstreamLike = [
    '{"stateMachineArn": "$stageVariables.arn",',
    `"input": "{\\"body\\": $util.escapeJavaScript($input.json('$.build_status')),`,
    `\\"head\\": \\"$util.escapeJavaScript($input.params().header.get('X-Gitlab-Token'))\\"}"}`,
  ].join(' ');

  it('would catch a template that escapes the token once, as upstream does: a quote breaks it', () => {
    const call = (token: string): Call => ({
      headers: [['X-Gitlab-Token', token]],
      body: '{"object_kind":"build","build_status":"created"}',
    });
    const plain = decodeRequest(render(call('h&s8BdSbinDQ7h'), upstreamLike));
    expect(plain.input).toEqual({ body: 'created', head: 'h&s8BdSbinDQ7h' });
    expect(() => decodeRequest(render(call('a"b'), upstreamLike))).toThrow(SyntaxError);
    expect(fc.check(keepsItsPromise(upstreamLike)).failed).toBe(true);
  });

  const once = `$util.escapeJavaScript($token).replaceAll("\\\\'", "'")`;
  const twice = `$util.escapeJavaScript(${once}).replaceAll("\\\\'", "'")`;
  it.each([
    ['escapes the token once', `#set($token = ${twice})`, `#set($token = ${once})`],
    ["leaves \\' as escapeJavaScript writes it", twice, '$util.escapeJavaScript($util.escapeJavaScript($token))'],
    ['does not look for a token', '$token != "" && ', ''],
    ['takes a token of any length', ' && $token.length() <= 255', ''],
    ['takes any status', ' && $webhook_build_statuses.contains($status)', ''],
    ['takes any kind of event', ' && $kind == "build"', ''],
    ['takes kinds that only begin alike', '$kind == "build"', '$kind.startsWith("build")'],
    ['knows one spelling of the header', '$name.toLowerCase() == "x-gitlab-token"', '$name == "X-Gitlab-Token"'],
    ['passes any job id', '#if(!$job.matches("[0-9]{1,20}"))#set($job = "")#end', ''],
    ['passes project ids of any length', '$project.matches("[0-9]{1,20}")', '$project.matches("[0-9]+")'],
  ])('would catch a template that %s', (_what, part, changed) => {
    expect(ours).toContain(part);
    const mutant = ours.replace(part, () => changed);
    expect(fc.check(keepsItsPromise(mutant), { numRuns: 3000 }).failed).toBe(true);
  });
});
