import * as autoScaling from '@aws-sdk/client-auto-scaling';
import * as dynamoDb from '@aws-sdk/client-dynamodb';
import type { Integration, ServiceNames } from './task-error.ts';
import { taskError, unreachable } from './task-error.ts';

/** Where the services listen, such as `http://127.0.0.1:8000`. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly autoscaling: string;
}

export type ServiceName = keyof Endpoints;

/** One call of a service over HTTP; rejects with a TaskError. */
export type Call = (input: unknown, signal: AbortSignal) => Promise<unknown>;

export interface Services {
  /** The call that a task's Resource names. A Resource that Step Functions would not know throws. */
  callOf(resource: string): Call;
  close(): void;
}

type Constructor = abstract new (...given: never[]) => unknown;
interface Client {
  send(command: unknown, options: { readonly abortSignal: AbortSignal }): Promise<object>;
  destroy(): void;
}
interface Sdk {
  readonly names: ServiceNames;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly base: Constructor;
  readonly client: Client;
  /** Operations of Step Functions' own integration. */
  readonly optimized: readonly string[];
}

const settings = (endpoint: string, region: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' },
  // Step Functions' own Retry is what the machine relies on.
  maxAttempts: 1,
});

const sdks = (endpoints: Endpoints, region: string): Readonly<Record<ServiceName, Sdk>> => ({
  dynamodb: {
    names: {
      sdk: 'DynamoDb',
      optimized: { prefix: 'DynamoDB', unmodelled: 'AmazonDynamoDBException', name: 'AmazonDynamoDBv2' },
    },
    exports: dynamoDb,
    base: dynamoDb.DynamoDBServiceException,
    client: new dynamoDb.DynamoDBClient(settings(endpoints.dynamodb, region)),
    optimized: ['getItem', 'putItem', 'updateItem', 'deleteItem'],
  },
  autoscaling: {
    names: { sdk: 'AutoScaling' },
    exports: autoScaling,
    base: autoScaling.AutoScalingServiceException,
    client: new autoScaling.AutoScalingClient(settings(endpoints.autoscaling, region)),
    optimized: [],
  },
});

interface ServiceException extends Error {
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** An answer as a state sees it: JSON with moments in ISO 8601 and without the SDK's own metadata. */
const shown = (answer: object): unknown => JSON.parse(JSON.stringify({ ...answer, $metadata: undefined }));

const call =
  (integration: Integration, sdk: Sdk, Command: new (input: unknown) => unknown): Call =>
  async (input, signal) => {
    try {
      return shown(await sdk.client.send(new Command(input), { abortSignal: signal }));
    } catch (error) {
      if (!(error instanceof sdk.base)) throw unreachable(integration, sdk.names, String(error));
      const { name, message, constructor, $metadata } = error as ServiceException;
      throw taskError(integration, sdk.names, {
        code: name,
        message,
        // What the API does not model arrives as the base class itself.
        isModelled: constructor !== sdk.base,
        status: $metadata.httpStatusCode,
        requestId: $metadata.requestId,
      });
    }
  };

const isService = (name: string, all: object): name is ServiceName => name in all;

/** AWS services over their real protocols, as Step Functions calls them. */
export function connectServices(endpoints: Endpoints, region: string): Services {
  const all = sdks(endpoints, region);
  return {
    callOf: (resource) => {
      const [, sdkService, ownService, operation = ''] =
        /^arn:aws:states:::(?:aws-sdk:([a-z]+)|([a-z]+)):([A-Za-z]+)$/.exec(resource) ?? [];
      const integration: Integration = sdkService === undefined ? 'optimized' : 'aws-sdk';
      const name = sdkService ?? ownService ?? '';
      const unknown = new Error(
        `${resource} is no call that can be rehearsed: there are ${Object.keys(all).join(' and ')}, with the operations of their APIs.`,
      );
      if (!isService(name, all)) throw unknown;
      const sdk = all[name];
      const Command = sdk.exports[`${operation.charAt(0).toUpperCase()}${operation.slice(1)}Command`];
      // The service's name is followed by the operation in camelCase; PascalCase is refused when a machine is created.
      const isCamelCase = /^[a-z]/.test(operation);
      if (typeof Command !== 'function' || !isCamelCase) throw unknown;
      if (integration === 'optimized' && !sdk.optimized.includes(operation)) throw unknown;
      return call(integration, sdk, Command as new (input: unknown) => unknown);
    },
    close: () => {
      for (const { client } of Object.values(all)) client.destroy();
    },
  };
}
