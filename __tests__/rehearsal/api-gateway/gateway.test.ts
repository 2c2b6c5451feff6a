import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ApiGateway,
  type ApiGatewayOptions,
  type Exchange,
  startApiGateway,
} from '../../../rehearsal/api-gateway/gateway.ts';
import { jobEvent } from '../../../rehearsal/gitlab/job-events.ts';
import { deliver } from '../../../rehearsal/gitlab/webhook-delivery.ts';
import { requestTemplate, responseTemplate } from '../../../stacks/templates/mapping-templates.ts';
import { wanted } from '../../stacks/templates/wanted.ts';

interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** StartExecution as far as a gateway sees it: refuses an illegal name, starts everything else. */
const startExecution = (body: string): { status: number; body: string } => {
  const { name, stateMachineArn } = JSON.parse(body) as { name?: string; stateMachineArn: string };
  return name === undefined
    ? { status: 200, body: JSON.stringify({ executionArn: `${stateMachineArn}:1`, startDate: 1.7e9 }) }
    : {
        status: 400,
        body: JSON.stringify({ __type: 'com.amazonaws.swf.service.v2.model#InvalidName', message: name }),
      };
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function stubOf(answer: (body: string) => { status: number; body: string } | undefined) {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      received.push({ headers: request.headers, body });
      const result = answer(body);
      if (result) response.writeHead(result.status, { 'Content-Type': 'application/x-amz-json-1.0' }).end(result.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received };
}

/** The webhook's method as the stack sets it up, over a stub of StartExecution. */
async function webhook(
  change: Partial<ApiGatewayOptions> = {},
  answer: (body: string) => { status: number; body: string } | undefined = startExecution,
): Promise<ApiGateway & { readonly received: readonly Received[]; readonly exchanges: readonly Exchange[] }> {
  const { url, received } = await stubOf(answer);
  const exchanges: Exchange[] = [];
  const gateway = await startApiGateway({
    stage: 'dev',
    path: 'webhook',
    httpMethod: 'POST',
    apiKeyRequired: false,
    requestTemplates: { 'application/json': requestTemplate(wanted(['created', 'pending'])) },
    passthroughBehavior: 'NEVER',
    integrationResponses: [{ statusCode: '200', responseTemplates: { 'application/json': responseTemplate() } }],
    stageVariables: { arn: 'arn:aws:states:eu-north-1:111122223333:stateMachine:dev' },
    integration: { service: 'states', action: 'StartExecution', url },
    onExchange: (exchange) => exchanges.push(exchange),
    ...change,
  });
  closing.push(() => gateway.close());
  return { ...gateway, received, exchanges };
}

const event = jobEvent({ status: 'pending', jobId: 7 });
const post = (url: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
const answerOf = async (response: Response) => ({ status: response.status, body: await response.json() });
const token = { 'X-Gitlab-Token': 'secret of the hook' };

describe('the gateway', () => {
  it("hands GitLab's event to StartExecution, in its protocol, and answers without the ARN", async () => {
    const { url, received, exchanges } = await webhook();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dev\/webhook$/);
    const delivery = await deliver(url, event, { token: 'secret of the hook' });
    expect(delivery).toMatchObject({ ok: true, status: 200, body: '{"started": true}\n' });
    expect(received).toHaveLength(1);
    expect(received[0]?.headers).toMatchObject({
      'x-amz-target': 'AWSStepFunctions.StartExecution',
      'content-type': 'application/x-amz-json-1.0',
    });
    const { input } = JSON.parse(received[0]?.body ?? '') as { input: string };
    expect(JSON.parse(input)).toEqual({
      status: 'pending',
      token: 'secret of the hook',
      job: '7',
      project: '380',
      runner: '',
    });
    expect(exchanges).toMatchObject([
      { rendered: received[0]?.body, backend: { status: 200 }, answer: { status: 200 } },
    ]);
    expect(exchanges[0]?.request.headers.map(([name]) => name)).toContain('X-Gitlab-Event-Uuid');
  });

  it('answers 200 for an event that is to be ignored, though the backend refused it', async () => {
    const { url, exchanges } = await webhook();
    const delivery = await deliver(url, jobEvent({ status: 'running', jobId: 7 }), { token: 'x' });
    expect(delivery).toMatchObject({ status: 200, body: '{"ignored": true}\n' });
    expect(exchanges).toMatchObject([{ backend: { status: 400 } }]);
  });

  it('passes on any token that HTTP can carry', async () => {
    const { url, received } = await webhook();
    const sent = `a"b\\c'd/e$input#set(\${x}%{y}<>&\u00e9`;
    await deliver(url, event, { token: sent });
    const { input } = JSON.parse(received[0]?.body ?? '') as { input: string };
    // A header's bytes are Latin-1 text to the gateway, as they are to node:http.
    expect(JSON.parse(input)).toHaveProperty('token', Buffer.from(sent, 'utf8').toString('latin1'));
  });

  it('finds the token by any spelling, and tells two spellings apart', async () => {
    const { url, received, exchanges } = await webhook();
    await new Promise((resolve) => {
      const headers = [
        'host',
        'x',
        'content-type',
        'application/json',
        'X-GITLAB-TOKEN',
        'first',
        'x-gitlab-token',
        'second',
      ];
      httpRequest(url, { method: 'POST', headers }, (response) => response.resume().on('end', resolve)).end(
        JSON.stringify(event),
      );
    });
    expect(exchanges[0]?.request.headers).toEqual(
      expect.arrayContaining([
        ['X-GITLAB-TOKEN', 'first'],
        ['x-gitlab-token', 'second'],
      ]),
    );
    const { input } = JSON.parse(received[0]?.body ?? '') as { input: string };
    expect(JSON.parse(input)).toHaveProperty('token', 'second');
  });

  it.each([
    ['another path', 'POST', '/dev/other'],
    ['another stage', 'POST', '/prod/webhook'],
    ['a path below', 'POST', '/dev/webhook/x'],
    ['another method', 'GET', '/dev/webhook'],
  ])('knows no method at %s', async (_what, method, path) => {
    const { url, received } = await webhook();
    const response = await fetch(new URL(path, url), { method });
    expect(await answerOf(response)).toEqual({ status: 403, body: { message: 'Missing Authentication Token' } });
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    expect(received).toHaveLength(0);
  });

  it.each([
    ['two slashes', 'GET', '//'],
    ['two slashes before the path', 'POST', '//dev/webhook'],
    ['what is no path', 'OPTIONS', '*'],
    ['a broken absolute URL', 'GET', 'http://['],
  ])('knows no method at %s, and goes on', async (_what, method, path) => {
    const { url } = await webhook();
    const { hostname, port } = new URL(url);
    const seen = await new Promise((resolve, reject) => {
      httpRequest({ hostname, port, method, path }, (response) => {
        response.setEncoding('utf8').on('data', (body: string) => resolve([response.statusCode, JSON.parse(body)]));
      })
        .on('error', reject)
        .end();
    });
    expect(seen).toEqual([403, { message: 'Missing Authentication Token' }]);
    expect((await post(url, JSON.stringify(event), token)).status).toBe(200);
  });

  it('closes the connection of a call whose answer HTTP cannot carry', async () => {
    const { url } = await webhook({ integrationResponses: [{ statusCode: '99' }] });
    await expect(post(url, JSON.stringify(event), token)).rejects.toThrow('fetch failed');
  });

  it('leaves the query string to the template, which takes no token from it', async () => {
    const { url } = await webhook();
    const response = await post(`${url}?X-Gitlab-Token=secret`, JSON.stringify(event));
    expect(await answerOf(response)).toEqual({ status: 200, body: { ignored: true } });
  });

  it.each([
    ['no content type', undefined, 200],
    ['parameters', 'application/json; charset=utf-8', 200],
    ['a form', 'application/x-www-form-urlencoded', 415],
    ['text', 'text/plain', 415],
    ['a type named like a property of every object', '__proto__', 415],
  ])('takes the content type into account: %s', async (_what, type, status) => {
    const { url, received } = await webhook();
    const body = Buffer.from(JSON.stringify(event));
    const seen = await new Promise((resolve) => {
      const headers = { ...token, ...(type === undefined ? {} : { 'content-type': type }) };
      httpRequest(url, { method: 'POST', headers }, (response) =>
        response.resume().on('end', () => resolve(response.statusCode)),
      ).end(body);
    });
    expect(seen).toBe(status);
    expect(received).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    ['WHEN_NO_MATCH', { 'application/json': 'x' }, 'as it came'],
    ['WHEN_NO_TEMPLATES', {}, 'as it came'],
    ['WHEN_NO_TEMPLATES', { 'application/json': 'x' }, undefined],
    ['NEVER', {}, undefined],
    ['NEVER', { $default: 'by default' }, 'by default'],
  ] as const)(
    'with %s and templates %j sends text/plain on as %j',
    async (passthroughBehavior, requestTemplates, sent) => {
      const { url, received } = await webhook({ passthroughBehavior, requestTemplates }, () => ({
        status: 200,
        body: '{}',
      }));
      const response = await post(url, 'as it came', { 'Content-Type': 'text/plain' });
      expect(received.map(({ body }) => body)).toEqual(sent === undefined ? [] : [sent]);
      expect(response.status === 415).toBe(sent === undefined);
    },
  );

  it('refuses a body that begins like JSON and is none before anything else is called', async () => {
    const { url, received, exchanges } = await webhook();
    const response = await post(url, '[a', token);
    expect(await answerOf(response)).toEqual({ status: 400, body: { message: 'Could not process payload' } });
    expect(received).toHaveLength(0);
    expect(exchanges[0]?.cause).toBeInstanceOf(Error);
  });

  it.each(['a=b', '', 'null', '[]', '1e400'])(
    'passes the body %j on to the template, which ignores it',
    async (body) => {
      const { url } = await webhook();
      expect(await answerOf(await post(url, body, token))).toEqual({ status: 200, body: { ignored: true } });
    },
  );

  it('takes 10 MB and no byte more', async () => {
    const { url, received } = await webhook();
    const limit = 10 * 1024 * 1024;
    expect((await post(url, '{}'.padEnd(limit), token)).status).toBe(200);
    expect((await post(url, '{}'.padEnd(limit + 1), token)).status).toBe(413);
    expect(received).toHaveLength(1);
  });

  it('asks for an API key of the usage plan before it does anything', async () => {
    const { url, received } = await webhook({ apiKeyRequired: true, apiKeys: ['right'] });
    const body = JSON.stringify(event);
    for (const headers of [{}, { 'X-Api-Key': '' }, { 'X-Api-Key': 'wrong' }]) {
      const response = await post(url, body, { ...token, ...headers });
      expect(await answerOf(response)).toEqual({ status: 403, body: { message: 'Forbidden' } });
    }
    expect(received).toHaveLength(0);
    expect((await post(url, body, { ...token, 'X-Api-Key': 'right' })).status).toBe(200);
  });

  it('throttles by the clock it is given', async () => {
    let now = 0;
    const { url, received } = await webhook({ throttling: { rateLimit: 1, burstLimit: 2 }, now: () => now });
    const statuses = async (calls: number) => {
      const all = [];
      for (let call = 0; call < calls; call += 1) all.push((await post(url, JSON.stringify(event), token)).status);
      return all;
    };
    expect(await statuses(3)).toEqual([200, 200, 429]);
    now = 1000;
    expect(await statuses(2)).toEqual([200, 429]);
    expect(await answerOf(await post(url, '{}'))).toEqual({ status: 429, body: { message: 'Too Many Requests' } });
    expect(received).toHaveLength(3);
  });

  it.each([
    [['127.0.0.0/8'], 200],
    [['127.0.0.1'], 200],
    [['192.0.2.0/24', '127.0.0.1/32'], 200],
    [['192.0.2.0/24', '2001:db8::/32'], 403],
    [['::/0'], 403],
    [[], 403],
  ])('lets callers in from %j: %i', async (allowedCidrs, status) => {
    const { url, received } = await webhook({ allowedCidrs });
    const response = await post(url, JSON.stringify(event), { ...token, 'X-Forwarded-For': '192.0.2.1' });
    expect(response.status).toBe(status);
    expect(received).toHaveLength(status === 200 ? 1 : 0);
  });

  it('matches a selection pattern against the whole backend status, and prefers it to the default', async () => {
    const respond = (text: string) => ({ responseTemplates: { 'application/json': text } });
    const integrationResponses = [
      { statusCode: '200', selectionPattern: null, ...respond('default') },
      { statusCode: '502', selectionPattern: '5\\d{2}', ...respond('five') },
      { statusCode: '409', selectionPattern: '40', ...respond('forty') },
    ];
    for (const [backend, status, text] of [
      [200, 200, 'default'],
      [400, 200, 'default'],
      [503, 502, 'five'],
    ] as const) {
      const { url } = await webhook({ integrationResponses }, () => ({ status: backend, body: '{}' }));
      const response = await post(url, JSON.stringify(event));
      expect([response.status, await response.text()]).toEqual([status, text]);
    }
  });

  it('answers 500 when no integration response matches, and passes the body where there is no template', async () => {
    const none = await webhook({ integrationResponses: [{ statusCode: '200', selectionPattern: '400' }] });
    expect(await answerOf(await post(none.url, JSON.stringify(event), token))).toEqual({
      status: 500,
      body: { message: 'Internal server error' },
    });
    const plain = await webhook({ integrationResponses: [{ statusCode: '202', selectionPattern: '' }] });
    const response = await post(plain.url, JSON.stringify(event), token);
    expect([response.status, await response.text()]).toEqual([202, expect.stringContaining('executionArn')]);
  });

  it('tells GitLab with 503 that the backend refused, whatever it says', async () => {
    for (const body of ['{"__type":"ThrottlingException"}', '<html>arn:aws:secret</html>', '']) {
      const { url } = await webhook({}, () => ({ status: 400, body }));
      const delivery = await deliver(url, event, { token: 'x' });
      expect(delivery).toMatchObject({ ok: false, status: 503 });
      expect(JSON.parse(delivery.body)).toMatchObject({ started: false });
      expect(delivery.body).not.toContain('arn:');
    }
  });

  it('answers 500 for a template that calls what API Gateway does not have, and says why to its log only', async () => {
    const { url, exchanges } = await webhook({ requestTemplates: { 'application/json': '$input.none()' } });
    expect((await answerOf(await post(url, '{}'))).status).toBe(500);
    expect(String(exchanges[0]?.cause)).toContain('none() is not known');
  });

  it('answers 504 when the backend is slow or away', async () => {
    const silent = await stubOf(() => undefined);
    const { url } = await webhook({
      integration: { service: 'states', action: 'StartExecution', url: silent.url, timeoutMilliseconds: 50 },
    });
    expect(await answerOf(await post(url, JSON.stringify(event), token))).toEqual({
      status: 504,
      body: { message: 'Endpoint request timed out' },
    });
    const away = await webhook({
      integration: { service: 'states', action: 'StartExecution', url: 'http://127.0.0.1:1/' },
    });
    expect((await post(away.url, JSON.stringify(event), token)).status).toBe(504);
  });
});
