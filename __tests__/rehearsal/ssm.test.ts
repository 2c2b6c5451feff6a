import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { startSsm, type StoredParameter } from '../../rehearsal/ssm.ts';
import { describeSsmContract } from './ssm-contract.ts';

async function start(parameters: Readonly<Record<string, StoredParameter>>) {
  const double = await startSsm(parameters);
  const client = new SSMClient({
    endpoint: double.url,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    double,
    client,
    close: async () => {
      client.destroy();
      await double.close();
    },
  };
}

describeSsmContract('the double', (parameters) =>
  start(
    Object.fromEntries(
      parameters.map(({ name, type, value }) => [name, type === 'SecureString' ? value : { type, value }]),
    ),
  ),
);

describe('the double of SSM', () => {
  let subject: Awaited<ReturnType<typeof start>>;
  beforeEach(async () => {
    subject = await start({ '/gitlab_tokens': 'glrt-abc' });
  });
  afterEach(() => subject.close());
  const get = () => subject.client.send(new GetParameterCommand({ Name: '/gitlab_tokens', WithDecryption: true }));

  it('meets the faults of a test one after the other, and is well again', async () => {
    subject.double.faults.push(
      { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' },
      { status: 400, type: 'AccessDeniedException' },
      { status: 500, type: 'InternalServerError' },
      'cut',
      'lost response',
    );
    await expect(get()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' });
    await expect(get()).rejects.toMatchObject({ name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } });
    await expect(get()).rejects.toMatchObject({ name: 'InternalServerError', $metadata: { httpStatusCode: 500 } });
    await expect(get()).rejects.toThrow('socket hang up');
    await expect(get()).rejects.toThrow('socket hang up');
    expect((await get()).Parameter?.Value).toBe('glrt-abc');
  });

  it('does not answer while it stalls, and lets go when it is closed', async () => {
    subject.double.faults.push('stall');
    const asked = get().catch((error: unknown) => String(error));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await subject.double.close();
    expect(await asked).toMatch(/socket hang up|ECONNRESET/);
    subject = await start({});
  });

  it.each([
    [{}, 'MissingAuthenticationTokenException'],
    [{ authorization: 'AWS4-HMAC-SHA256 nonsense' }, 'IncompleteSignatureException'],
    [{ authorization: signedFor('monitoring') }, 'IncompleteSignatureException'],
    [{ authorization: signedFor('ssm'), 'x-amz-target': 'AmazonSSM.PutParameter' }, 'UnknownOperationException'],
    [{ authorization: signedFor('ssm'), 'x-amz-target': 'AmazonSSM.GetParameter' }, 'SerializationException'],
  ])('refuses a request with %j', async (headers, type) => {
    const answer = await fetch(subject.double.url, { method: 'POST', headers, body: 'no JSON' });
    expect([answer.status, await answer.json()]).toEqual([400, { __type: type }]);
  });
});

function signedFor(service: string): string {
  return `AWS4-HMAC-SHA256 Credential=AKIA/20261201/eu-north-1/${service}/aws4_request, SignedHeaders=host, Signature=abc`;
}
