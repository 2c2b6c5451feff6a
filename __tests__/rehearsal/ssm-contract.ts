import { GetParameterCommand, SSMServiceException, type Parameter, type SSMClient } from '@aws-sdk/client-ssm';

/** An SSM with these parameters and no others, and a client that does not retry. */
export interface SsmSubject {
  readonly client: SSMClient;
  close(): Promise<void>;
}
export type MakeSsm = (
  parameters: readonly { readonly name: string; readonly type: 'String' | 'SecureString'; readonly value: string }[],
) => Promise<SsmSubject>;

const secret = { name: '/gitlab_tokens', type: 'SecureString', value: '{"gl_runner_token": "glrt-ü"}' } as const;
const plain = { name: 'plain', type: 'String', value: 'glrt-plain' } as const;

type Check = (client: SSMClient) => Promise<void>;

const get = async (client: SSMClient, Name: string, WithDecryption?: boolean): Promise<Parameter> => {
  const { Parameter } = await client.send(new GetParameterCommand({ Name, WithDecryption }));
  if (!Parameter) throw new Error('a success without a parameter');
  return Parameter;
};
async function refusal(promise: Promise<unknown>): Promise<readonly [string, number | undefined]> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SSMServiceException) return [error.name, error.$metadata.httpStatusCode];
  throw new Error('expected a refusal of the service', { cause: error });
}

/** What SSM owes those who read a token. */
const cases: Readonly<Record<string, Check>> = {
  'tells a SecureString with decryption': async (client) => {
    expect(await get(client, secret.name, true)).toEqual({
      ARN: expect.stringMatching(/^arn:aws:ssm:eu-north-1:\d{12}:parameter\/gitlab_tokens$/) as unknown,
      DataType: 'text',
      LastModifiedDate: expect.any(Date) as unknown,
      Name: secret.name,
      Type: 'SecureString',
      Value: secret.value,
      Version: 1,
    });
  },
  'tells something else without': async (client) => {
    for (const withDecryption of [false, undefined]) {
      const { Type, Value } = await get(client, secret.name, withDecryption);
      expect(Type).toBe('SecureString');
      expect(Value).not.toBe(secret.value);
    }
  },
  'does not tell the value without': async (client) => {
    expect((await get(client, secret.name)).Value).not.toContain('glrt-');
  },
  'tells a String either way': async (client) => {
    for (const withDecryption of [true, false])
      expect(await get(client, plain.name, withDecryption)).toMatchObject({
        ARN: expect.stringMatching(/:parameter\/plain$/) as unknown,
        Type: 'String',
        Value: plain.value,
      });
  },
  'tells a version that there is': async (client) => {
    expect((await get(client, `${secret.name}:1`, true)).Value).toBe(secret.value);
  },
  'refuses a version that there is not': async (client) => {
    expect(await refusal(get(client, `${secret.name}:9`, true))).toEqual(['ParameterVersionNotFound', 400]);
  },
  'refuses a parameter that there is not': async (client) => {
    expect(await refusal(get(client, '/other', true))).toEqual(['ParameterNotFound', 400]);
  },
  'refuses an empty name': async (client) => {
    expect(await refusal(get(client, '', true))).toEqual(['ValidationException', 400]);
  },
};

/** Applies the contract to one service; `differences` says where it is known not to keep it, and why. */
export function describeSsmContract(
  name: string,
  make: MakeSsm,
  differences: Readonly<Record<string, string>> = {},
): void {
  const unknown = Object.keys(differences).filter((title) => !(title in cases));
  if (unknown.length > 0) throw new Error(`the contract has no part ${unknown.join(', ')}`);

  describe(`${name} keeps the SSM contract: it`, () => {
    let subject: SsmSubject | undefined;
    afterEach(async () => {
      await subject?.close();
      subject = undefined;
    });
    for (const [title, check] of Object.entries(cases)) {
      const body = async () => {
        subject = await make([secret, plain]);
        await check(subject.client);
      };
      const difference = differences[title];
      if (difference === undefined) it(title, body);
      else it.failing(`${title} (not so: ${difference})`, body);
    }
  });
}
