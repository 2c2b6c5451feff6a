/** What the data plane sends back to the caller. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The answers that API Gateway gives by itself: status, `x-amzn-ErrorType` and default text
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html).
 */
const responses = {
  missingAuthenticationToken: [403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'],
  accessDenied: [403, 'AccessDeniedException', 'User: anonymous is not authorized to perform: execute-api:Invoke'],
  invalidApiKey: [403, 'ForbiddenException', 'Forbidden'],
  throttled: [429, 'TooManyRequestsException', 'Too Many Requests'],
  requestTooLarge: [413, 'RequestTooLargeException', 'Request Too Long'],
  unsupportedMediaType: [415, 'BadRequestException', 'Unsupported Media Type'],
  malformedBody: [400, 'BadRequestException', 'Could not process payload'],
  configurationError: [500, 'InternalServerErrorException', 'Internal server error'],
  integrationFailure: [504, 'InternalServerErrorException', 'Network error communicating with endpoint'],
  integrationTimeout: [504, 'InternalServerErrorException', 'Endpoint request timed out'],
} as const satisfies Readonly<Record<string, readonly [number, string, string]>>;

export type Refusal = keyof typeof responses;

/** Ends the handling of a request with one of API Gateway's own answers; `cause` is for the log, never for the caller. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, cause?: unknown) {
    super(responses[refusal][2], { cause });
    this.refusal = refusal;
  }
}

/** The answer that goes with a refusal. */
export function refusalAnswer(refusal: Refusal): Answer {
  const [status, errorType, message] = responses[refusal];
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': errorType },
    // A resource policy's refusal is the one whose key is capitalised.
    body: JSON.stringify(refusal === 'accessDenied' ? { Message: message } : { message }),
  };
}
