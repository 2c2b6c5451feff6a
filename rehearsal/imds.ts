import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What an instance is told of itself; asked anew at each request. */
export interface ImdsOptions {
  readonly instanceId: string;
  readonly region: string;
  /** Undefined is a 404, as before the first transition. */
  readonly targetLifecycleState?: () => string | undefined;
  /** When Spot takes the machine. */
  readonly spotAt?: () => Date | undefined;
}

export interface ImdsDouble {
  /** For `AWS_EC2_METADATA_SERVICE_ENDPOINT`. */
  readonly url: string;
  readonly switches: ImdsSwitches;
  /** How often a path was asked for; tokens under `api/token`. */
  readonly hits: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export interface ImdsSwitches {
  /** Every request is answered so; `cut` hangs up, `stall` never answers. */
  failure: 401 | 503 | 'cut' | 'stall' | undefined;
  /** No token lasts longer, whatever was asked for. */
  longestTokenSeconds: number;
}

/** The instance metadata service, version 2 only (Amazon EC2 User Guide, "Use the Instance Metadata Service Version 2"). */
export async function startImds({
  instanceId,
  region,
  targetLifecycleState = () => undefined,
  spotAt = () => undefined,
}: ImdsOptions): Promise<ImdsDouble> {
  const switches: ImdsSwitches = { failure: undefined, longestTokenSeconds: Infinity };
  const hits = new Map<string, number>();
  const tokens = new Map<string, number>();
  const role = 'gitlab-runner';
  const spot = (): string | undefined => {
    const at = spotAt();
    return at && JSON.stringify({ action: 'terminate', time: at.toISOString().replace(/\.\d+Z$/, 'Z') });
  };
  const document = JSON.stringify({
    instanceId,
    region,
    accountId: '123456789012',
    architecture: 'x86_64',
    availabilityZone: `${region}a`,
    instanceType: 'm6i.large',
  });
  const paths: Readonly<Record<string, () => string | undefined>> = {
    'dynamic/instance-identity/document': () => document,
    'meta-data/instance-id': () => instanceId,
    'meta-data/placement/region': () => region,
    'meta-data/iam/security-credentials/': () => role,
    [`meta-data/iam/security-credentials/${role}`]: () =>
      JSON.stringify({
        Code: 'Success',
        Type: 'AWS-HMAC',
        AccessKeyId: 'ASIAREHEARSAL',
        SecretAccessKey: 'rehearsal',
        Token: 'rehearsal',
        LastUpdated: new Date().toISOString(),
        Expiration: new Date(Date.now() + 6 * 3600 * 1000).toISOString(),
      }),
    'meta-data/autoscaling/target-lifecycle-state': targetLifecycleState,
    'meta-data/spot/instance-action': spot,
  };

  const answerTo = (
    method: string,
    path: string,
    token: string | undefined,
    seconds: string | undefined,
  ): readonly [status: number, body?: string] => {
    if (path === 'api/token') {
      if (method !== 'PUT') return [405];
      const ttl = Number(seconds);
      if (!Number.isInteger(ttl) || ttl < 1 || ttl > 21_600) return [400];
      const text = randomBytes(16).toString('base64');
      tokens.set(text, Date.now() + Math.min(ttl, switches.longestTokenSeconds) * 1000);
      return [200, text];
    }
    if (token === undefined || (tokens.get(token) ?? 0) <= Date.now()) return [401];
    const value = paths[path]?.();
    return value === undefined ? [404] : [200, value];
  };
  const server = createServer((request, answer) => {
    // The SDK asks for `//latest/…` where the endpoint ends with a slash.
    const path = (request.url ?? '').replace(/^\/+latest\/+/, '');
    hits.set(path, (hits.get(path) ?? 0) + 1);
    const { failure } = switches;
    if (failure === 'stall') return;
    if (failure === 'cut') {
      request.socket.destroy();
      return;
    }
    const header = (name: string): string | undefined => request.headers[name]?.toString();
    const [status, body = ''] =
      failure !== undefined
        ? [failure]
        : answerTo(
            request.method ?? 'GET',
            path,
            header('x-aws-ec2-metadata-token'),
            header('x-aws-ec2-metadata-token-ttl-seconds'),
          );
    answer.writeHead(status, { 'Content-Type': 'text/plain' }).end(body);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    switches,
    hits,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
