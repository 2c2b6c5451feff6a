import { MalformedBody } from '../../../rehearsal/api-gateway/json-document.ts';
import { renderMappingTemplate } from '../../../rehearsal/api-gateway/mapping-template.ts';
import { responseTemplate } from '../../../stacks/templates/mapping-templates.ts';
import { responseCorpus } from './corpus.ts';

const render = (body: string) => {
  const { text, status } = renderMappingTemplate({ template: responseTemplate(), body });
  return { status, text, json: JSON.parse(text) as { message?: string } };
};
const errorOf = (type: string) => render(JSON.stringify({ __type: type }));

describe('the response template', () => {
  it.each(responseCorpus.map((one) => [one.title, one] as const))('answers %s', (_title, { body, becomes }) => {
    if (becomes === 'malformed') {
      expect(() => render(body)).toThrow(MalformedBody);
      return;
    }
    const { status, text, json } = render(body);
    if (becomes === 'refused') {
      expect(status).toBe(503);
      expect(json).toEqual({
        started: false,
        message: expect.stringMatching(/did not wake the fleet\. |wake the fleet\. Resend/) as string,
      });
    } else {
      expect(status).toBeUndefined();
      expect(json).toEqual({ [becomes]: true });
    }
    expect(text).not.toMatch(/arn:|Marker/);
  });

  it.each([
    ['ThrottlingException', 'no more executions at the moment'],
    ['com.amazonaws.swf.service.v2.model#ExecutionLimitExceeded', 'no more executions at the moment'],
    ['com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist', 'does not exist'],
    ['AccessDeniedException', 'may not start the state machine'],
    ['com.amazonaws.swf.service.v2.model#InvalidExecutionInput', 'did not accept this event'],
  ])('tells GitLab, and so the operator, what %s means and what to do', (type, meaning) => {
    const { message = '' } = errorOf(type).json;
    expect(message).toContain(meaning);
    expect(message).toMatch(/[Rr]esend/);
  });
});
