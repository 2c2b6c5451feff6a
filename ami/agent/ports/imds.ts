/**
 * The instance metadata service, version 2 (Amazon EC2 User Guide, "Use the Instance Metadata Service"). By fetch, because the SDK's client
 * retries for ten seconds while the service is sick, and a look must not take longer than one.
 */
export interface Imds {
  /** Rejects when the service does not answer. */
  identity(): Promise<Identity>;
  /** Never rejects: what could not be asked is no signal. */
  signals(): Promise<Signals>;
}

export interface Identity {
  readonly instanceId: string;
  readonly region: string;
}

export interface Signals {
  /** `autoscaling/target-lifecycle-state` (Amazon EC2 Auto Scaling User Guide): a steady state, such as `InService` or `Terminated`. */
  readonly targetLifecycleState?: string;
  /** `spot/instance-action`: when Spot takes the machine. */
  readonly spotAt?: Date;
}

const lookMilliseconds = 1000;
const identityMilliseconds = 2000;
const tokenSeconds = 300;

const endpointOf = ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: given }: Environment): string =>
  (given ?? 'http://169.254.169.254').replace(/\/+$/, '');

type Environment = Readonly<Record<string, string | undefined>>;

export function connectImds(environment: Environment, now: () => number): Imds {
  const endpoint = endpointOf(environment);
  let token: { readonly text: string; readonly until: number } | undefined;

  const tokenFrom = async (signal: AbortSignal): Promise<string> => {
    if (token !== undefined && now() < token.until) return token.text;
    const answer = await fetch(`${endpoint}/latest/api/token`, {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(tokenSeconds) },
      signal,
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the instance metadata service gives no token: status ${answer.status}`);
    token = { text, until: now() + (tokenSeconds / 2) * 1000 };
    return text;
  };

  /** The body of a 200; undefined for every other status. A token that is refused is replaced once. */
  const get = async (path: string, signal: AbortSignal): Promise<string | undefined> => {
    for (const isLast of [false, true]) {
      const text = await tokenFrom(signal);
      const answer = await fetch(`${endpoint}/latest/${path}`, {
        headers: { 'X-aws-ec2-metadata-token': text },
        signal,
      });
      const body = await answer.text();
      if (answer.status === 200) return body;
      if (answer.status !== 401 || isLast) return undefined;
      if (token?.text === text) token = undefined;
    }
    return undefined;
  };
  const signalOf = (path: string): Promise<string | undefined> =>
    get(`meta-data/${path}`, AbortSignal.timeout(lookMilliseconds)).catch(() => undefined);

  return {
    identity: async () => {
      const text = await get('dynamic/instance-identity/document', AbortSignal.timeout(identityMilliseconds));
      const { instanceId, region } = JSON.parse(text ?? '{}') as Partial<Identity>;
      if (!instanceId || !region) throw new Error('the instance metadata service has no identity document');
      return { instanceId, region };
    },
    signals: async () => {
      // The token first: two that are asked for at once would be one too many.
      const state = await signalOf('autoscaling/target-lifecycle-state');
      const spotAt = spotTime(await signalOf('spot/instance-action'));
      return {
        ...(state !== undefined && isState(state.trim()) && { targetLifecycleState: state.trim() }),
        ...(spotAt !== undefined && { spotAt }),
      };
    },
  };
}

/** An error page of a proxy is no state. */
const isState = (text: string): boolean => /^[A-Za-z]+(:[A-Za-z]+)?$/.test(text);

function spotTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  try {
    const { action, time } = JSON.parse(text) as { readonly action?: unknown; readonly time?: unknown };
    const at = typeof action === 'string' && typeof time === 'string' ? new Date(time) : undefined;
    return at === undefined || Number.isNaN(at.getTime()) ? undefined : at;
  } catch {
    return undefined;
  }
}
