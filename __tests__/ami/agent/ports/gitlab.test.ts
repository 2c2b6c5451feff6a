import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectGitLab } from '../../../../ami/agent/ports/gitlab.ts';
import type { GitLabDouble } from '../../../../rehearsal/gitlab/server.ts';
import { startGitLab } from '../../../../rehearsal/gitlab/server.ts';

const description = 'glab-runner-test i-me';
const runner = { groupId: 5, tags: ['a', 'b'], description };
let double: GitLabDouble;
beforeEach(async () => {
  double = await startGitLab();
  double.runners.apiTokens.set('glpat-api', ['api']);
  double.runners.apiTokens.set('glpat-create', ['create_runner']);
});
afterEach(() => double.close());
const gitLab = () => connectGitLab({ apiUrl: double.apiUrl, runner });
const done = { kind: 'done' };

describe('GitLab', () => {
  it('accepts a runner, and gives its id', async () => {
    const { id, token } = double.runners.addRunner();
    expect(await gitLab().verify(token, 's_1')).toEqual({ kind: 'brought', value: { id } });
    expect([...double.runners.runners[0]!.managers.keys()]).toEqual(['s_1']);
  });

  it('refuses a runner that it does not know, and the token is in no message', async () => {
    const refused = await gitLab().verify('glrt-marker', 's_1');
    expect(refused).toEqual({ kind: 'refused', why: 'GitLab answered POST runners/verify with 403: 403 Forbidden' });
  });

  it('makes a runner, finds it by its description after a crash, and deletes it', async () => {
    const made = await gitLab().create('glpat-create');
    expect(made).toMatchObject({ kind: 'brought', value: { id: 1 } });
    expect(double.runners.runners[0]).toMatchObject({ groupId: 5, tags: ['a', 'b'], description, runsUntagged: false });
    for (let other = 0; other < 120; other += 1)
      double.runners.addRunner({ groupId: 5, description: `other ${other}` });
    double.runners.addRunner({ groupId: 5, description });
    expect(await gitLab().deleteMade('glpat-api')).toEqual(done);
    expect(double.runners.runners.filter((each) => each.description === description)).toEqual([]);
    expect(double.runners.runners).toHaveLength(120);
  });

  it('need not let a token see runners that may only make them', async () => {
    expect(await gitLab().deleteMade('glpat-create')).toEqual(done);
  });

  it('refuses a token that may not make one, with GitLab’s own words', async () => {
    expect(await gitLab().create('glpat-nobody')).toEqual({
      kind: 'refused',
      why: 'GitLab answered POST user/runners with 401: 401 Unauthorized',
    });
  });

  it('is not asked to make one without a group: the variable is named', async () => {
    const { groupId: _, ...without } = runner;
    const answer = await connectGitLab({ apiUrl: double.apiUrl, runner: without }).create('glpat-api');
    expect(answer).toMatchObject({ kind: 'refused', why: expect.stringContaining('group_id') as string });
    expect(double.asked).toEqual([]);
  });

  it('forgets a manager, or a whole runner; what is gone already is as good', async () => {
    const { token } = double.runners.addRunner();
    await gitLab().verify(token, 's_1');
    expect(await gitLab().deleteManager(token, 's_1')).toEqual(done);
    expect(await gitLab().deleteManager(token, 's_1')).toEqual(done);
    expect(double.runners.runners).toHaveLength(1);
    expect(await gitLab().deleteRunner(token)).toEqual(done);
    expect(await gitLab().deleteRunner(token)).toEqual(done);
    expect(double.runners.runners).toEqual([]);
  });

  it.each([
    ['is down for maintenance', { outage: 503 }],
    ['cannot be reached', { outage: 'cut' }],
    ['has had too many requests', { isRateLimited: true }],
  ] as const)('%s: nobody knows', async (_, switches) => {
    Object.assign(double.switches, switches);
    const { token } = double.runners.addRunner();
    expect(await gitLab().verify(token, 's_1')).toMatchObject({ kind: 'unknown' });
    expect(await gitLab().deleteManager(token, 's_1')).toMatchObject({ kind: 'unknown' });
  });
});

it('keeps the token from wherever GitLab redirects to', async () => {
  const heard: string[] = [];
  const elsewhere = createServer((request, answer) => {
    heard.push(JSON.stringify(request.headers));
    answer.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => elsewhere.once('listening', resolve));
  const { port } = elsewhere.address() as AddressInfo;
  const redirecting = createServer((_, answer) =>
    answer.writeHead(302, { Location: `http://127.0.0.1:${port}/` }).end(),
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => redirecting.once('listening', resolve));
  const apiUrl = `http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/gitlab/api/v4/`;
  expect(await connectGitLab({ apiUrl, runner }).create('glpat-api')).toMatchObject({ kind: 'unknown' });
  expect(heard).toEqual([]);
  elsewhere.close();
  redirecting.close();
});

it('tells of an error without the tokens that GitLab quotes, and shortens it', async () => {
  const server = createServer((_, answer) =>
    answer
      .writeHead(400, { 'Content-Type': 'application/json' })
      .end(JSON.stringify({ message: { token: [`glrt-marker ${'x'.repeat(1000)}`] } })),
  ).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { why } = (await connectGitLab({
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v4/`,
    runner,
  }).verify('glrt-marker', 's')) as { readonly why: string };
  expect(why).not.toContain('marker');
  expect(why.length).toBeLessThan(400);
  server.close();
});

describe('a GitLab with a certificate of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'));
  const file = (name: string): string => join(folder, name);
  beforeAll(() => {
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=test authority',
      '-keyout',
      file('ca.key'),
      '-out',
      file('ca.pem'),
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      file('key'),
      '-out',
      file('csr'),
    );
    openssl(
      'x509',
      '-req',
      '-in',
      file('csr'),
      '-CA',
      file('ca.pem'),
      '-CAkey',
      file('ca.key'),
      '-days',
      '2',
      '-copy_extensions',
      'copy',
      '-out',
      file('crt'),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([
    [true, { kind: 'brought', value: { id: 7 } }],
    [false, { kind: 'unknown' }],
  ])('is trusted when its authority is given (%s), below a path of its own as well', async (isGiven, expected) => {
    const server = createSecureServer(
      { key: readFileSync(file('key')), cert: readFileSync(file('crt')) },
      (request, answer) =>
        answer
          .writeHead(request.url === '/gl/api/v4/runners/verify' ? 200 : 404, { 'Content-Type': 'application/json' })
          .end('{"id": 7}'),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const apiUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/gl/api/v4/`;
    const caCertificate = readFileSync(file('ca.pem'), 'utf8');
    expect(
      await connectGitLab({ apiUrl, runner, ...(isGiven && { caCertificate }) }).verify('glrt-x', 's'),
    ).toMatchObject(expected);
    server.close();
  });
});
