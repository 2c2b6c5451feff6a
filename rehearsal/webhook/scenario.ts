import { strategies } from '../../ami/contract.ts';
import type { Strategy } from '../../ami/contract.ts';
import type { Plan } from '../terraform/plan.ts';
import { demandSteps, leastMaximum, mostRequestsOfDemand } from './demand-steps.ts';
import type { Step } from './looks.ts';
import { mostRequests, steps } from './steps.ts';

/** What is done with a plan. */
export interface Scenario {
  readonly strategy: Strategy;
  readonly steps: readonly Step[];
  /** Requests that the steps send to one world, at most. */
  readonly mostRequests: number;
  /** The `max_size` that they need. */
  readonly leastMaximum: number;
}

const scenarios: Readonly<Record<Strategy, Omit<Scenario, 'strategy'>>> = {
  'first-instance': { steps, mostRequests, leastMaximum: 1 },
  demand: { steps: demandSteps, mostRequests: mostRequestsOfDemand, leastMaximum },
};

/** The steps for the strategy that a plan was made with; a plan may leave out what is at its default. */
export function scenarioOf(variables: Plan['variables']): Scenario {
  const given = variables.scale_out_strategy?.value ?? strategies[0];
  const strategy = strategies.find((known) => known === given) ?? strategies[0];
  return { strategy, ...scenarios[strategy] };
}
