import type { Strategy } from '../../contract.ts';

/** What an instance is told about itself and its fleet. */
export interface Settings {
  readonly instanceId: string;
  readonly strategy: Strategy;
  /** How many jobs the fleet reckons with for each instance; demand strategy only. */
  readonly jobsPerInstance: number;
  /** Without a job for so long, the instance tries to leave. */
  readonly idleSeconds: number;
  /** How long a lifecycle hook holds an instance between two heartbeats. */
  readonly hookSeconds: number;
}
