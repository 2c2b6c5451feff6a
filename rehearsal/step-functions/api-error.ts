/**
 * An error of the Step Functions API. On the wire: 400 and `{"__type": "<namespace>#<name>", "message": …}`. The namespaces, the texts and the
 * order of the checks are as measured on AWS by github.com/aoyagikouhei/sfn-local (src/error.rs, 2026-09-07), but where it is said otherwise.
 */
export interface ApiError {
  readonly name: string;
  readonly namespace?: string;
  readonly message?: string;
}

/** Service exceptions still carry the name of the service that Step Functions grew out of. */
const service = (name: string, message: string): ApiError => ({
  namespace: 'com.amazonaws.swf.service.v2.model',
  name,
  message,
});

export const apiErrors = {
  /** The body is no JSON object, or a field has another type. The form is that of the framework, not measured here. */
  serialization: (): ApiError => ({ name: 'SerializationException' }),
  /** No such operation; not measured here. */
  unknownOperation: (): ApiError => ({ namespace: 'com.amazon.coral.service', name: 'UnknownOperationException' }),
  /** A field breaks a constraint of the API's model: missing, too short, too long. */
  validation: (violations: readonly string[]): ApiError => ({
    namespace: 'com.amazon.coral.validate',
    name: 'ValidationException',
    message: `${violations.length} validation error${violations.length === 1 ? '' : 's'} detected: ${violations.join('; ')}`,
  }),
  /** The text was measured for something that does not begin with `arn:`. */
  invalidArn: (arn: string): ApiError => service('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`),
  stateMachineDoesNotExist: (arn: string): ApiError =>
    service('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`),
  invalidName: (name: string): ApiError => service('InvalidName', `Invalid Name: '${name}'`),
  /** What stands in the quotes is the JSON parser's own: Jackson there, V8 here. */
  invalidExecutionInput: (detail: string): ApiError =>
    service('InvalidExecutionInput', `Invalid State Machine Execution Input: '${detail}'`),
  executionAlreadyExists: (arn: string): ApiError =>
    service('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`),
  executionDoesNotExist: (arn: string): ApiError =>
    service('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`),
} as const;

/** The body of the error's answer. */
export const errorBody = ({ namespace, name, message }: ApiError): string =>
  JSON.stringify({ __type: namespace === undefined ? name : `${namespace}#${name}`, message });
