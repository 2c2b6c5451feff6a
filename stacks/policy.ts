import { Fn } from 'cdktf';

/** One statement of an IAM policy, as JSON has it (IAM User Guide, policy grammar). */
export interface Statement {
  readonly Sid?: string;
  readonly Effect?: 'Allow' | 'Deny';
  readonly Principal?: unknown;
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/**
 * A policy as Terraform's jsonencode writes it, so that an unchanged policy is the same text as upstream's. Strings may hold
 * references; none of ours holds a double quote, which jsonencode of an object would not survive.
 */
export const policy = (...statements: readonly Statement[]): string =>
  Fn.jsonencode({
    Version: '2012-10-17',
    Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })),
  });

/** Lets one AWS service take the role. */
export const assumedBy = (service: string): string =>
  policy({ Action: 'sts:AssumeRole', Principal: { Service: service } });
