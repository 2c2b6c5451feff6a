import { document } from './path.ts';

/** What Step Functions tells a running state about itself (https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html). */
export interface Context {
  readonly Execution: {
    /** ARN. */
    readonly Id: string;
    readonly Name: string;
    readonly Input: unknown;
    readonly RoleArn: string;
    /** ISO 8601. */
    readonly StartTime: string;
    readonly RedriveCount: number;
  };
  readonly State: {
    readonly Name: string;
    /** ISO 8601; stays as it is while the state is retried. */
    readonly EnteredTime: string;
    readonly RetryCount: number;
  };
  readonly StateMachine: { readonly Id: string; readonly Name: string };
}

/** The context object: `$$.Execution.Id` and its like. */
export const $$ = document<Context>('$$');
