import { document } from './path.ts';
import type { Payload } from './payload.ts';
import type { Flow, StatesError, Task } from './states.ts';
import { call } from './states.ts';

/** The names of a client package's operations, as Step Functions spells them: `updateItem` for `UpdateItemCommand`. */
type Operation<Sdk> = {
  [K in keyof Sdk]: K extends `${infer Op}Command` ? (Op extends '$' ? never : Uncapitalize<Op>) : never;
}[keyof Sdk];

type CommandOf<Sdk, Op extends string> = `${Capitalize<Op>}Command` extends infer C extends keyof Sdk ? Sdk[C] : never;

type Input<Sdk, Op extends string> =
  CommandOf<Sdk, Op> extends abstract new (...given: never[]) => { readonly input: infer I } ? I : never;

/** A command names the type of its answer only in a method that the SDK calls; the metadata beside it, Step Functions drops. */
type Output<Sdk, Op extends string> =
  CommandOf<Sdk, Op> extends abstract new (...given: never[]) => {
    resolveMiddleware(...given: never[]): (...given: never[]) => Promise<{ output: infer O }>;
  }
    ? Shown<Omit<O, '$metadata'>>
    : never;

/** The answer as a state sees it: JSON, in which moments and bytes are text. */
type Shown<T> = T extends Date | Uint8Array
  ? string
  : T extends readonly (infer I)[]
    ? readonly Shown<I>[]
    : T extends object
      ? { readonly [K in keyof T]: Shown<T[K]> }
      : T;

type Fault<Sdk> = {
  [K in keyof Sdk]: K extends `${string}ServiceException`
    ? never
    : Sdk[K] extends abstract new (...given: never[]) => { readonly $fault: 'client' | 'server' }
      ? K
      : never;
}[keyof Sdk];

/** Step Functions reports errors under their Java SDK names: `…Exception`, whatever the shape is called (https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html). */
type Reported<E> = E extends `${string}Exception`
  ? E
  : E extends `${infer Name}Fault`
    ? `${Name}Exception`
    : `${E & string}Exception`;

type ErrorOf<Sdk, Prefix extends string, Unmodelled extends string> =
  StatesError | `${Prefix}.${Reported<Fault<Sdk>>}` | `${Prefix}.${Unmodelled}`;

/** Makes the tasks of one service: `updateItem`, its parameters, and where to go. */
type Tasks<Sdk, Op extends string, E extends string> = <const O extends Op, const N extends string = never>(
  operation: O,
  parameters: Payload<Input<Sdk, O>>,
  flow: Flow<N, E, Output<Sdk, O>>,
) => Task<NoInfer<N>>;

interface Integration {
  /** Everything of the task's Resource but the operation. */
  readonly resource: string;
  /** The service's prefix in IAM. */
  readonly iam: string;
}

const tasks =
  ({ resource, iam }: Integration) =>
  (operation: string, parameters: object, { ResultSelector, ...flow }: Flow<string, never, unknown>): Task<string> => ({
    Type: 'Task',
    Resource: `${resource}:${operation}`,
    [call]: { service: iam, action: `${iam}:${operation.charAt(0).toUpperCase()}${operation.slice(1)}` },
    Parameters: parameters,
    ...(ResultSelector === undefined ? {} : { ResultSelector: ResultSelector(document()) }),
    ...flow,
  });

/**
 * A service as Step Functions calls it through the AWS SDK: any operation, in the API's own words.
 * Everything is read off the client package's exports; the import is a type and vanishes.
 * `prefix` begins the names of its errors; those that the API does not model (throttling, validation, denied access) arrive as `Prefix.PrefixException`.
 * `iam` is the service's prefix in IAM where that is not `service`.
 */
export const awsSdk =
  <Sdk>() =>
  <const Service extends string, const Prefix extends string>(
    service: Service,
    prefix: Prefix,
    iam: string = service,
  ): Tasks<Sdk, Operation<Sdk>, ErrorOf<Sdk, Prefix, `${Prefix}Exception`>> => {
    // `prefix` is only a type. The cast: what makes the tasks is the same for all services, what it accepts is in the types alone.
    void prefix;
    return tasks({ resource: `arn:aws:states:::aws-sdk:${service}`, iam }) as never;
  };

/**
 * A service that Step Functions integrates itself, with few operations. Its errors have another prefix than the same service's
 * through the SDK: `DynamoDB` here, `DynamoDb` there (https://docs.aws.amazon.com/step-functions/latest/dg/connect-ddb.html).
 */
export const optimized =
  <Sdk>() =>
  <const Service extends string, const Prefix extends string, const Op extends Operation<Sdk>, const Un extends string>(
    service: Service,
    prefix: Prefix,
    operations: readonly Op[],
    unmodelled: Un,
  ): Tasks<Sdk, Op, ErrorOf<Sdk, Prefix, Un>> => {
    void [prefix, operations, unmodelled];
    return tasks({ resource: `arn:aws:states:::${service}`, iam: service }) as never;
  };
