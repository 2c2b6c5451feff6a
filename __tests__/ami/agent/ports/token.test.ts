import { SSMClient } from '@aws-sdk/client-ssm';
import { fetchToken, isRunnerToken, tokenIn } from '../../../../ami/agent/ports/token.ts';
import type { SsmDouble } from '../../../../rehearsal/ssm.ts';
import { startSsm } from '../../../../rehearsal/ssm.ts';

const parameter = '/gitlab_tokens';
let double: SsmDouble;
let client: SSMClient;
beforeEach(async () => {
  double = await startSsm();
  client = new SSMClient({
    endpoint: double.url,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: 1,
  });
});
afterEach(async () => {
  client.destroy();
  await double.close();
});

describe('the token', () => {
  it.each([
    ['glrt-abc', 'glrt-abc'],
    [' glrt-abc\n', 'glrt-abc'],
    ['{"gl_runner_token": "glrt-abc"}', 'glrt-abc'],
    ['{"runner_token": {"token": "glpat-abc"}}', 'glpat-abc'],
    ['{"runner_token": "glrt-abc", "other": 1}', 'glrt-abc'],
    ['', undefined],
    ['two words', undefined],
    ['{"gl_runner_token": ""}', undefined],
    ['{"gl_runner_token"', undefined],
    ['{"runner_token": {"token": 7}}', undefined],
    ['[]', '[]'],
  ])('in %j is %j (B54)', (value, token) => {
    expect(tokenIn(value)).toBe(token);
  });

  it.each([
    ['glrt-abc', true],
    ['glrtr-abc', true],
    ['ourprefix-glrt-abc', true],
    ['glpat-abc', false],
    ['glpat-glrtabc', false],
  ])('%s is a runner’s own: %s', (token, isIt) => {
    expect(isRunnerToken(token)).toBe(isIt);
  });

  it('is read with decryption', async () => {
    double.parameters.set(parameter, '{"gl_runner_token": "glrt-abc"}');
    expect(await fetchToken(client, parameter)).toEqual({
      kind: 'brought',
      value: { token: 'glrt-abc', isRunnerToken: true },
    });
  });

  it('is missing: the parameter is named', async () => {
    expect(await fetchToken(client, parameter)).toEqual({
      kind: 'refused',
      why: expect.stringMatching(/SSM parameter \/gitlab_tokens: ParameterNotFound/) as string,
    });
  });

  it('is denied, throttled, or nobody knows', async () => {
    double.faults.push(
      { status: 400, type: 'AccessDeniedException' },
      { status: 500, type: 'InternalServerError' },
      'cut',
    );
    expect(await fetchToken(client, parameter)).toMatchObject({ kind: 'refused' });
    expect(await fetchToken(client, parameter)).toMatchObject({ kind: 'unknown' });
    expect(await fetchToken(client, parameter)).toMatchObject({ kind: 'unknown' });
  });

  it('is malformed: what is allowed is said, and nothing of the value', async () => {
    double.parameters.set(parameter, '{"token": "marker-of-a-secret"}');
    const { kind, why } = (await fetchToken(client, parameter)) as { readonly kind: string; readonly why: string };
    expect(kind).toBe('refused');
    expect(why).toContain('{"gl_runner_token": "<token>"}');
    expect(why).not.toContain('marker');
  });
});
