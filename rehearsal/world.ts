import { startApiGateway } from './api-gateway/gateway.ts';
import type { Exchange } from './api-gateway/gateway.ts';
import { startAutoScaling } from './auto-scaling/server.ts';
import type { AutoScalingDouble, Change } from './auto-scaling/server.ts';
import { startDynamoDb } from './dynamodb.ts';
import type { DynamoDb } from './dynamodb.ts';
import type { PlannedWorld } from './planned-world.ts';
import { startStepFunctions } from './step-functions/server.ts';
import type { Execution, StepFunctions } from './step-functions/server.ts';

/** What an observer of the world is told, in the order in which it happened. */
export type WorldEvent =
  | { readonly of: 'api gateway'; readonly exchange: Exchange }
  | { readonly of: 'auto scaling'; readonly change: Change };

export interface World {
  /** Where GitLab posts to. */
  readonly webhookUrl: string;
  readonly planned: PlannedWorld;
  readonly dynamodb: DynamoDb;
  readonly autoScaling: AutoScalingDouble;
  readonly stepFunctions: StepFunctions;
  /** Stops every server; whatever still runs is cut off. */
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly port?: number;
  /** How much of a second of a Wait or Retry passes here; 1 is real time. */
  readonly waitScale?: number;
  readonly onEvent?: (event: WorldEvent) => void;
  /** Whether the group is there at all; true by default. */
  readonly withGroup?: boolean;
}

const account = '123456789012';

/** Starts the planned webhook, machine, table and group on loopback, each as a service of its own that speaks AWS's protocol. */
export async function startWorld(planned: PlannedWorld, options: WorldOptions = {}): Promise<World> {
  const { port, waitScale = 1, onEvent, withGroup = true } = options;
  const { region, webhook, machine, group } = planned;
  const started: { close(): Promise<void> }[] = [];
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    started.unshift(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of started.splice(0)) await part.close();
  };

  try {
    const dynamodb = keep(await startDynamoDb(planned));
    const autoScaling = keep(
      await startAutoScaling({
        region,
        groups: withGroup ? [{ ...group, availabilityZones: ['a', 'b'].map((zone) => `${region}${zone}`) }] : [],
        onChange: (change) => onEvent?.({ of: 'auto scaling', change }),
      }),
    );
    const arn = `arn:aws:states:${region}:${account}:stateMachine:${machine.name}`;
    const stepFunctions = keep(
      await startStepFunctions({
        region,
        stateMachines: [{ arn, name: machine.name, definition: machine.definition }],
        endpoints: { dynamodb: dynamodb.url, autoscaling: autoScaling.url },
        waitScale,
      }),
    );
    const gateway = keep(
      await startApiGateway({
        ...webhook,
        // What the stage variable and the integration hold once their ARNs are known.
        stageVariables: { arn },
        integration: { service: 'states', action: 'StartExecution', url: stepFunctions.url },
        ...(port !== undefined && { port }),
        onExchange: (exchange) => onEvent?.({ of: 'api gateway', exchange }),
      }),
    );
    return { webhookUrl: gateway.url, planned, dynamodb, autoScaling, stepFunctions, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export type { Execution };
