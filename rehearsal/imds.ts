import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { realClock, type Clock } from './auto-scaling/clock.ts';
import { listenOnLoopback } from './loopback.ts';

/** What an instance is told of itself; what is a function is asked anew at each request. */
export interface ImdsOptions {
  readonly instanceId: string;
  readonly region: string;
  /** Undefined is a 404, as before the first transition. */
  readonly targetLifecycleState?: () => string | undefined;
  /** When Spot takes the machine. */
  readonly spotAt?: () => Date | undefined;
  /** When EC2 said that Spot may soon take the machine. */
  readonly rebalanceRecommendedAt?: () => Date | undefined;
  /** What the launch template allows to be seen; by default nothing, which is a 404. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Version 2 is required unless `optional`: then a request without a token is answered as well. */
  readonly httpTokens?: 'required' | 'optional';
  /** How long the credentials of the role last; they are made anew at each request. */
  readonly credentialSeconds?: number;
  /** By which tokens and credentials end; real time by default. */
  readonly clock?: Pick<Clock, 'now'>;
  /** A free one by default. */
  readonly port?: number;
}

export interface ImdsDouble {
  /** For `AWS_EC2_METADATA_SERVICE_ENDPOINT`. */
  readonly url: string;
  readonly switches: ImdsSwitches;
  /** How often a path was asked for, without `latest/`; tokens under `api/token`. */
  readonly hits: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** What a test may change at any time. */
export interface ImdsSwitches {
  /** Every request is answered with this status; `cut` hangs up, `stall` never answers. */
  failure: 401 | 403 | 429 | 500 | 503 | 'cut' | 'stall' | undefined;
  /** Whether a path meets the failure; all do by default. */
  isFailing: (path: string) => boolean;
  /** No token lasts longer, whatever was asked for. */
  longestTokenSeconds: number;
}

const role = 'gitlab-runner';
const accountId = '123456789012';
const longestSeconds = 21_600;

/** AWS writes moments without milliseconds here. */
const moment = (at: number | Date): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** What there is to ask for; undefined is not there (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html). */
function document({
  instanceId,
  region,
  targetLifecycleState = () => undefined,
  spotAt = () => undefined,
  rebalanceRecommendedAt = () => undefined,
  tags = {},
  credentialSeconds = 6 * 3600,
  clock = realClock,
}: ImdsOptions): (path: string) => string | undefined {
  const availabilityZone = `${region}a`;
  const instanceType = 'm6i.large';
  const identity = {
    accountId,
    architecture: 'x86_64',
    availabilityZone,
    imageId: 'ami-0123456789abcdef0',
    instanceId,
    instanceType,
    privateIp: '10.0.0.10',
    region,
    version: '2017-09-30',
  };
  const credentials = () => ({
    Code: 'Success',
    LastUpdated: moment(clock.now()),
    Type: 'AWS-HMAC',
    AccessKeyId: 'ASIAREHEARSAL',
    SecretAccessKey: 'rehearsal',
    Token: 'rehearsal',
    Expiration: moment(clock.now() + credentialSeconds * 1000),
  });
  const values: Readonly<Record<string, () => string | undefined>> = {
    'dynamic/instance-identity/document': () => JSON.stringify(identity, undefined, 2),
    'meta-data/ami-id': () => identity.imageId,
    'meta-data/instance-id': () => instanceId,
    'meta-data/instance-life-cycle': () => 'spot',
    'meta-data/instance-type': () => instanceType,
    'meta-data/local-ipv4': () => identity.privateIp,
    'meta-data/placement/availability-zone': () => availabilityZone,
    'meta-data/placement/region': () => region,
    'meta-data/iam/security-credentials': () => role,
    [`meta-data/iam/security-credentials/${role}`]: () => JSON.stringify(credentials(), undefined, 2),
    // The steady states, never Terminating:Wait (Amazon EC2 Auto Scaling User Guide, "Retrieve the target lifecycle state through instance metadata").
    'meta-data/autoscaling/target-lifecycle-state': targetLifecycleState,
    'meta-data/spot/instance-action': () => {
      const at = spotAt();
      return at && JSON.stringify({ action: 'terminate', time: moment(at) });
    },
    // Older than instance-action, and kept for those who know nothing else ("Spot Instance interruption notices").
    'meta-data/spot/termination-time': () => {
      const at = spotAt();
      return at && moment(at);
    },
    'meta-data/events/recommendations/rebalance': () => {
      const at = rebalanceRecommendedAt();
      return at && JSON.stringify({ noticeTime: moment(at) });
    },
    'meta-data/tags/instance': () => {
      const keys = Object.keys(tags);
      return keys.length === 0 ? undefined : keys.join('\n');
    },
    ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`meta-data/tags/instance/${key}`, () => value])),
  };
  // Own members only: `constructor` is a path that nobody has.
  return (path) => (Object.hasOwn(values, path) ? values[path]?.() : undefined);
}

/** The page that the service sends in place of a value, as it does: who takes any body for a signal sees one here. */
const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const page = (status: number): string => {
  const title = `${status} - ${titles[status] ?? 'Error'}`;
  return `<?xml version="1.0" encoding="iso-8859-1"?>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
};

interface Answer {
  readonly status: number;
  readonly body?: string;
  /** Of the token that was given or used. */
  readonly tokenSeconds?: number;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly header: (name: string) => string | undefined;
}

/**
 * The instance metadata service on 127.0.0.1. Version 2: who has no token that still lasts gets 401
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-v2-how-it-works.html).
 */
export async function startImds(options: ImdsOptions): Promise<ImdsDouble> {
  const { httpTokens = 'required', clock = realClock, port } = options;
  const switches: ImdsSwitches = { failure: undefined, isFailing: () => true, longestTokenSeconds: Infinity };
  const hits = new Map<string, number>();
  /** When each ends. */
  const tokens = new Map<string, number>();
  const valueAt = document(options);

  const giveToken = ({ header }: Asked): Answer => {
    const seconds = Number(header('x-aws-ec2-metadata-token-ttl-seconds'));
    // A request that came through a proxy is none of this instance.
    if (header('x-forwarded-for') !== undefined) return { status: 403 };
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds) return { status: 400 };
    const token = randomBytes(40).toString('base64');
    tokens.set(token, clock.now() + Math.min(seconds, switches.longestTokenSeconds) * 1000);
    return { status: 200, body: token, tokenSeconds: seconds };
  };
  const answerTo = (asked: Asked): Answer => {
    const { method, path, header } = asked;
    if (path === 'api/token') return method === 'PUT' ? giveToken(asked) : { status: 405 };
    if (method !== 'GET') return { status: 405 };
    const token = header('x-aws-ec2-metadata-token');
    if (token === undefined && httpTokens === 'required') return { status: 401 };
    const milliseconds = token === undefined ? Infinity : (tokens.get(token) ?? 0) - clock.now();
    if (milliseconds <= 0) return { status: 401 };
    const body = valueAt(path);
    const tokenSeconds = token === undefined ? {} : { tokenSeconds: Math.floor(milliseconds / 1000) };
    return { ...(body === undefined ? { status: 404 } : { status: 200, body }), ...tokenSeconds };
  };

  const server = createServer((request, answer) => {
    // The SDK asks for `//latest/…` where the endpoint ends with a slash, and others end a path with one.
    const path = decodeURI(request.url ?? '')
      .replace(/\?.*/, '')
      .replace(/\/{2,}/g, '/')
      .replace(/^\/latest\//, '')
      .replace(/\/$/, '');
    hits.set(path, (hits.get(path) ?? 0) + 1);
    const failure = switches.isFailing(path) ? switches.failure : undefined;
    if (failure === 'stall') return;
    if (failure === 'cut') {
      request.socket.destroy();
      return;
    }
    const {
      status,
      body = page(status),
      tokenSeconds,
    } = failure !== undefined
      ? ({ status: failure } as Answer)
      : answerTo({
          method: request.method ?? 'GET',
          path,
          header: (name) => request.headers[name]?.toString(),
        });
    answer
      .writeHead(status, {
        'Content-Type': status === 200 ? 'text/plain' : 'text/html',
        ...(tokenSeconds !== undefined && { 'X-Aws-Ec2-Metadata-Token-Ttl-Seconds': tokenSeconds }),
      })
      .end(body);
  });
  return { ...(await listenOnLoopback(server, port)), switches, hits };
}
