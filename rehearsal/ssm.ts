import type { JsonService } from './json-service.ts';
import { startJsonService } from './json-service.ts';

export interface SsmDouble extends JsonService {
  /** Values by the names of the parameters; a SecureString is what is asked for with decryption. */
  readonly parameters: Map<string, string>;
}

/** SSM as far as it keeps a token (AWS Systems Manager API Reference, GetParameter). */
export async function startSsm(given: Readonly<Record<string, string>> = {}): Promise<SsmDouble> {
  const parameters = new Map(Object.entries(given));
  const service = await startJsonService({
    target: 'AmazonSSM',
    contentType: 'application/x-amz-json-1.1',
    operations: {
      GetParameter: ({ Name, WithDecryption }) => {
        const value = parameters.get(String(Name));
        if (value === undefined)
          return { error: { type: 'ParameterNotFound', message: `Parameter ${String(Name)} not found.` } };
        return {
          result: {
            Parameter: {
              Name,
              Type: 'SecureString',
              Value: WithDecryption === true ? value : Buffer.from(value).toString('base64'),
              Version: 1,
            },
          },
        };
      },
    },
  });
  return { ...service, parameters };
}
