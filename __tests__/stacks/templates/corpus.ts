import { jobEvent } from '../../../rehearsal/gitlab/job-events.ts';
import type { Parameters } from '../../../rehearsal/api-gateway/mapping-template.ts';
import type { Filters } from './wanted.ts';

/** What the machine is to read; all strings. */
export interface ExecutionInput {
  readonly status: string;
  readonly token: string;
  readonly job: string;
  readonly project: string;
  readonly runner: string;
}

/** One webhook call, as the gateway hands it to the request template, and what has to become of it. */
export interface Call {
  readonly body: string;
  readonly headers: Parameters;
}
export interface RequestCase extends Call {
  readonly title: string;
  readonly becomes: ExecutionInput | 'ignored' | 'malformed';
}

/** The statuses that the corpus' template wants. */
export const wantedStatuses = ['created', 'pending'] as const;
/** The ones that the demand strategy's template wants. */
export const demandStatuses = ['pending', 'running', 'success', 'failed', 'canceled'] as const;

const token = 'correct horse battery staple';
const withToken: Parameters = [['X-Gitlab-Token', token]];
const pending = { object_kind: 'build', build_status: 'pending', build_id: 1977, project_id: 380 };
const started: ExecutionInput = { status: 'pending', token, job: '1977', project: '380', runner: '' };

const starts = (title: string, call: Partial<Call>, difference: Partial<ExecutionInput> = {}): RequestCase => ({
  title,
  body: JSON.stringify(pending),
  headers: withToken,
  ...call,
  becomes: { ...started, ...difference },
});
const ignores = (title: string, call: Partial<Call>): RequestCase => ({
  title,
  body: JSON.stringify(pending),
  headers: withToken,
  ...call,
  becomes: 'ignored',
});

/** The body with one member replaced by raw JSON text. */
const bodyWith = (member: string, text: string): string =>
  JSON.stringify({ ...pending, [member]: '\u0000' }).replace('"\\u0000"', () => text);
const sent = (value: string, name = 'X-Gitlab-Token'): Parameters => [[name, value]];

const fromGitlab = (['created', 'pending'] as const).map((status) =>
  starts(
    `GitLab's own event of a ${status} job`,
    { body: JSON.stringify(jobEvent({ status, jobId: 3580121225, projectId: 31537070 })) },
    { status, job: '3580121225', project: '31537070' },
  ),
);
const notWanted = (['running', 'success', 'failed', 'canceled'] as const).map((status) =>
  ignores(`GitLab's own event of a ${status} job`, { body: JSON.stringify(jobEvent({ status, jobId: 1 })) }),
);

const hostileTexts: Readonly<Record<string, string>> = {
  'a quote': 'a"b',
  'a closing quote and a member of its own': '", "admin": "true',
  'an apostrophe': "it's",
  'an escaped apostrophe': "\\'",
  'two backslashes and an apostrophe': "\\\\'",
  'a backslash at the end': 'a\\',
  'a JSON escape': '\\u0022',
  'a slash': '</script>',
  'a Terraform reference': '${var.gitlab_secret_token}',
  'a Terraform directive': '%{ if true }x%{ endif }',
  'a VTL assignment': '#set($token = "x")#end #stop',
  'a VTL reference': '$input.body $!stageVariables.arn ${context.requestId} $util.urlEncode("x")',
  'a VTL comment': '## not a comment #* nor this *#',
  'a replacement group': '$1 $0 \\1 $$',
  'an intrinsic function': "States.Format('{}', $.token)",
  'a JSONata expression': '{% $states.input %}',
  'letters beyond ASCII': 'Ünïcödé ß 漢字',
  'an emoji': '😀',
  'a lone high surrogate': 'a\ud83db',
  'a lone low surrogate': '\ude00',
  'line and paragraph separators': 'a\u2028b\u2029c\u0085d',
  'NUL and other control characters': '\u0000\u0001\b\t\n\f\r\u001f',
  'DEL and the controls above it': '\u007f\u0080\u009f\u00a0',
  'a byte order mark and a non-character': '\ufeff\uffff',
  blanks: '  \t ',
  'the JSON text of this very request': JSON.stringify({ input: JSON.stringify(started) }),
};

const hostileTokens = Object.entries(hostileTexts).map(([what, text]) =>
  starts(`a token with ${what}`, { headers: sent(text) }, { token: text }),
);
/** The same texts where only known words may stand: none of them is `build` or a wanted status, or an id. */
const hostileMembers = Object.entries(hostileTexts).flatMap(([what, text]) => [
  ignores(`an object_kind with ${what}`, { body: bodyWith('object_kind', JSON.stringify(text)) }),
  ignores(`a build_status with ${what}`, { body: bodyWith('build_status', JSON.stringify(text)) }),
  starts(`a build_id with ${what}`, { body: bodyWith('build_id', JSON.stringify(text)) }, { job: '' }),
  starts(`a project_id with ${what}`, { body: bodyWith('project_id', JSON.stringify(text)) }, { project: '' }),
  starts(`a job name with ${what}`, { body: JSON.stringify({ build_name: text, ...pending }) }),
]);

/** JSON values of every type, none of which is the string that is wanted. */
const strangeValues = {
  'a number': '1',
  true: 'true',
  null: 'null',
  'an empty string': '""',
  'an array': '[]',
  'an array with the word': '["build"]',
  'an array with the status': '["pending"]',
  'an array of two': '["pending","pending"]',
  'an object': '{}',
  'an object with the word': '{"build":"build"}',
  'an object that prints like the word in JavaScript': '{"toString":"build","valueOf":"pending"}',
  'a nested quote': '"\\"build\\""',
  'another case': '"BUILD"',
  'a blank around the word': '" build"',
  'a line break after the status': '"pending\\n"',
  'a longer status': '"pending_approval"',
  '70 kB': JSON.stringify('pending'.repeat(10_000)),
} as const;
const strangeTypes = Object.entries(strangeValues).flatMap(([what, text]) => [
  ignores(`an object_kind that is ${what}`, { body: bodyWith('object_kind', text) }),
  ignores(`a build_status that is ${what}`, { body: bodyWith('build_status', text) }),
]);

/** JSON texts of ids, and the digits that may reach the machine. */
const ids: Readonly<Record<string, string>> = {
  '0': '0',
  '-0': '0',
  '2147483648': '2147483648',
  '9007199254740993': '9007199254740993',
  '9223372036854775807': '9223372036854775807',
  '12345678901234567890': '12345678901234567890',
  '123456789012345678901': '',
  '"1977"': '1977',
  '"007"': '007',
  '"٣"': '',
  '"1977\\n"': '',
  '""': '',
  '-1': '',
  '1.0': '',
  '1.5': '',
  '1e3': '',
  '1E+2': '',
  '1e400': '',
  '-1e400': '',
  '1e-400': '',
  '0.0000001': '',
  '1.00000000000000000000': '',
  // From 19 characters on json-smart makes a BigDecimal, and this one prints as a whole number.
  '12345678901234567.0e1': '123456789012345670',
  true: '',
  null: '',
  '[5]': '',
  '["5"]': '',
  '{"id":5}': '',
  [`"${'7'.repeat(70_000)}"`]: '',
  ['7'.repeat(400)]: '',
};
const strangeIds = Object.entries(ids).flatMap(([text, digits]) => {
  const short = text.length > 30 ? `${text.slice(0, 10)}… (${text.length} characters)` : text;
  return [
    starts(`a build_id of ${short}`, { body: bodyWith('build_id', text) }, { job: digits }),
    starts(`a project_id of ${short}`, { body: bodyWith('project_id', text) }, { project: digits }),
  ];
});

const headerCases: readonly RequestCase[] = [
  starts('the header in lower case, as HTTP/2 clients send it', { headers: sent(token, 'x-gitlab-token') }),
  starts('the header in upper case', { headers: sent(token, 'X-GITLAB-TOKEN') }),
  starts('the header in mixed case', { headers: sent(token, 'x-GitLab-tOKEN') }),
  starts('the header among others', {
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Gitlab-Token-Old', 'other'],
      ...withToken,
      ['X-Gitlab-Event', 'Job Hook'],
      ['Idempotency-Key', 'f5e57004-1d5e-4cd6-a6a4-4b8c6a8b5a0b'],
    ],
  }),
  starts('the header twice: the last one counts', {
    headers: [
      ['X-Gitlab-Token', 'first'],
      ['X-Gitlab-Token', token],
    ],
  }),
  starts('the header in two spellings: the last one counts', {
    headers: [
      ['X-Gitlab-Token', 'first'],
      ['x-gitlab-token', token],
    ],
  }),
  ignores('the header in two spellings, the last one empty', { headers: [...withToken, ['x-gitlab-token', '']] }),
  starts('a header named like a property of every object', {
    headers: [['__proto__', 'x'], ['constructor', 'y'], ...withToken, ['toString', 'z'], ['hasOwnProperty', '']],
  }),
  starts('nine hundred other headers', {
    headers: [...Array.from({ length: 900 }, (_, n) => [`X-Filler-${n}`, 'x'] as const), ...withToken],
  }),
  ignores('no header at all', { headers: [] }),
  ignores('no token', { headers: [['X-Gitlab-Event', 'Job Hook']] }),
  ignores('an empty token', { headers: sent('') }),
  ignores('a header whose name only contains the right one', { headers: sent(token, 'X-Gitlab-Token2') }),
  ignores('a token in the body', { headers: [], body: JSON.stringify({ 'X-Gitlab-Token': token, ...pending }) }),
  starts('a token of 255 characters', { headers: sent('x'.repeat(255)) }, { token: 'x'.repeat(255) }),
  ignores('a token of 256 characters', { headers: sent('x'.repeat(256)) }),
  ignores('a token of 256 line breaks', { headers: sent('\n'.repeat(256)) }),
  ignores('a token of 70 kB', { headers: sent('x'.repeat(70_000)) }),
  starts('a token of 127 emoji, 254 UTF-16 units', { headers: sent('😀'.repeat(127)) }, { token: '😀'.repeat(127) }),
  ignores('a token of 128 emoji, 256 UTF-16 units', { headers: sent('😀'.repeat(128)) }),
];

const shapes: readonly RequestCase[] = [
  ignores('an empty body', { body: '' }),
  ignores('a blank body', { body: ' \n ' }),
  ignores('an empty object', { body: '{}' }),
  ignores('an empty array', { body: '[]' }),
  ignores('the event in an array', { body: JSON.stringify([pending]) }),
  ignores('the event in an object', { body: JSON.stringify({ event: pending }) }),
  ignores('the event as a JSON string', { body: JSON.stringify(JSON.stringify(pending)) }),
  ...['null', 'true', '0', '1e400', '"build"'].map((body) => ignores(`a body that is ${body}`, { body })),
  ignores('a form', { body: 'object_kind=build&build_status=pending' }),
  ignores('text', { body: 'pending' }),
  ignores('markup', { body: '<build status="pending"/>' }),
  ignores('a push event', { body: JSON.stringify({ ...pending, object_kind: 'push' }) }),
  ignores('a pipeline event', { body: JSON.stringify({ ...pending, object_kind: 'pipeline' }) }),
  ignores('an event without a kind', { body: JSON.stringify({ ...pending, object_kind: undefined }) }),
  ignores('an event without a status', { body: JSON.stringify({ ...pending, build_status: undefined }) }),
  starts(
    'an event without ids',
    { body: '{"object_kind":"build","build_status":"created"}' },
    { status: 'created', job: '', project: '' },
  ),
  starts('a member named like a property of every object', {
    body: `{"__proto__":{"object_kind":"push"},"constructor":null,"toString":1,${JSON.stringify(pending).slice(1)}`,
  }),
  starts('a member twice: the last one counts', {
    body: `{"build_status":"failed",${JSON.stringify(pending).slice(1)}`,
  }),
  ignores('a member twice, the last one not wanted', {
    body: `${JSON.stringify(pending).slice(0, -1)},"build_status":"failed"}`,
  }),
  starts('member names written with escapes', { body: JSON.stringify(pending).replace('build_id', 'b\\u0075ild_id') }),
  starts('blanks and line breaks between everything', { body: `\n ${JSON.stringify(pending, null, '\t')}\r\n` }),
  starts('a body of 200 kB', { body: JSON.stringify({ build_name: '"\\/é'.repeat(40_000), ...pending }) }),
  starts('a nesting of 300 levels', {
    body: `{"deep":${'['.repeat(300)}${']'.repeat(300)},${JSON.stringify(pending).slice(1)}`,
  }),
  ...['[a', '{a', '[', '{', '{"object_kind":"build"', '["a"'].map((body): RequestCase => ({
    title: `a body that breaks off: ${body}`,
    body,
    headers: withToken,
    becomes: 'malformed',
  })),
];

/** The calls that every renderer of the request template has to agree on. */
export const requestCorpus: readonly RequestCase[] = [
  ...fromGitlab,
  ...notWanted,
  ...headerCases,
  ...hostileTokens,
  ...hostileMembers,
  ...strangeTypes,
  ...strangeIds,
  ...shapes,
];

const taken = jobEvent({ status: 'running', jobId: 1977 });
const running = (runner: unknown): string => JSON.stringify({ ...taken, runner });
const runs = (title: string, runner: unknown, digits: string): RequestCase =>
  starts(`a running job of ${title}`, { body: running(runner) }, { status: 'running', runner: digits });

/** Calls of a template that wants `demandStatuses`. */
export const demandCorpus: readonly RequestCase[] = [
  ...(['pending', 'success', 'failed', 'canceled'] as const).map((status) =>
    starts(
      `GitLab's own event of a ${status} job`,
      { body: JSON.stringify(jobEvent({ status, jobId: 1977 })) },
      { status },
    ),
  ),
  starts(
    "GitLab's own event of a running job",
    { body: JSON.stringify(taken) },
    { status: 'running', runner: '380987' },
  ),
  ignores("GitLab's own event of a created job", {
    body: JSON.stringify(jobEvent({ status: 'created', jobId: 1977 })),
  }),
  starts(
    'a running job of a runner with an id of 20 digits',
    { body: running({ id: 'x' }).replace('{"id":"x"}', '{"id":12345678901234567890}') },
    { status: 'running', runner: '12345678901234567890' },
  ),
  runs('a runner with digits as text', { id: '7' }, '7'),
  ...[null, undefined, {}, [], [{ id: 5 }], 'id', 5, true, { id: null }, { id: [5] }, { id: -5 }, { id: 1.5 }].map(
    (runner) => runs(`the runner ${JSON.stringify(runner)}`, runner, ''),
  ),
  ...Object.entries(hostileTexts).map(([what, text]) => runs(`a runner whose id has ${what}`, { id: text }, '')),
];

/** One event before a filter. */
export interface FilterCase extends Call {
  readonly title: string;
  readonly filters: Filters;
  readonly becomes: ExecutionInput | 'ignored';
}

const filtered = (filters: Filters, event: object, passes: boolean, project = '380'): FilterCase => ({
  title: `${JSON.stringify(filters)}: ${passes ? 'starts' : 'ignores'} ${JSON.stringify(event).slice(0, 100)}`,
  filters,
  body: JSON.stringify({ ...pending, ...event }),
  headers: withToken,
  becomes: passes ? { ...started, project } : 'ignored',
});
const named = (
  jobNamePattern: string,
  passing: readonly unknown[],
  others: readonly unknown[],
): readonly FilterCase[] => [
  ...passing.map((build_name) => filtered({ jobNamePattern }, { build_name }, true)),
  ...others.map((build_name) => filtered({ jobNamePattern }, { build_name }, false)),
];
const [here, others] = [{ projectIds: [380] }, { projectIds: [38, 3800, 81] }];

/** Events before the two filters, with what has to become of each. */
export const filterCorpus: readonly FilterCase[] = [
  filtered(here, {}, true),
  filtered(here, { project_id: '380' }, true),
  filtered(here, { project_id: 381 }, false, '381'),
  ...[38, 3800, '0380', '380\n', -380, 380.5, null, [380], { id: 380 }].map((project_id) =>
    filtered(here, { project_id }, false),
  ),
  filtered(others, {}, false),
  filtered({ projectIds: [1, '9007199254740991'] }, { project_id: 9007199254740991 }, true, '9007199254740991'),
  filtered({ projectIds: [380], jobNamePattern: 'deploy.*' }, { build_name: 'deploy 1' }, true),
  filtered({ projectIds: [380], jobNamePattern: 'deploy.*' }, { build_name: 'build' }, false),
  filtered({ projectIds: [381], jobNamePattern: 'deploy.*' }, { build_name: 'deploy 1' }, false),
  ...named('unit tests', ['unit tests'], ['unit', 'unit tests 2', ' unit tests', 'Unit tests', 'unit tests\n', '']),
  ...named('^unit tests$', ['unit tests'], ['unit tests\n', 'my unit tests']),
  ...named('build|deploy', ['build', 'deploy'], ['builds', 'rebuild', 'build|deploy']),
  ...named(
    'build .*',
    ['build ', 'build "x"', 'build 漢字 😀', "build 'y' \\ #set($a = 1) ${b}"],
    ['build', 'build a\nb', 'build \u2028'],
  ),
  ...named('test \\d+/\\d+', ['test 1/12'], ['test 1-12', 'test ٣/٤', 'test /']),
  ...named('rspec: \\[\\w+, \\$x\\]', ['rspec: [ruby, $x]'], ['rspec: [ruby, x]', 'rspec: ruby, $x']),
  ...named('it\\x27s', ["it's"], ['its', 'it"s', 'it\\x27s']),
  ...named('say "#hi" ## #end', ['say "#hi" ## #end'], ['say hi']),
  ...named('$input.body', [], ['$input.body', '{}']),
  ...named('\\$input\\.body#stop', ['$input.body#stop'], ['']),
  ...named('c:\\\\dir\\\\', ['c:\\dir\\'], ['c:dir', 'c:\\dir\\\\']),
  ...named('größe 漢字 😀?', ['größe 漢字 😀', 'größe 漢字 '], ['grösse 漢字 ', 'größe 漢字 \ud83d']),
  ...named('.', ['😀', "'", '"', '\\', '\u0000', '\ud83d'], ['', 'ab', '\n', '\r', '\u0085', '\u2028', '\u2029']),
  ...named('[^a]', ['\n', '\u2028', '😀'], ['a', '', '\r\n']),
  ...named('\\s', [' ', '\t', '\u000b'], ['\u00a0', '\u2003', '\ufeff']),
  ...named(
    '.*',
    ['', undefined, null, 'x'.repeat(510), '😀'.repeat(255), 5, true],
    ['x'.repeat(511), 'x'.repeat(100_000)],
  ),
  ...named('5|true|\\["a"\\]', [5, '5', true, ['a']], [false, null, undefined, 5.5]),
  ...named('(a|a)*b', [`${'a'.repeat(20)}b`], ['c'.repeat(510)]),
];

/**
 * Bodies that json-smart, API Gateway's parser, reads in its own way: it forgives what is not JSON, and drops a DEL. Our
 * own parser does neither, so here the renderers need not agree; each has to be safe.
 */
export const forgivenBodies: readonly string[] = [
  "{'object_kind': 'build', 'build_status': 'pending'}",
  '{object_kind: build, build_status: pending, build_id: 7}',
  '{"object_kind": "build", "build_status": "pending",}',
  '{"object_kind": "build", "build_status": "pending", "build_id": 007}',
  '{"object_kind": "build", "build_status": "pending", "build_id": +7}',
  '{"object_kind": "build", "build_status": "pending", "build_id": NaN}',
  '{"object_kind": "build", "build_status": "pending", "build_name": "raw\ttab"}',
  `{"object_kind": "build", "build_status": "pen\u007fding", "build_id": "19\u007f77"}`,
  '[,]',
];

/** One answer of StartExecution, and what GitLab is told. */
export interface ResponseCase {
  readonly title: string;
  readonly body: string;
  readonly becomes: 'started' | 'ignored' | 'refused' | 'malformed';
}

const arn = 'arn:aws:states:eu-north-1:111122223333:execution:glab-runner-dev:6d1f';
const typed = (type: string): string =>
  JSON.stringify({ __type: type, message: `Marker: ${arn} is what the backend says "about" it` });

export const responseCorpus: readonly ResponseCase[] = [
  {
    title: 'an execution',
    body: JSON.stringify({ executionArn: arn, startDate: 1.767600930886e9 }),
    becomes: 'started',
  },
  { title: 'InvalidName', body: typed('InvalidName'), becomes: 'ignored' },
  {
    title: 'InvalidName of a model',
    body: typed('com.amazonaws.swf.service.v2.model#InvalidName'),
    becomes: 'ignored',
  },
  ...[
    'NotInvalidName',
    'InvalidNameException',
    'com.amazonaws.swf.service.v2.model#NotInvalidName',
    'a#b#InvalidName',
    'InvalidName\n',
    'x\nInvalidName',
    '#',
    '',
    'ThrottlingException',
    'com.amazonaws.swf.service.v2.model#ExecutionLimitExceeded',
    'com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist',
    'StateMachineDeleting',
    'InvalidArn',
    'com.amazon.coral.service#AccessDeniedException',
    'com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists',
    'com.amazonaws.swf.service.v2.model#InvalidExecutionInput',
    'com.amazon.coral.service#SerializationException',
    'InternalFailure',
    '", "started": true, "x": "',
  ].map((type): ResponseCase => ({
    title: `the error ${JSON.stringify(type)}`,
    body: typed(type),
    becomes: 'refused',
  })),
  ...[
    '{"__type":["InvalidName"]}',
    '{"__type":{"a":"InvalidName"}}',
    '{"__type":null}',
    '{"executionArn":""}',
    '{"executionArn":null}',
    '{}',
    '[]',
    'null',
    '"InvalidName"',
    '',
    'Service Unavailable',
    '<html><body>503</body></html>',
  ].map((body): ResponseCase => ({ title: `the answer ${body || '(nothing)'}`, body, becomes: 'refused' })),
  { title: 'an answer that breaks off', body: '{"executionArn":"arn:aws:', becomes: 'malformed' },
];
