import { ownConcurrency } from '../ami/agent/configuration/configuration.ts';
import { defaults } from '../ami/contract.ts';
import { addressOf } from './expression.ts';
import type { Variables } from './variables.ts';

/**
 * How many jobs an instance takes at once, as Terraform expressions. Runner, agent and the demand strategy's machine all follow these, so
 * that they reckon with the same number whoever sets it.
 */
export interface JobsPerInstance {
  /** For the agent's settings, which know the default themselves: null where nothing was asked for. */
  readonly asked: string;
  /** A number in any case. */
  readonly number: string;
}

/** A number in the runner configuration decides; it is known at synth. Without one it is the variable, and where that is null the default. */
export function jobsPerInstance(configuration: string, vars: Variables): JobsPerInstance {
  const fixed = ownConcurrency(configuration);
  if (fixed !== undefined) return { asked: String(fixed), number: String(fixed) };
  const asked = addressOf(vars.capacity_per_instance);
  return { asked, number: `coalesce(${asked}, ${defaults.jobsPerInstance})` };
}
