import type { Imds } from '../../../../ami/agent/ports/imds.ts';
import { connectImds } from '../../../../ami/agent/ports/imds.ts';
import type { ImdsDouble } from '../../../../rehearsal/imds.ts';
import { startImds } from '../../../../rehearsal/imds.ts';

const instanceId = 'i-0123456789abcdef0';
const region = 'eu-north-1';
let double: ImdsDouble;
let imds: Imds;
let milliseconds: number;
let state: string | undefined;
let spotAt: Date | undefined;

beforeEach(async () => {
  milliseconds = 0;
  state = undefined;
  spotAt = undefined;
  double = await startImds({ instanceId, region, targetLifecycleState: () => state, spotAt: () => spotAt });
  imds = connectImds({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `${double.url}/` }, () => milliseconds);
});
afterEach(() => double.close());

describe('the metadata service', () => {
  it('tells who the instance is', async () => {
    expect(await imds.identity()).toEqual({ instanceId, region });
  });

  it('tells nothing before the first transition, and without a notice', async () => {
    expect(await imds.signals()).toEqual({});
  });

  it.each(['InService', 'Terminated'])('tells that the instance is to be %s', async (target) => {
    state = target;
    expect(await imds.signals()).toEqual({ targetLifecycleState: target });
  });

  it('tells when Spot takes the machine', async () => {
    spotAt = new Date('2026-12-01T12:00:00Z');
    expect(await imds.signals()).toEqual({ spotAt });
  });

  it('is asked with one token for as long as that lasts (B30)', async () => {
    await imds.signals();
    await imds.signals();
    expect(double.hits.get('api/token')).toBe(1);
    milliseconds = 150_000;
    await imds.signals();
    expect(double.hits.get('api/token')).toBe(2);
  });

  it('is asked with a new token when it refuses the old one', async () => {
    double.switches.longestTokenSeconds = 0.05;
    await imds.signals();
    await new Promise((resolve) => setTimeout(resolve, 80));
    double.switches.longestTokenSeconds = Infinity;
    state = 'Terminated';
    expect(await imds.signals()).toEqual({ targetLifecycleState: 'Terminated' });
  });

  it.each([401, 503, 'cut'] as const)('gives no signal by failing (%s), whatever it would say', async (failure) => {
    state = 'Terminated';
    spotAt = new Date();
    double.switches.failure = failure;
    expect(await imds.signals()).toEqual({});
    await expect(imds.identity()).rejects.toThrow();
  });

  it('does not hold a look up for longer than two seconds when it stalls', async () => {
    double.switches.failure = 'stall';
    const begun = performance.now();
    expect(await imds.signals()).toEqual({});
    expect(performance.now() - begun).toBeLessThan(2900);
  });

  it.each(['<html>', '{"error": 1}', ''])('gives no signal by saying %j', async (text) => {
    state = text;
    expect(await imds.signals()).toEqual({});
  });
});
