import type { Strategy } from '../ami/contract.ts';
import { addressOf, chosen } from './expression.ts';
import type { Variables } from './variables.ts';

/** The condition, as a Terraform expression, that the demand strategy was asked for; otherwise it is first-instance. */
export const isDemand = (vars: Variables): string =>
  `${addressOf(vars.scale_out_strategy)} == "${'demand' satisfies Strategy}"`;

/** The text of the strategy that the variable names; both stand in the synthesized JSON. */
export const ofStrategy = (vars: Variables, texts: Readonly<Record<Strategy, string>>): string =>
  chosen(isDemand(vars), texts.demand, texts['first-instance']);
