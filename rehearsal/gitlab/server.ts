import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobPayload } from './job-payload.ts';
import { runnerQueue } from './runner-queue.ts';
import type { Job, RunnerRecord } from './runners.ts';
import { Runners } from './runners.ts';

/** How GitLab misbehaves; each may be set at any time. */
export interface Switches {
  /** For how long a request for a job is held when nothing is new; 0 switches it off. */
  longPollMilliseconds: number;
  /** The queue hears of a job so much later than the job is there. */
  tickDelayMilliseconds: number;
  /** GitLab gives a job at once, and answers so much later: a runner that hangs up meanwhile has lost it. */
  assignBeforeDelayMilliseconds: number;
  /** Every answer to a request for a job is so late. */
  replyDelayMilliseconds: number;
  /** So many requests for a job are answered 409, as when another runner was faster. */
  conflicts: number;
  /** Nothing answers (`cut`), or a maintenance page does. */
  outage: 'cut' | 503 | undefined;
  /** Every request is answered 429 with a Retry-After. */
  isRateLimited: boolean;
}

/** One request, for assertions. `at` is in milliseconds since the start. */
export interface Asked {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly systemId: string | undefined;
  readonly status: number;
}

export interface GitLabDouble {
  /** The base URL; the API is below `/api/v4/`. */
  readonly url: string;
  readonly apiUrl: string;
  readonly runners: Runners;
  readonly switches: Switches;
  readonly asked: readonly Asked[];
  /** Milliseconds since the start. */
  now(): number;
  close(): Promise<void>;
}

export interface GitLabDoubleOptions {
  readonly port?: number;
  readonly switches?: Partial<Switches>;
  readonly onJob?: (job: Job) => void;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly raw: Buffer;
  readonly body: Readonly<Record<string, unknown>>;
  readonly hungUp: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const forbidden: Answer = { status: 403, body: { message: '403 Forbidden' } };
const notFound: Answer = { status: 404, body: { message: '404 Not found' } };

/**
 * GitLab as its runners and their makers see it, over HTTP (https://docs.gitlab.com/api/runners/, lib/api/ci/runner.rb). A job that was given and
 * whose runner is gone stays `running`: it is lost, and can be seen to be.
 */
export async function startGitLab({
  port = 0,
  switches: given = {},
  onJob = () => undefined,
}: GitLabDoubleOptions = {}): Promise<GitLabDouble> {
  const begun = performance.now();
  const now = (): number => Math.round(performance.now() - begun);
  const switches: Switches = {
    longPollMilliseconds: 0,
    tickDelayMilliseconds: 0,
    assignBeforeDelayMilliseconds: 0,
    replyDelayMilliseconds: 0,
    conflicts: 0,
    outage: undefined,
    isRateLimited: false,
    ...given,
  };
  const asked: Asked[] = [];
  const closing = new AbortController();
  const queue = runnerQueue();
  const runners = new Runners(now, (job) => {
    if (job.status === 'pending')
      if (switches.tickDelayMilliseconds === 0) queue.tick();
      else setTimeout(() => queue.tick(), switches.tickDelayMilliseconds).unref();
    onJob(job);
  });
  const pause = (milliseconds: number): Promise<unknown> =>
    milliseconds === 0
      ? Promise.resolve()
      : sleep(milliseconds, undefined, { signal: closing.signal }).catch(() => undefined);

  const scopesOf = ({ headers }: Request): readonly string[] | undefined =>
    runners.apiTokens.get(String(headers['private-token'] ?? '')) ??
    runners.apiTokens.get(String(headers.authorization ?? '').replace(/^Bearer /, ''));
  const may = (request: Request, ...scopes: readonly string[]): Answer | undefined => {
    const has = scopesOf(request);
    if (has === undefined) return { status: 401, body: { message: '401 Unauthorized' } };
    if (scopes.some((scope) => has.includes(scope))) return undefined;
    return {
      status: 403,
      body: {
        error: 'insufficient_scope',
        error_description: 'The request requires higher privileges than provided by the access token.',
        scope: scopes.join(' '),
      },
    };
  };
  const systemIdOf = ({ body }: Request): string => (typeof body.system_id === 'string' ? body.system_id : '<legacy>');
  const meet = (runner: RunnerRecord, request: Request): void => {
    runner.managers.set(systemIdOf(request), { contactedAt: now() });
  };

  const requestJob = async (request: Request): Promise<Answer> => {
    if (switches.longPollMilliseconds > 0 && request.body.last_update === queue.value()) {
      await queue.held(switches.longPollMilliseconds, AbortSignal.any([request.hungUp, closing.signal]));
      // Without the present value: the next request still names the old one, and so is looked at.
      return { status: 204 };
    }
    const seen = queue.value();
    const runner = runners.runnerWith(request.body.token);
    if (runner === undefined) return forbidden;
    meet(runner, request);
    if (switches.conflicts > 0) {
      switches.conflicts -= 1;
      return { status: 409, body: { message: '409 Conflict' } };
    }
    await pause(switches.replyDelayMilliseconds);
    const job = runners.assign(runner, systemIdOf(request));
    if (job === undefined) return { status: 204, headers: { 'X-GitLab-Last-Update': seen } };
    await pause(switches.assignBeforeDelayMilliseconds);
    // Only an answer without a job says up to where the queue was seen (lib/api/ci/runner.rb): there may be more.
    return { status: 201, body: jobPayload(job, url) };
  };

  const jobOf = (request: Request): Job | undefined => {
    const id = Number(request.path.split('/')[2]);
    const token = request.headers['job-token'] ?? request.body.token;
    return runners.jobs.find((job) => job.id === id && job.token === token);
  };
  const statusHeader = (job: Job) => ({ 'Job-Status': job.status });
  const updateJob = (request: Request): Answer => {
    const job = jobOf(request);
    if (job === undefined) return forbidden;
    const { state, failure_reason: reason } = request.body;
    if (state === 'running') job.runningAt ??= now();
    else if ((state === 'success' || state === 'failed') && job.status === 'running')
      runners.end(job, state, typeof reason === 'string' ? reason : undefined);
    return { status: 200, headers: statusHeader(job) };
  };
  const appendTrace = (request: Request): Answer => {
    const job = jobOf(request);
    if (job === undefined) return forbidden;
    const from = Number(/^(\d+)-/.exec(String(request.headers['content-range'] ?? ''))?.[1]);
    const range = (): Readonly<Record<string, string>> => ({ Range: `0-${job.trace.length}`, ...statusHeader(job) });
    if (from !== job.trace.length) return { status: 416, headers: range() };
    job.trace = Buffer.concat([job.trace, request.raw]);
    return { status: 202, headers: { ...range(), 'X-GitLab-Trace-Update-Interval': '3' } };
  };

  const makeRunner = (request: Request): Answer => {
    const no = may(request, 'api', 'create_runner');
    if (no !== undefined) return no;
    const {
      runner_type: type,
      group_id: groupId,
      description = '',
      tag_list: tagList = '',
      run_untagged: untagged = true,
    } = request.body;
    const types = ['instance_type', 'group_type', 'project_type'];
    if (!types.includes(String(type)))
      return { status: 400, body: { error: 'runner_type does not have a valid value' } };
    if (type === 'group_type' && groupId === undefined) return { status: 400, body: { error: 'group_id is missing' } };
    const tags = Array.isArray(tagList) ? tagList.map(String) : String(tagList).split(',').filter(Boolean);
    if (untagged === false && tags.length === 0)
      return {
        status: 400,
        body: { message: { tags_list: ['can not be empty when runner is not allowed to pick untagged jobs'] } },
      };
    const { id, token } = runners.addRunner({
      description: String(description),
      ...(groupId !== undefined && { groupId: Number(groupId) }),
      tags,
      runsUntagged: untagged !== false,
    });
    return { status: 201, body: { id, token, token_expires_at: null } };
  };
  const listRunners = (request: Request): Answer => {
    const no = may(request, 'api', 'read_api');
    if (no !== undefined) return no;
    const groupId = Number(request.path.split('/')[2]);
    const perPage = Number(request.query.get('per_page') ?? 20);
    const page = Number(request.query.get('page') ?? 1);
    const own = runners.runners.filter((runner) => runner.groupId === groupId);
    return {
      status: 200,
      body: own.slice((page - 1) * perPage, page * perPage).map(({ id, description, tags }) => ({
        id,
        description,
        runner_type: 'group_type',
        tag_list: tags,
      })),
    };
  };

  const routes: readonly (readonly [
    method: string,
    path: RegExp,
    act: (request: Request) => Answer | Promise<Answer>,
  ])[] = [
    ['POST', /^\/jobs\/request$/, requestJob],
    ['PUT', /^\/jobs\/\d+$/, updateJob],
    ['PATCH', /^\/jobs\/\d+\/trace$/, appendTrace],
    [
      'POST',
      /^\/runners\/verify$/,
      (request) => {
        const runner = runners.runnerWith(request.body.token);
        if (runner === undefined) return forbidden;
        meet(runner, request);
        return { status: 200, body: { id: runner.id, token: runner.token, token_expires_at: null } };
      },
    ],
    [
      'DELETE',
      /^\/runners\/managers$/,
      (request) => {
        const runner = runners.runnerWith(request.body.token);
        if (runner === undefined) return forbidden;
        return runner.managers.delete(systemIdOf(request)) ? { status: 204 } : notFound;
      },
    ],
    [
      'DELETE',
      /^\/runners$/,
      (request) => {
        const runner = runners.runnerWith(request.body.token);
        if (runner === undefined) return forbidden;
        runners.removeRunner(runner.id);
        return { status: 204 };
      },
    ],
    ['POST', /^\/user\/runners$/, makeRunner],
    ['GET', /^\/groups\/\d+\/runners$/, listRunners],
    [
      'DELETE',
      /^\/runners\/\d+$/,
      (request) =>
        may(request, 'api') ?? (runners.removeRunner(Number(request.path.split('/')[2])) ? { status: 204 } : notFound),
    ],
  ];

  const answerTo = async (request: Request): Promise<Answer> => {
    if (switches.isRateLimited) return { status: 429, body: 'Retry later\n', headers: { 'Retry-After': '60' } };
    const [, , act] = routes.find(([method, path]) => method === request.method && path.test(request.path)) ?? [];
    return act === undefined ? { status: 404, body: { error: '404 Not Found' } } : act(request);
  };

  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const at = now();
      const request = await read(incoming, outgoing);
      if (switches.outage === 'cut') {
        incoming.socket.destroy();
        return;
      }
      const answer =
        switches.outage === 503
          ? { status: 503, body: '<html>GitLab is down for maintenance</html>' }
          : await answerTo(request);
      asked.push({
        at,
        method: request.method,
        path: request.path,
        systemId: typeof request.body.system_id === 'string' ? request.body.system_id : undefined,
        status: request.hungUp.aborted ? 499 : answer.status,
      });
      write(outgoing, answer);
    })();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    apiUrl: `${url}/api/v4/`,
    runners,
    switches,
    asked,
    now,
    close: () => {
      closing.abort();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function read(incoming: IncomingMessage, outgoing: ServerResponse): Promise<Request> {
  const hungUp = new AbortController();
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) hungUp.abort();
  });
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const raw = Buffer.concat(chunks);
  const url = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const isJson = (incoming.headers['content-type'] ?? '').includes('json');
  return {
    method: incoming.method ?? 'GET',
    path: url.pathname.replace(/^\/api\/v4/, ''),
    query: url.searchParams,
    headers: incoming.headers,
    raw,
    body: isJson && raw.length > 0 ? (JSON.parse(raw.toString()) as Readonly<Record<string, unknown>>) : {},
    hungUp: hungUp.signal,
  };
}

function write(outgoing: ServerResponse, { status, body, headers = {} }: Answer): void {
  if (outgoing.destroyed) return;
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain' : 'application/json';
  outgoing.writeHead(status, { ...(text !== '' && { 'Content-Type': type }), ...headers });
  outgoing.end(status === 204 ? undefined : text);
}
