import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Answer } from '../decisions/step.ts';
import type { Brought, Parts } from '../runner-on-host.ts';

export interface GitLabOptions {
  /** Ends with `/api/v4/`. */
  readonly apiUrl: string;
  /** PEM; for a GitLab whose certificate no public authority has signed. */
  readonly caCertificate?: string;
  /** How a runner is made with an API token. */
  readonly runner: {
    readonly groupId?: number;
    readonly tags: readonly string[];
    /** Names this instance, and no other. */
    readonly description: string;
  };
}

const milliseconds = 10_000;
const mostBytes = 1_000_000;

interface Replied {
  readonly status: number;
  readonly body: unknown;
}

type Failed = Extract<Answer, { readonly kind: 'refused' | 'unknown' }>;

const isFailed = (reply: Replied | Failed): reply is Failed => 'kind' in reply;

/**
 * GitLab's API for runners (https://docs.gitlab.com/api/runners/, https://docs.gitlab.com/api/users/#create-a-runner-linked-to-a-user). Redirects are
 * not followed: a token must not reach another host. Nothing that GitLab says is passed on but its status and its `message`, and that
 * without tokens.
 */
export function connectGitLab({ apiUrl, caCertificate, runner }: GitLabOptions): Parts['gitLab'] {
  const ask = async (
    method: 'DELETE' | 'GET' | 'POST',
    path: string,
    { token, body }: { readonly token?: string; readonly body?: Readonly<Record<string, unknown>> },
  ): Promise<Replied | Failed> => {
    const what = `${method} ${path.replace(/\?.*/, '')}`;
    let replied: Replied;
    try {
      replied = await send(new URL(path, apiUrl), { method, token, body, caCertificate });
    } catch (error) {
      return { kind: 'unknown', why: `GitLab, ${what}: ${(error as Error).message}` };
    }
    const { status } = replied;
    if (status >= 200 && status < 300) return replied;
    const why = `GitLab answered ${what} with ${status}${messageOf(replied.body)}`;
    // Too many requests, a time-out and a redirect to a maintenance page say nothing about the token.
    const isNo = status >= 400 && status < 500 && status !== 429 && status !== 408;
    return { kind: isNo ? 'refused' : 'unknown', why };
  };
  /** Gone already is as good as deleted. */
  const deleted = async (path: string, given: Parameters<typeof ask>[2]): Promise<Answer> => {
    const reply = await ask('DELETE', path, given);
    const isGone = isFailed(reply) && / with (403|404)\b/.test(reply.why);
    return isFailed(reply) && !isGone ? reply : { kind: 'done' };
  };

  return {
    verify: async (token, systemId): Promise<Brought<{ readonly id: number | undefined }>> => {
      const reply = await ask('POST', 'runners/verify', { body: { token, system_id: systemId } });
      return isFailed(reply) ? reply : { kind: 'brought', value: { id: idOf(reply.body) } };
    },
    create: async (apiToken) => {
      const { groupId, tags, description } = runner;
      if (groupId === undefined)
        return {
          kind: 'refused',
          why: 'an API token needs a group to make runners in. Set the Terraform variable group_id, or put a runner authentication token (glrt-…) into the parameter.',
        };
      const reply = await ask('POST', 'user/runners', {
        token: apiToken,
        body: {
          runner_type: 'group_type',
          group_id: groupId,
          description,
          tag_list: tags.join(','),
          // GitLab refuses a runner that could take no job at all.
          run_untagged: tags.length === 0,
        },
      });
      if (isFailed(reply)) return reply;
      const { id, token } = reply.body as { readonly id?: unknown; readonly token?: unknown };
      return typeof id === 'number' && typeof token === 'string'
        ? { kind: 'brought', value: { id, token } }
        : { kind: 'unknown', why: 'GitLab answered POST user/runners without an id or a token' };
    },
    deleteMade: async (apiToken) => {
      const { groupId, description } = runner;
      for (let page = 1; ; page += 1) {
        const reply = await ask('GET', `groups/${groupId}/runners?type=group_type&per_page=100&page=${page}`, {
          token: apiToken,
        });
        // A token that may only make runners cannot see them: what was made stays in GitLab, offline, and harms nobody.
        if (isFailed(reply)) return / with (401|403|404)\b/.test(reply.why) ? { kind: 'done' } : reply;
        const found = reply.body as readonly { readonly id: number; readonly description?: string }[];
        for (const { id } of found.filter((each) => each.description === description)) {
          const gone = await deleted(`runners/${id}`, { token: apiToken });
          if (gone.kind !== 'done') return gone;
        }
        if (found.length < 100) return { kind: 'done' };
      }
    },
    deleteRunner: (token) => deleted('runners', { body: { token } }),
    deleteManager: (token, systemId) => deleted('runners/managers', { body: { token, system_id: systemId } }),
  };
}

const idOf = (body: unknown): number | undefined => {
  const id = (body as { readonly id?: unknown } | null)?.id;
  return typeof id === 'number' ? id : undefined;
};

/** GitLab's own words, which are a text or lists of texts by field; anything that looks like a token is left out. */
function messageOf(body: unknown): string {
  const { message, error } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const words = message ?? error;
  if (words === undefined) return '';
  const text = typeof words === 'string' ? words : JSON.stringify(words);
  return `: ${text.replace(/\S*gl[a-z]+-\S+/g, '…').slice(0, 300)}`;
}

interface Sent {
  readonly method: string;
  readonly token: string | undefined;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly caCertificate: string | undefined;
}

const send = (url: URL, { method, token, body, caCertificate }: Sent): Promise<Replied> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    const asked = request(
      url,
      {
        method,
        headers: {
          Accept: 'application/json',
          ...(token !== undefined && { 'PRIVATE-TOKEN': token }),
          ...(text !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
        },
        signal: AbortSignal.timeout(milliseconds),
        ...(caCertificate !== undefined && { ca: caCertificate }),
      },
      (answer) => {
        let read = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          read += chunk;
          if (read.length > mostBytes) asked.destroy(new Error('the answer is too long'));
        });
        answer.on('error', reject);
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: parsed(read) }));
      },
    );
    asked.on('error', reject);
    asked.end(text);
  });

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};
