import type { GitLabDouble } from '../../../rehearsal/gitlab/server.ts';
import { startGitLab } from '../../../rehearsal/gitlab/server.ts';

let gitlab: GitLabDouble;
let token: string;
beforeEach(async () => {
  gitlab = await startGitLab();
  ({ token } = gitlab.runners.addRunner({ tags: ['a'] }));
});
afterEach(() => gitlab.close());

const ask = async (method: string, path: string, body: object = {}, headers: Record<string, string> = {}) => {
  const answer = await fetch(new URL(path, gitlab.apiUrl), {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    lastUpdate: answer.headers.get('x-gitlab-last-update'),
    body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
};
const poll = (more: object = {}) => ask('POST', 'jobs/request', { token, system_id: 's_1', ...more });

describe('a poll', () => {
  it('finds nothing, and hears up to where the queue was seen', async () => {
    expect(await poll()).toMatchObject({ status: 204, lastUpdate: expect.any(String) as string });
  });

  it('gives the oldest job that the runner may take, and says nothing of the queue, where there may be more', async () => {
    const [tagged, other, plain] = [
      gitlab.runners.addJob({ script: [], tags: ['a'] }),
      gitlab.runners.addJob({ script: [], tags: ['b'] }),
      gitlab.runners.addJob({ script: [] }),
    ];
    expect(await poll()).toMatchObject({ status: 201, lastUpdate: null, body: { id: tagged.id } });
    expect(await poll()).toMatchObject({ status: 201, body: { id: plain.id } });
    expect((await poll()).status).toBe(204);
    expect([tagged, other, plain].map(({ status }) => status)).toEqual(['running', 'pending', 'running']);
  });

  it('is held while nothing is new; a change is answered 204 before anybody has looked, and the next one looks', async () => {
    gitlab.switches.longPollMilliseconds = 5000;
    const { lastUpdate } = await poll();
    const held = poll({ last_update: lastUpdate });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const job = gitlab.runners.addJob({ script: [] });
    expect(await held).toMatchObject({ status: 204, lastUpdate: null });
    expect(job.status).toBe('pending');
    expect(await poll({ last_update: lastUpdate })).toMatchObject({ status: 201, body: { id: job.id } });
  });

  it('is held no longer than that', async () => {
    gitlab.switches.longPollMilliseconds = 100;
    const { lastUpdate } = await poll();
    expect((await poll({ last_update: lastUpdate })).status).toBe(204);
  });

  it('is refused for a runner that was deleted', async () => {
    gitlab.runners.removeRunner(1);
    expect((await poll()).status).toBe(403);
  });

  it('meets a conflict as often as it is told', async () => {
    gitlab.switches.conflicts = 1;
    expect([(await poll()).status, (await poll()).status]).toEqual([409, 204]);
  });

  it('loses the job of a runner that hangs up before the answer: it stays running', async () => {
    gitlab.switches.assignBeforeDelayMilliseconds = 200;
    const job = gitlab.runners.addJob({ script: [] });
    const stop = new AbortController();
    const asked = fetch(new URL('jobs/request', gitlab.apiUrl), {
      method: 'POST',
      signal: stop.signal,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token, system_id: 's_1' }),
    });
    setTimeout(() => stop.abort(), 100);
    await expect(asked).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(job).toMatchObject({ status: 'running', systemId: 's_1' });
    expect(job.endedAt).toBeUndefined();
  });
});

describe('a job', () => {
  it('is acknowledged, told of, and ended by whoever has its token', async () => {
    const job = gitlab.runners.addJob({ script: [] });
    await poll();
    expect((await ask('PUT', `jobs/${job.id}`, { token: 'glcbt-other', state: 'running' })).status).toBe(403);
    expect((await ask('PUT', `jobs/${job.id}`, { token: job.token, state: 'running' })).status).toBe(200);
    const trace = (text: string, range: string) =>
      fetch(new URL(`jobs/${job.id}/trace`, gitlab.apiUrl), {
        method: 'PATCH',
        headers: { 'Job-Token': job.token, 'Content-Range': range },
        body: text,
      });
    expect((await trace('one', '0-2')).status).toBe(202);
    expect((await trace('two', '9-11')).status).toBe(416);
    expect(
      (await ask('PUT', `jobs/${job.id}`, { token: job.token, state: 'failed', failure_reason: 'script_failure' }))
        .status,
    ).toBe(200);
    expect(job).toMatchObject({ status: 'failed', failureReason: 'script_failure' });
    expect(job.trace.toString()).toBe('one');
  });
});

describe('making a runner', () => {
  const make = (body: object, pat = 'glpat-create') => ask('POST', 'user/runners', body, { 'PRIVATE-TOKEN': pat });
  beforeEach(() => gitlab.runners.apiTokens.set('glpat-create', ['create_runner']).set('glpat-read', ['read_api']));

  it.each([
    [{ runner_type: 'group_type', group_id: 5 }, 'glpat-nobody', 401],
    [{ runner_type: 'group_type', group_id: 5 }, 'glpat-read', 403],
    [{ runner_type: 'team_type' }, 'glpat-create', 400],
    [{ runner_type: 'group_type' }, 'glpat-create', 400],
    [{ runner_type: 'group_type', group_id: 5, run_untagged: false }, 'glpat-create', 400],
    [{ runner_type: 'group_type', group_id: 5, run_untagged: false, tag_list: 'a,b' }, 'glpat-create', 201],
  ])('of %j with %s is answered %d', async (body, pat, status) => {
    expect((await make(body, pat)).status).toBe(status);
  });
});
