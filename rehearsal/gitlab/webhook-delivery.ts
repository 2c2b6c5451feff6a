import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface DeliveryOptions {
  /** The webhook's secret token; without one GitLab sends no `X-Gitlab-Token`. */
  readonly token?: string;
  /** "Resend" in GitLab uses the key of the first delivery again. */
  readonly idempotencyKey?: string;
  /** `X-Gitlab-Event`. */
  readonly eventName?: string;
  /** Headers that the user set on the webhook; they cannot replace GitLab's own. */
  readonly customHeaders?: Readonly<Record<string, string>>;
  /** 10,000 is GitLab's default (`webhook_timeout`). */
  readonly timeoutMilliseconds?: number;
}

/** What GitLab shows under "Recent events". */
export interface Delivery {
  /** GitLab counts 2xx and 3xx as delivered; enough of anything else in a row disables the webhook. */
  readonly ok: boolean;
  readonly status: number | 'internal error';
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  readonly idempotencyKey: string;
  /** Why there was no answer. */
  readonly error?: string;
}

/** JSON as GitLab writes it: Rails escapes what could end a script element. */
export const gitlabJson = (event: object): string =>
  JSON.stringify(event).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * The headers of a delivery (app/services/web_hook_service.rb) in the spelling of the wire: Ruby's Net::HTTP capitalises each
 * part, so GitLab's `X-Gitlab-Event-UUID` arrives as `X-Gitlab-Event-Uuid`.
 */
export function webhookHeaders(options: DeliveryOptions & { readonly idempotencyKey: string }): Record<string, string> {
  const token = (options.token ?? '').replace(/[\r\n]/g, '');
  return {
    ...options.customHeaders,
    'Content-Type': 'application/json',
    'User-Agent': 'GitLab/18.9.1',
    'Idempotency-Key': options.idempotencyKey,
    'X-Gitlab-Event': options.eventName ?? 'Job Hook',
    'X-Gitlab-Webhook-Uuid': randomUUID(),
    'X-Gitlab-Instance': 'https://gitlab.example.com',
    // node:http writes a header as Latin-1; Ruby writes the bytes of its UTF-8 string.
    ...(token === '' ? {} : { 'X-Gitlab-Token': Buffer.from(token, 'utf8').toString('latin1') }),
    'X-Gitlab-Event-Uuid': randomUUID(),
    'Accept-Encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
    Accept: '*/*',
    Connection: 'close',
  };
}

/**
 * Posts an event as GitLab does: once, without retry, waiting no longer than its timeout. `event` is an object, or the body's
 * text where a test wants one that GitLab would not write. Never rejects: what went wrong is in the delivery, as in GitLab.
 */
export function deliver(url: string, event: object | string, options: DeliveryOptions = {}): Promise<Delivery> {
  const { idempotencyKey = randomUUID(), timeoutMilliseconds = 10_000 } = options;
  // Bytes, because node:http would send the headers in the encoding of a text that follows them.
  const body = Buffer.from(typeof event === 'string' ? event : gitlabJson(event), 'utf8');
  const target = new URL(url);
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve({ ok: false, status: 'internal error', body: '', headers: {}, idempotencyKey, error: error.message });
    try {
      const headers = {
        ...webhookHeaders({ ...options, idempotencyKey }),
        'Content-Length': body.length,
      };
      const signal = AbortSignal.timeout(timeoutMilliseconds);
      const request = send(target, { method: 'POST', headers, signal }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ ok: status >= 200 && status < 400, status, body: text, headers: response.headers, idempotencyKey });
        });
      });
      request.on('error', failed);
      request.end(body);
    } catch (error) {
      // A token that no header can hold.
      failed(error as Error);
    }
  });
}
