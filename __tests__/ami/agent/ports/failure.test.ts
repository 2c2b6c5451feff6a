import { failed } from '../../../../ami/agent/ports/failure.ts';

/** An error as the SDK makes it from an answer of a service. */
const answered = (status: number | undefined, name: string): Error =>
  Object.assign(new Error('what it says'), {
    name,
    $metadata: status === undefined ? { attempts: 1 } : { httpStatusCode: status },
  });
/** An error of a connection. */
const broken = (name: string, code: string): Error => Object.assign(new Error('what it says'), { name, code });

describe('a failed call', () => {
  it.each([
    [400, 'ValidationError'],
    [400, 'ScalingActivityInProgress'],
    [400, 'ThrottlingException'],
    [400, 'Throttling'],
    [403, 'AccessDenied'],
    [404, 'ResourceNotFoundException'],
    [429, 'TooManyRequestsException'],
    [499, 'Anything'],
  ])('has done nothing when the service says %d %s', (status, name) => {
    expect(failed(answered(status, name))).toEqual({ kind: 'refused', why: `${name}: what it says` });
  });

  it.each([
    ['a 500', answered(500, 'InternalFailure')],
    ['a 500 for a resource that is contended', answered(500, 'ResourceContention')],
    ['a 503', answered(503, 'ServiceUnavailable')],
    ['a 200 that cannot be read', answered(200, 'SyntaxError')],
    ['an error without a status', answered(undefined, 'TimeoutError')],
    ['a time limit', broken('TimeoutError', 'ETIMEDOUT')],
    ['a connection that was cut', broken('Error', 'ECONNRESET')],
    ['a connection that was refused', broken('Error', 'ECONNREFUSED')],
    ['a request that was given up', broken('AbortError', 'ABORT_ERR')],
    ['credentials that did not come', broken('CredentialsProviderError', 'none')],
    ['an error with odd metadata', Object.assign(new Error('what it says'), { $metadata: 400 })],
  ])('has an unknown outcome after %s', (_, error) => {
    expect(failed(error)).toEqual({ kind: 'unknown', why: `${error.name}: what it says` });
  });

  it.each([
    ['a TypeError', new TypeError('x is not a function')],
    ['a ReferenceError', new ReferenceError('x is not defined')],
    ['a thrown text', 'oh'],
    ['a thrown nothing', undefined],
  ])('is no failure of a call but a mistake of ours when it is %s', (_, thrown) => {
    let caught: unknown = 'nothing was thrown';
    try {
      failed(thrown);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBe(thrown);
  });
});
