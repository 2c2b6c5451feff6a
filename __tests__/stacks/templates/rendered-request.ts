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
  becomes === 'ignored' ? { stateMachineArn: arn, name: 'ignored:event' } : { stateMachineArn: arn, input: becomes };

/** What may at most become of a pending event whose body a parser reads in its own way: nothing but known words and digits pass. */
export function expectHarmless(text: string, token: string): void {
  const { input, name } = decodeRequest(text);
  if (input === undefined) expect(name).toBe('ignored:event');
  else
    expect({ ...input, job: /^\d{0,20}$/.test(input.job) }).toEqual({
      status: 'pending',
      token,
      job: true,
      project: '',
      runner: '',
    });
}
