import { awsSdk, optimized } from './aws-sdk.ts';

type DynamoDb = typeof import('@aws-sdk/client-dynamodb');
type AutoScaling = typeof import('@aws-sdk/client-auto-scaling');

/** DynamoDB through the AWS SDK. How it spells sets and booleans is not established: for those use `dynamodbOptimized` (decision 0022). */
export const dynamodb = awsSdk<DynamoDb>()('dynamodb', 'DynamoDb');

/** DynamoDB as Step Functions integrates it, in the API's own spelling. */
export const dynamodbOptimized = optimized<DynamoDb>()(
  'dynamodb',
  'DynamoDB',
  ['getItem', 'putItem', 'updateItem', 'deleteItem'],
  'AmazonDynamoDBException',
);

/** EC2 Auto Scaling. */
export const autoscaling = awsSdk<AutoScaling>()('autoscaling', 'AutoScaling');
