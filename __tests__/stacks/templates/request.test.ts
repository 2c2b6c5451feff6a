import fc from 'fast-check';
import { MalformedBody } from '../../../rehearsal/api-gateway/json-document.ts';
import { renderMappingTemplate } from '../../../rehearsal/api-gateway/mapping-template.ts';
import { requestTemplate } from '../../../stacks/templates/mapping-templates.ts';
import {
  type Call,
  demandCorpus,
  demandStatuses,
  filterCorpus,
  forgivenBodies,
  requestCorpus,
  wantedStatuses,
} from './corpus.ts';
import { generatedCalls } from './generated-calls.ts';
import { generatedFilters } from './generated-filters.ts';
import { decodeRequest, expectHarmless, requestFor } from './rendered-request.ts';
import { wanted } from './wanted.ts';

const arn = 'arn:aws:states:eu-north-1:111122223333:stateMachine:glab-runner-dev';
const ours = requestTemplate(wanted(wantedStatuses));

const demanding = requestTemplate(wanted(demandStatuses));

const render = (call: Call, template = ours): string =>
  renderMappingTemplate({ ...call, template, stageVariables: { arn } }).text;

/** The whole promise of the template, about any call. */
const keepsItsPromise = (template: string, statuses: readonly string[] = wantedStatuses) =>
  fc.property(generatedCalls(statuses), (call) => {
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
    (statuses) => {
      fc.assert(keepsItsPromise(requestTemplate(wanted(statuses)), statuses), { numRuns: 200 });
    },
  );

  it.each(demandCorpus.map((one) => [one.title, one] as const))(
    'renders for the demand strategy %s',
    (_title, given) => {
      const { becomes, ...call } = given;
      expect(decodeRequest(render(call, demanding))).toEqual(
        requestFor(arn, becomes as Exclude<typeof becomes, 'malformed'>),
      );
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

describe('a filter', () => {
  it.each(filterCorpus.map((one) => [one.title, one] as const))('%s', (_title, { filters, becomes, ...call }) => {
    const text = render(call, requestTemplate(wanted(wantedStatuses, filters)));
    expect(decodeRequest(text)).toEqual(requestFor(arn, becomes));
  });

  /** An event that does not match never starts; one that matches starts exactly as without a filter. */
  const holds = (change: (template: string) => string = (template) => template) =>
    fc.property(generatedFilters(wantedStatuses), ({ filters, call, passes }) => {
      const text = render(call, change(requestTemplate(wanted(wantedStatuses, filters))));
      expect(decodeRequest(text)).toEqual(passes ? decodeRequest(render(call)) : requestFor(arn, 'ignored'));
    });

  it('never starts what does not match, and starts what does exactly as without it', () => {
    fc.assert(holds(), { numRuns: 1500 });
  });

  it('lets an event pass now and then in that property, and now and then refuses one', () => {
    const samples = fc.sample(generatedFilters(wantedStatuses), { numRuns: 1000, seed: 1 });
    const started = samples.filter(({ call }) => call.becomes !== 'ignored');
    expect(started.filter(({ passes }) => passes).length).toBeGreaterThan(50);
    expect(started.filter(({ passes }) => !passes).length).toBeGreaterThan(50);
  });

  it.each([
    ['looks at projects alone', '$webhook_job_name_pattern == "" ||', 'true ||'],
    ['looks at names alone', '$webhook_project_ids.size() == 0 ||', 'true ||'],
    ['finds the pattern anywhere in the name', '(?:', '.*(?:'],
    ['looks at the name of the project', "'$.build_name'", "'$.project_name'"],
    ['forgets the filters', ' && $is_wanted)', ')'],
  ])('would be caught when it %s', (_what, part, changed) => {
    const mutate = (template: string): string => template.replace(part, () => changed);
    expect(mutate(requestTemplate(wanted([], { jobNamePattern: 'x' })))).toContain(changed);
    expect(fc.check(holds(mutate), { numRuns: 3000 }).failed).toBe(true);
  });

  it('is not confused by a name that is too long to be a job of GitLab’s', () => {
    const longest = '😀'.repeat(255);
    const template = requestTemplate(wanted(wantedStatuses, { jobNamePattern: '(?:😀|a)*' }));
    const event = { object_kind: 'build', build_status: 'pending' };
    const of = (build_name: string): Call => ({
      headers: [['X-Gitlab-Token', 'x']],
      body: JSON.stringify({ ...event, build_name }),
    });
    expect(decodeRequest(render(of(longest), template))).toHaveProperty('input');
    expect(decodeRequest(render(of(`${longest}a`), template))).toEqual(requestFor(arn, 'ignored'));
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

  const statuses = ['pending', 'running'];
  const everything = requestTemplate(wanted(statuses));
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
    ['passes any runner', '#if(!$runner.matches("[0-9]{1,20}"))#set($runner = "")#end', ''],
    ['passes project ids of any length', '$project.matches("[0-9]{1,20}")', '$project.matches("[0-9]+")'],
  ])('would catch a template that %s', (_what, part, changed) => {
    expect(everything).toContain(part);
    const mutant = everything.replace(part, () => changed);
    expect(fc.check(keepsItsPromise(mutant, statuses), { numRuns: 3000 }).failed).toBe(true);
  });
});
