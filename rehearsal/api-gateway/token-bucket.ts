/** A stage's or method's throttle (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html). */
export interface Throttling {
  /** Requests a second in the long run. */
  readonly rateLimit: number;
  /** Requests at once after a pause. */
  readonly burstLimit: number;
}

/**
 * Returns a function that takes one token and says whether there was one. A negative limit means none, as in
 * `aws_api_gateway_method_settings`. `now` gives milliseconds.
 */
export function tokenBucket({ rateLimit, burstLimit }: Throttling, now: () => number): () => boolean {
  if (rateLimit < 0 || burstLimit < 0) return () => true;
  let tokens = burstLimit;
  let filledAt = now();
  return () => {
    const at = now();
    tokens = Math.min(burstLimit, tokens + ((at - filledAt) / 1000) * rateLimit);
    filledAt = at;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
