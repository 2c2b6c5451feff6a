import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jobEvent } from '../../../rehearsal/gitlab/job-events.ts';
import { deliver, gitlabJson } from '../../../rehearsal/gitlab/webhook-delivery.ts';

const event = jobEvent({ status: 'pending', jobId: 7 });
const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

interface Received {
  readonly method: string;
  readonly names: readonly string[];
  readonly values: Readonly<Record<string, string>>;
  readonly body: string;
}

async function receiver(answer: (response: ServerResponse) => void = (response) => response.end()) {
  const received: Received[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const names = request.rawHeaders.filter((_, at) => at % 2 === 0);
      const values = Object.fromEntries(names.map((name, at) => [name, request.rawHeaders[at * 2 + 1] ?? '']));
      received.push({ method: request.method ?? '', names, values, body: Buffer.concat(chunks).toString('utf8') });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

describe('a delivery', () => {
  it("has GitLab's headers, spelled as Ruby puts them on the wire", async () => {
    const { url, received } = await receiver();
    await deliver(url, event, { token: 'secret' });
    const { method, names, values, body } = received[0]!;
    expect(method).toBe('POST');
    expect(names).toEqual([
      'Content-Type',
      'User-Agent',
      'Idempotency-Key',
      'X-Gitlab-Event',
      'X-Gitlab-Webhook-Uuid',
      'X-Gitlab-Instance',
      'X-Gitlab-Token',
      'X-Gitlab-Event-Uuid',
      'Accept-Encoding',
      'Accept',
      'Connection',
      'Content-Length',
      'Host',
    ]);
    expect(values).toMatchObject({
      'Content-Type': 'application/json',
      'X-Gitlab-Event': 'Job Hook',
      'X-Gitlab-Token': 'secret',
      'User-Agent': expect.stringMatching(/^GitLab\/\d/) as string,
    });
    expect(JSON.parse(body)).toEqual(event);
  });

  it('writes JSON as Rails does, so that no text ends a script element', () => {
    const text = gitlabJson({ text: '<a>&"\u2028\u2029é' });
    expect(text).toBe('{"text":"\\u003ca\\u003e\\u0026\\"\\u2028\\u2029é"}');
    expect(JSON.parse(text)).toEqual({ text: '<a>&"\u2028\u2029é' });
  });

  it('has no token header without a token, and no line breaks in one', async () => {
    const { url, received } = await receiver();
    await deliver(url, event);
    await deliver(url, event, { token: '' });
    await deliver(url, event, { token: 'a\r\nb\n' });
    expect(received.map(({ values }) => values['X-Gitlab-Token'])).toEqual([undefined, undefined, 'ab']);
  });

  it('writes a token beyond ASCII as the bytes of UTF-8', async () => {
    const { url, received } = await receiver();
    await deliver(url, event, { token: 'é漢' });
    expect(Buffer.from(received[0]?.values['X-Gitlab-Token'] ?? '', 'latin1').toString('utf8')).toBe('é漢');
  });

  it('draws a new idempotency key, but resends under the old one', async () => {
    const { url, received } = await receiver();
    const first = await deliver(url, event);
    await deliver(url, event);
    await deliver(url, event, { idempotencyKey: first.idempotencyKey });
    const [one, two, three] = received.map(({ values }) => values['Idempotency-Key']);
    expect(one).toBe(first.idempotencyKey);
    expect(two).not.toBe(one);
    expect(three).toBe(one);
  });

  it("sends custom headers, which cannot replace GitLab's own", async () => {
    const { url, received } = await receiver();
    await deliver(url, event, { token: 't', customHeaders: { 'X-Api-Key': 'key', 'X-Gitlab-Token': 'other' } });
    expect(received[0]?.values).toMatchObject({ 'X-Api-Key': 'key', 'X-Gitlab-Token': 't' });
  });

  it.each([
    [200, true],
    [204, true],
    [302, true],
    [400, false],
    [403, false],
    [503, false],
  ])('counts an answer of %i as delivered: %j', async (status, ok) => {
    const { url } = await receiver((response) => response.writeHead(status).end(status === 204 ? undefined : 'said'));
    expect(await deliver(url, event)).toMatchObject({ ok, status, body: status === 204 ? '' : 'said' });
  });

  it('gives up after the timeout, without a second try', async () => {
    const { url, received } = await receiver(() => undefined);
    const delivery = await deliver(url, event, { timeoutMilliseconds: 50 });
    expect(delivery).toMatchObject({
      ok: false,
      status: 'internal error',
      error: expect.stringMatching(/timeout|aborted/) as string,
    });
    expect(received).toHaveLength(1);
  });

  it('reports what no connection, no answer and an impossible token are, instead of throwing', async () => {
    const broken = await receiver((response) => response.destroy());
    for (const delivery of [
      deliver('http://127.0.0.1:1/', event),
      deliver(broken.url, event),
      deliver(broken.url, event, { token: 'a\u0000b' }),
    ]) {
      expect(await delivery).toMatchObject({
        ok: false,
        status: 'internal error',
        error: expect.any(String) as string,
      });
    }
  });
});
