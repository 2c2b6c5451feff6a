/** How Step Functions calls a service: through the AWS SDK for Java, or with an integration of its own. */
export type Integration = 'aws-sdk' | 'optimized';

/** What a service answered instead of a result. */
export interface Refusal {
  /** The error's code on the wire, such as `ValidationError`. */
  readonly code: string;
  readonly message: string;
  /** Whether the API's model has an error of this code. */
  readonly isModelled: boolean;
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
}

/** The words that begin a service's error names, and what its SDK calls the service. */
export interface ServiceNames {
  /** `DynamoDb`. */
  readonly sdk: string;
  /** Only where Step Functions integrates the service itself. */
  readonly optimized?: { readonly prefix: string; readonly unmodelled: string; readonly name: string };
}

/** An error as a state sees it. */
export class TaskError extends Error {
  override readonly name: string;
  /** Read by the interpreter: whether Retry and Catch may match it. */
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  /** Without a cause the error output has none, as `States.Timeout`. */
  constructor(name: string, cause?: string, terminal = false) {
    super(cause);
    this.name = name;
    this.isRetryable = !terminal;
    this.isCatchable = !terminal;
    // The interpreter copies `message` into the error output, also an empty one.
    if (cause === undefined) Object.defineProperty(this, 'message', { value: undefined });
  }
}

/** The class of the error in the AWS SDK for Java, whose names all end in `Exception`. */
const javaName = (code: string): string => {
  if (code.endsWith('Exception')) return code;
  return `${code.endsWith('Fault') ? code.slice(0, -'Fault'.length) : code}Exception`;
};

/**
 * The error's name and cause in a state machine. An error that the API does not model has the name of the service's base class
 * (https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html, recorded for DynamoDB and Secrets Manager).
 */
export function taskError(integration: Integration, service: ServiceNames, refusal: Refusal): TaskError {
  const { code, message, isModelled, status, requestId } = refusal;
  if (integration === 'aws-sdk') {
    const details = `Service: ${service.sdk}, Status Code: ${status ?? 'none'}, Request ID: ${requestId ?? 'none'}`;
    const name = isModelled ? javaName(code) : `${service.sdk}Exception`;
    return new TaskError(`${service.sdk}.${name}`, `${message} (${details})`);
  }
  const { optimized } = service;
  if (optimized === undefined) throw new Error(`Step Functions has no integration of its own for ${service.sdk}.`);
  const details = `Service: ${optimized.name}; Status Code: ${status ?? 'none'}; Error Code: ${code}; Request ID: ${requestId ?? 'none'}; Proxy: null`;
  return new TaskError(
    `${optimized.prefix}.${isModelled ? javaName(code) : optimized.unmodelled}`,
    `${message} (${details})`,
  );
}

/** The service could not be reached. */
export const unreachable = (integration: Integration, service: ServiceNames, message: string): TaskError =>
  new TaskError(
    `${integration === 'optimized' ? (service.optimized?.prefix ?? service.sdk) : service.sdk}.SdkClientException`,
    message,
  );

export const timedOut = (): TaskError => new TaskError('States.Timeout');

/** Ends the execution whatever Retry and Catch say. */
export const runtimeError = (cause: string): TaskError => new TaskError('States.Runtime', cause, true);

/** Ends the execution whatever Retry and Catch say. */
export const tooMuchData = (state: string): TaskError =>
  new TaskError(
    'States.DataLimitExceeded',
    `The state/task '${state}' returned a result with a size exceeding the maximum number of bytes service limit.`,
    true,
  );
