import { SSMClient } from '@aws-sdk/client-ssm';
import { manualClock } from '../../rehearsal/auto-scaling/clock.ts';
import { startImds, type ImdsDouble, type ImdsOptions } from '../../rehearsal/imds.ts';

const instanceId = 'i-0123456789abcdef0';
const region = 'eu-north-1';
const opened: ImdsDouble[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function start(options: Partial<ImdsOptions> = {}): Promise<ImdsDouble> {
  const double = await startImds({ instanceId, region, ...options });
  opened.push(double);
  return double;
}
const tokenFrom = async ({ url }: ImdsDouble, seconds: string | number = 60): Promise<string> =>
  (
    await fetch(`${url}/latest/api/token`, {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': String(seconds) },
    })
  ).text();
const get = async ({ url }: ImdsDouble, path: string, token?: string): Promise<readonly [number, string]> => {
  const answer = await fetch(`${url}/latest/${path}`, {
    headers: token === undefined ? {} : { 'X-aws-ec2-metadata-token': token },
  });
  return [answer.status, await answer.text()];
};

describe('a token', () => {
  it('lasts as long as was asked for, and then everything is refused', async () => {
    const clock = manualClock();
    const double = await start({ clock });
    const token = await tokenFrom(double, 2);
    clock.advance(1999);
    expect(await get(double, 'meta-data/instance-id', token)).toEqual([200, instanceId]);
    clock.advance(1);
    expect((await get(double, 'meta-data/instance-id', token))[0]).toBe(401);
    // Also what is not there: a 404 would tell that it is not.
    expect((await get(double, 'meta-data/spot/instance-action', token))[0]).toBe(401);
    expect(await get(double, 'meta-data/instance-id', await tokenFrom(double))).toEqual([200, instanceId]);
  });

  it('lasts no longer than the test lets it', async () => {
    const clock = manualClock();
    const double = await start({ clock });
    double.switches.longestTokenSeconds = 2;
    const token = await tokenFrom(double, 21_600);
    clock.advance(2000);
    expect((await get(double, 'meta-data/instance-id', token))[0]).toBe(401);
  });

  it.each(['0', '-1', '21601', '1.5', 'an hour', ''])('of %j seconds is refused', async (seconds) => {
    const { url } = await start();
    const { status } = await fetch(`${url}/latest/api/token`, {
      method: 'PUT',
      headers: { 'X-aws-ec2-metadata-token-ttl-seconds': seconds },
    });
    expect(status).toBe(400);
  });

  it('is neither given without a time, nor through a proxy, nor to a GET', async () => {
    const { url } = await start();
    const ask = async (method: string, headers: Record<string, string>) =>
      (await fetch(`${url}/latest/api/token`, { method, headers })).status;
    const seconds = { 'X-aws-ec2-metadata-token-ttl-seconds': '60' };
    expect(await ask('PUT', {})).toBe(400);
    expect(await ask('PUT', { ...seconds, 'X-Forwarded-For': '10.0.0.1' })).toBe(403);
    expect(await ask('GET', seconds)).toBe(405);
    expect(await ask('PUT', seconds)).toBe(200);
  });

  it('is needed where version 2 is required, and not where it is optional', async () => {
    expect((await get(await start(), 'meta-data/instance-id'))[0]).toBe(401);
    const lenient = await start({ httpTokens: 'optional' });
    expect(await get(lenient, 'meta-data/instance-id')).toEqual([200, instanceId]);
    // But a wrong one is wrong there too.
    expect((await get(lenient, 'meta-data/instance-id', 'made up'))[0]).toBe(401);
  });
});

describe('an instance', () => {
  it('is told who and where it is', async () => {
    const double = await start({ tags: { Name: 'runner', 'aws:autoscaling:groupName': 'fleet' } });
    const token = await tokenFrom(double);
    const of = async (path: string) => (await get(double, path, token))[1];
    expect(JSON.parse(await of('dynamic/instance-identity/document'))).toMatchObject({
      instanceId,
      region,
      accountId: '123456789012',
      availabilityZone: 'eu-north-1a',
    });
    expect(await of('meta-data/placement/region')).toBe(region);
    expect(await of('meta-data/placement/availability-zone')).toBe('eu-north-1a');
    expect(await of('meta-data/tags/instance')).toBe('Name\naws:autoscaling:groupName');
    expect(await of('meta-data/tags/instance/aws:autoscaling:groupName')).toBe('fleet');
  });

  it.each([
    'meta-data/autoscaling/target-lifecycle-state',
    'meta-data/spot/instance-action',
    'meta-data/spot/termination-time',
    'meta-data/events/recommendations/rebalance',
    'meta-data/tags/instance',
    'meta-data/constructor',
    'meta-data/iam/security-credentials/another-role',
  ])('gets a page that says 404 at %s while there is nothing to say', async (path) => {
    const double = await start();
    expect(await get(double, path, await tokenFrom(double))).toEqual([404, expect.stringContaining('<html>')]);
  });

  it('is told what its group, Spot and EC2 say now', async () => {
    const told: { state: string; spotAt?: Date } = { state: 'InService' };
    const double = await start({
      targetLifecycleState: () => told.state,
      spotAt: () => told.spotAt,
      rebalanceRecommendedAt: () => told.spotAt,
    });
    const token = await tokenFrom(double);
    const of = async (path: string) => (await get(double, path, token))[1];
    expect(await of('meta-data/autoscaling/target-lifecycle-state')).toBe('InService');
    told.state = 'Terminated';
    told.spotAt = new Date('2026-12-01T12:00:00.500Z');
    expect(await of('meta-data/autoscaling/target-lifecycle-state')).toBe('Terminated');
    expect(await of('meta-data/spot/instance-action')).toBe('{"action":"terminate","time":"2026-12-01T12:00:00Z"}');
    expect(await of('meta-data/spot/termination-time')).toBe('2026-12-01T12:00:00Z');
    expect(await of('meta-data/events/recommendations/rebalance')).toBe('{"noticeTime":"2026-12-01T12:00:00Z"}');
  });

  it('is counted at each path, with one slash or more', async () => {
    const double = await start();
    const token = await tokenFrom(double);
    for (const path of ['/latest/meta-data/instance-id', '//latest/meta-data/instance-id/'])
      expect((await fetch(double.url + path, { headers: { 'X-aws-ec2-metadata-token': token } })).status).toBe(200);
    expect(Object.fromEntries(double.hits)).toEqual({ 'api/token': 1, 'meta-data/instance-id': 2 });
  });

  it('meets a failure where the test wants one', async () => {
    const double = await start();
    const token = await tokenFrom(double);
    double.switches.failure = 503;
    double.switches.isFailing = (path) => path.startsWith('meta-data/spot/');
    expect((await get(double, 'meta-data/spot/instance-action', token))[0]).toBe(503);
    expect((await get(double, 'meta-data/instance-id', token))[0]).toBe(200);
    double.switches.failure = 'cut';
    await expect(get(double, 'meta-data/spot/instance-action', token)).rejects.toThrow('fetch failed');
    double.switches.failure = 'stall';
    const hasGivenUp = fetch(`${double.url}/latest/meta-data/spot/instance-action`, {
      signal: AbortSignal.timeout(50),
    });
    await expect(hasGivenUp).rejects.toThrow(/timeout/);
  });
});

describe('the default chain of the AWS SDK', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });
  /** A client as the agent has it: no credentials, and nothing on the machine that has some. */
  const clientAt = (url: string): SSMClient => {
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: url,
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_CONFIG_FILE: '/dev/null',
    });
    return new SSMClient({ region });
  };

  it.each(['', '/'])('takes the credentials of the role, whether the endpoint ends with %j', async (end) => {
    const double = await start();
    const client = clientAt(double.url + end);
    expect(await client.config.credentials()).toMatchObject({
      accessKeyId: 'ASIAREHEARSAL',
      secretAccessKey: 'rehearsal',
      sessionToken: 'rehearsal',
    });
    expect(double.hits.get('meta-data/iam/security-credentials/gitlab-runner')).toBe(1);
    // And keeps them while they last.
    await client.config.credentials();
    expect(double.hits.get('meta-data/iam/security-credentials/gitlab-runner')).toBe(1);
    client.destroy();
  });

  it('has none while the service fails', async () => {
    const double = await start();
    double.switches.failure = 503;
    const client = clientAt(double.url);
    await expect(client.config.credentials()).rejects.toThrow(/credentials/i);
    client.destroy();
  });
});
