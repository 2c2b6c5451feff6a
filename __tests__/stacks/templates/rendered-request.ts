import type { ExecutionInput } from './corpus.ts';

/** StartExecution's request as Step Functions would read it; `input` decoded too. */
export interface RenderedRequest {
  readonly stateMachineArn: string;
  readonly name?: string;
  readonly input?: ExecutionInput;
}

/** Decodes what the request template rendered, both layers of JSON; throws when either is not valid. */
export function decodeRequest(text: string): RenderedRequest {
  const { input, ...rest } = JSON.parse(text) as { stateMachineArn: string; name?: string; input?: string };
  return input === undefined ? rest : { ...rest, input: JSON.parse(input) as ExecutionInput };
}

/** What a call has to be rendered to. */
export const requestFor = (arn: string, becomes: ExecutionInput | 'ignored'): RenderedRequest =>
  becomes === 'ignored'
    ? { stateMachineArn: arn, name: 'ignored:event' }
    : { stateMachineArn: arn, input: becomes };
