import type { Answer } from '../decisions/step.ts';

/** The parts of an error of the AWS SDK that matter here. */
interface ServiceError {
  readonly name: string;
  readonly message: string;
  readonly $metadata: { readonly httpStatusCode?: number };
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && '$metadata' in error && typeof error.$metadata === 'object';

type Failed = Extract<Answer, { readonly kind: 'refused' | 'unknown' }>;

/**
 * What a failed call came to. A service that answers with 4xx has done nothing; with 5xx, or without an answer, nobody knows. Throws what is
 * no failure of a call: a programming error must not look like an outage.
 */
export function failed(error: unknown): Failed {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof ReferenceError) throw error;
  const status = isServiceError(error) ? error.$metadata.httpStatusCode : undefined;
  const why = `${error.name}: ${error.message}`;
  return { kind: status !== undefined && status >= 400 && status < 500 ? 'refused' : 'unknown', why };
}
