import type { ServiceName } from '../../rehearsal/step-functions/services.ts';
import type { Answer } from './intercepting-proxy.ts';

/** An error of a service as it stands on the wire, and what Step Functions makes of it. */
export interface ServiceError {
  readonly status: number;
  /** The error's code on the wire. */
  readonly code: string;
  readonly message: string;
  /** Its name through the AWS SDK integration. */
  readonly sdk: string;
  /** Its name through the integration of Step Functions' own, where the service has one. */
  readonly optimized?: string;
}

/** DynamoDB's framework errors have another namespace than its own, and spell `Message` with a capital (sebdah/dynamic-dynamodb#321). */
const coral = 'com.amazon.coral.service';
const ofCoral: ReadonlySet<string> = new Set(['AccessDeniedException', 'ServiceUnavailable']);

const denied = (action: string, resource: string): string =>
  `User: arn:aws:sts::123456789012:assumed-role/glab-runner/execution is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

/**
 * Statuses and codes are those of the services (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html,
 * https://docs.aws.amazon.com/autoscaling/ec2/APIReference/CommonErrors.html and the errors of each operation there). Names: an error that
 * the API models has its own, in the form of the Java SDK; any other has the service's.
 */
export const serviceErrors = {
  dynamodb: [
    {
      status: 400,
      code: 'ThrottlingException',
      message: 'Throughput exceeds the current capacity of your table or index.',
      sdk: 'DynamoDb.ThrottlingException',
      optimized: 'DynamoDB.ThrottlingException',
    },
    {
      status: 400,
      code: 'ProvisionedThroughputExceededException',
      message: 'The level of configured provisioned throughput for the table was exceeded.',
      sdk: 'DynamoDb.ProvisionedThroughputExceededException',
      optimized: 'DynamoDB.ProvisionedThroughputExceededException',
    },
    {
      status: 400,
      code: 'RequestLimitExceeded',
      message: 'Throughput exceeds the current throughput limit for your account.',
      sdk: 'DynamoDb.RequestLimitExceededException',
      optimized: 'DynamoDB.RequestLimitExceededException',
    },
    {
      status: 500,
      code: 'InternalServerError',
      message: 'Internal server error',
      sdk: 'DynamoDb.InternalServerErrorException',
      optimized: 'DynamoDB.InternalServerErrorException',
    },
    {
      status: 503,
      code: 'ServiceUnavailable',
      message: 'The service is unavailable.',
      sdk: 'DynamoDb.DynamoDbException',
      optimized: 'DynamoDB.AmazonDynamoDBException',
    },
    {
      status: 400,
      code: 'AccessDeniedException',
      message: denied('dynamodb:UpdateItem', 'arn:aws:dynamodb:eu-north-1:123456789012:table/lock'),
      sdk: 'DynamoDb.DynamoDbException',
      optimized: 'DynamoDB.AmazonDynamoDBException',
    },
    {
      status: 400,
      code: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      sdk: 'DynamoDb.ConditionalCheckFailedException',
      optimized: 'DynamoDB.ConditionalCheckFailedException',
    },
    {
      status: 400,
      code: 'ResourceNotFoundException',
      message: 'Requested resource not found',
      sdk: 'DynamoDb.ResourceNotFoundException',
      optimized: 'DynamoDB.ResourceNotFoundException',
    },
    {
      status: 400,
      code: 'ValidationException',
      message: 'Invalid UpdateExpression: Syntax error',
      sdk: 'DynamoDb.DynamoDbException',
      optimized: 'DynamoDB.AmazonDynamoDBException',
    },
  ],
  autoscaling: [
    { status: 400, code: 'Throttling', message: 'Rate exceeded', sdk: 'AutoScaling.AutoScalingException' },
    {
      status: 500,
      code: 'InternalFailure',
      message: 'We encountered an internal error. Please try again.',
      sdk: 'AutoScaling.AutoScalingException',
    },
    {
      status: 503,
      code: 'ServiceUnavailable',
      message: 'Service is unavailable. Please try again later.',
      sdk: 'AutoScaling.AutoScalingException',
    },
    {
      status: 403,
      code: 'AccessDenied',
      message: denied(
        'autoscaling:SetDesiredCapacity',
        'arn:aws:autoscaling:eu-north-1:123456789012:autoScalingGroup:*:autoScalingGroupName/glab-runner',
      ),
      sdk: 'AutoScaling.AutoScalingException',
    },
    {
      status: 400,
      code: 'ValidationError',
      message: 'New SetDesiredCapacity value 4 is above max value 3 for the AutoScalingGroup.',
      sdk: 'AutoScaling.AutoScalingException',
    },
    {
      status: 400,
      code: 'ScalingActivityInProgress',
      message: 'Scaling activity 0 is in progress and blocks this action',
      sdk: 'AutoScaling.ScalingActivityInProgressException',
    },
    {
      status: 500,
      code: 'ResourceContention',
      message: 'You already have a pending update to an Amazon EC2 Auto Scaling resource.',
      sdk: 'AutoScaling.ResourceContentionException',
    },
  ],
} as const satisfies Readonly<Record<ServiceName, readonly ServiceError[]>>;

export type ErrorCode<S extends ServiceName> = (typeof serviceErrors)[S][number]['code'];

/** One of them, by its code. */
export function serviceError<S extends ServiceName>(service: S, code: ErrorCode<S>): ServiceError {
  const errors: readonly ServiceError[] = serviceErrors[service];
  const found = errors.find((each) => each.code === code);
  if (found === undefined) throw new Error(`${service} has no error ${code}.`);
  return found;
}

const sentAs: Readonly<Record<ServiceName, (error: ServiceError) => Pick<Answer, 'headers' | 'body'>>> = {
  // AWS JSON 1.0 (https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html).
  dynamodb: ({ code, message }) => ({
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'MADEBYTHETEST' },
    body: JSON.stringify(
      ofCoral.has(code)
        ? { __type: `${coral}#${code}`, Message: message }
        : { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message },
    ),
  }),
  // The Query protocol (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
  autoscaling: ({ status, code, message }) => ({
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': 'MADEBYTHETEST' },
    body: `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
  <Error><Type>${status >= 500 ? 'Receiver' : 'Sender'}</Type><Code>${code}</Code><Message>${message}</Message></Error>
  <RequestId>MADEBYTHETEST</RequestId>
</ErrorResponse>`,
  }),
};

/** The answer with which a service refuses. */
export const answerOf = (service: ServiceName, error: ServiceError): Answer => ({
  status: error.status,
  ...sentAs[service](error),
});
