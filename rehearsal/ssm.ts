import { createHash } from 'node:crypto';
import type { JsonInput, JsonOutcome, JsonService } from './json-service.ts';
import { startJsonService } from './json-service.ts';

/** A SecureString is told by its value alone. */
export type StoredParameter = string | { readonly type: 'String' | 'StringList'; readonly value: string };

export interface SsmDouble extends JsonService {
  /** By their names. A test may change them at any time; each is its own first version. */
  readonly parameters: Map<string, StoredParameter>;
}

/** What stands for the text that KMS makes of a value: as long and as strange, and the value is not in it. */
const encrypted = (value: string): string => `AQICAH${createHash('sha512').update(value).digest('base64')}`;

const failure = (type: string, message?: string): JsonOutcome => ({
  error: { type, ...(message !== undefined && { message }) },
});

/** SSM as far as it keeps a token (AWS Systems Manager API Reference, GetParameter). */
export async function startSsm(given: Readonly<Record<string, StoredParameter>> = {}): Promise<SsmDouble> {
  const parameters = new Map(Object.entries(given));
  const startedAt = Date.now();

  const getParameter = ({ Name, WithDecryption }: JsonInput): JsonOutcome => {
    if (typeof Name !== 'string' || Name === '')
      return failure(
        'ValidationException',
        "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1",
      );
    // `name:3` asks for a version; labels are not played.
    const [, name = Name, version = '1'] = /^(.+):(\d+)$/.exec(Name) ?? [];
    const stored = parameters.get(name);
    // AWS gives the name of this error and no message.
    if (stored === undefined) return failure('ParameterNotFound');
    if (version !== '1')
      return failure(
        'ParameterVersionNotFound',
        `Systems Manager could not find version ${version} of ${name}. Verify the version and try again.`,
      );
    const { type, value } = typeof stored === 'string' ? { type: 'SecureString', value: stored } : stored;
    return {
      result: {
        Parameter: {
          ARN: `arn:aws:ssm:eu-north-1:123456789012:parameter/${name.replace(/^\//, '')}`,
          DataType: 'text',
          LastModifiedDate: startedAt / 1000,
          Name: name,
          Type: type,
          Value: type === 'SecureString' && WithDecryption !== true ? encrypted(value) : value,
          Version: 1,
        },
      },
    };
  };
  const service = await startJsonService({
    target: 'AmazonSSM',
    signingName: 'ssm',
    contentType: 'application/x-amz-json-1.1',
    operations: { GetParameter: getParameter },
  });
  return { ...service, parameters };
}
