import { defaults } from '../ami/contract.ts';
import { addressOf } from './expression.ts';
import type { Variables } from './variables.ts';

/** A YAML entry for `concurrent`, on a line of its own or in braces, with what comes after. */
const entry = /(?:^|[\s{,])(["']?)concurrent\1\s*:(.*)$/;
const value = /^\s*(["']?)(\{\{\s*\w+\s*\}\}|[^"'\s,}]*)\1\s*(?:[,}].*)?$/;
const comment = /(?:^|\s)#.*$/;

/** The value of the line's entry without its quotes; the rest of the line where it is more than a plain value. */
function valueIn(line: string): string | undefined {
  const rest = entry.exec(line.replace(comment, ''))?.[2];
  return rest === undefined ? undefined : (value.exec(rest)?.[2] ?? rest.trim());
}

/** `concurrent` as a runner configuration has it: a number of its own, or undefined where it leaves it to the agent's settings. */
export function concurrencyOf(configuration: string): number | undefined {
  const values = configuration
    .split('\n')
    .map(valueIn)
    .filter((found) => found !== undefined);
  const [only = '1', ...others] = values;
  if (others.length === 0 && /^\{\{\s*gl_concurrency\s*\}\}$/.test(only)) return undefined;
  // GitLab Runner takes 1 where there is none, and does not start with 0.
  if (others.length === 0 && /^[1-9][0-9]{0,3}$/.test(only)) return Number(only);
  throw new Error(
    `The runner configuration has ${values.map((found) => `concurrent: ${found}`).join(' and ')}, but must have it once, as a number from 1 to 9999 or as '{{ gl_concurrency }}', which the variable capacity_per_instance fills in.`,
  );
}

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
  const fixed = concurrencyOf(configuration);
  if (fixed !== undefined) return { asked: String(fixed), number: String(fixed) };
  const asked = addressOf(vars.capacity_per_instance);
  return { asked, number: `coalesce(${asked}, ${defaults.jobsPerInstance})` };
}
