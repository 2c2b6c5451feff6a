import type { SSMClient } from '@aws-sdk/client-ssm';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { Brought, Token } from '../runner-on-host.ts';
import { failed } from './failure.ts';

/**
 * Reads the token of GitLab from its SSM parameter: a plain text, `{"gl_runner_token": "…"}` or `{"runner_token": {"token": "…"}}`. Nothing of the
 * value is ever in an answer that says what is wrong with it.
 */
export async function fetchToken(client: Pick<SSMClient, 'send'>, parameter: string): Promise<Brought<Token>> {
  let value: string | undefined;
  try {
    const answer = await client.send(new GetParameterCommand({ Name: parameter, WithDecryption: true }));
    value = answer.Parameter?.Value;
  } catch (error) {
    const { kind, why } = failed(error);
    return { kind, why: `SSM parameter ${parameter}: ${why}` };
  }
  const token = tokenIn(value ?? '');
  if (token !== undefined) return { kind: 'brought', value: { token, isRunnerToken: isRunnerToken(token) } };
  return {
    kind: 'refused',
    why: `SSM parameter ${parameter} holds no token: it must be the token itself, {"gl_runner_token": "<token>"} or {"runner_token": {"token": "<token>"}}, and the token must have no spaces in it`,
  };
}

const isToken = (value: unknown): value is string => typeof value === 'string' && /^[!-~]+$/.test(value);

/** The token in the parameter's value; undefined when there is none. */
export function tokenIn(value: string): string | undefined {
  const text = value.trim();
  if (!text.startsWith('{')) return isToken(text) ? text : undefined;
  try {
    const { gl_runner_token: direct, runner_token: nested } = JSON.parse(text) as Record<string, unknown>;
    const inside = typeof nested === 'object' && nested !== null ? (nested as Record<string, unknown>).token : nested;
    return [direct, inside].map((each) => (typeof each === 'string' ? each.trim() : each)).find(isToken);
  } catch {
    return undefined;
  }
}

/**
 * A runner authentication token begins with `glrt-`, or with `glrtr-` when it came of a registration token
 * (https://docs.gitlab.com/security/tokens/#token-prefixes); an instance may put a prefix of its own before it.
 */
export const isRunnerToken = (token: string): boolean => /(^|-)glrtr?-/.test(token);
