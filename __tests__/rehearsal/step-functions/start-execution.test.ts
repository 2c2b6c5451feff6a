import { errorBody } from '../../../rehearsal/step-functions/api-error.ts';
import { fieldsOf } from '../../../rehearsal/step-functions/request.ts';
import { checkStart, isRepetition } from '../../../rehearsal/step-functions/start-execution.ts';

const arn = 'arn:aws:states:eu-north-1:123456789012:stateMachine:fleet';
const missing = 'arn:aws:states:eu-north-1:123456789012:stateMachine:missing';
const exists = (given: string): boolean => given === arn;

/** The error's type and message on the wire; undefined where the request is taken. */
const refusal = (fields: Record<string, unknown>): { __type: string; message?: string } | undefined => {
  const checked = checkStart(fields, exists);
  return 'refused' in checked ? (JSON.parse(errorBody(checked.refused)) as { __type: string }) : undefined;
};

const service = 'com.amazonaws.swf.service.v2.model';
const validation = 'com.amazon.coral.validate#ValidationException';
const long = 'a'.repeat(81);

describe('StartExecution', () => {
  it('takes a request, and fills in what it leaves open', () => {
    const checked = checkStart({ stateMachineArn: arn }, exists);
    expect(checked).toMatchObject({ value: { stateMachineArn: arn, input: '{}' } });
    if ('refused' in checked) throw new Error('refused');
    expect(checked.value.name).toMatch(/^[0-9a-f-]{36}$/);
    expect(checked.value.executionArn).toBe(
      `arn:aws:states:eu-north-1:123456789012:execution:fleet:${checked.value.name}`,
    );
  });

  it.each([
    [
      'an illegal name',
      { stateMachineArn: arn, name: 'ignored:event' },
      'InvalidName',
      "Invalid Name: 'ignored:event'",
    ],
    [
      'an unknown machine',
      { stateMachineArn: missing },
      'StateMachineDoesNotExist',
      `State Machine Does Not Exist: '${missing}'`,
    ],
    [
      'something that is no ARN',
      { stateMachineArn: 'fleet' },
      'InvalidArn',
      "Invalid Arn: 'Invalid ARN prefix: fleet'",
    ],
    ['the ARN of something else', { stateMachineArn: 'arn:aws:s3:::bucket' }, 'InvalidArn', undefined],
  ])('refuses %s', (_, fields, name, message) => {
    const refused = refusal(fields);
    expect(refused?.__type).toBe(`${service}#${name}`);
    if (message !== undefined) expect(refused?.message).toBe(message);
  });

  it('refuses input that is no JSON', () => {
    for (const input of ['', '{', "{'a': 1}", '{"a": 1,}', 'undefined']) {
      const refused = refusal({ stateMachineArn: arn, input });
      expect(refused?.__type).toBe(`${service}#InvalidExecutionInput`);
      expect(refused?.message).toMatch(/^Invalid State Machine Execution Input: '/);
    }
    for (const input of ['{}', '1', 'null', ' "text" '])
      expect(refusal({ stateMachineArn: arn, input })).toBeUndefined();
  });

  it.each([
    [
      'no machine',
      {},
      "1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: Member must not be null",
    ],
    [
      'an empty ARN, as from a lost stage variable',
      { stateMachineArn: '' },
      "1 validation error detected: Value '' at 'stateMachineArn' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a name of more than 80 characters',
      { stateMachineArn: arn, name: long },
      `1 validation error detected: Value '${long}' at 'name' failed to satisfy constraint: Member must have length less than or equal to 80`,
    ],
    [
      'input of more than 262,144 bytes',
      { stateMachineArn: arn, input: JSON.stringify('é'.repeat(131_072)) },
      "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have size less than or equal to 262144 bytes in UTF-8 encoding",
    ],
  ])('refuses %s by its model', (_, fields, message) => {
    expect(refusal(fields)).toEqual({ __type: validation, message });
  });

  it('names every constraint that is broken', () => {
    expect(refusal({ name: long })?.message).toMatch(/^2 validation errors detected: .*; Value 'a+' at 'name'/);
  });

  it('takes input of just 262,144 bytes', () => {
    expect(refusal({ stateMachineArn: arn, input: JSON.stringify('é'.repeat(131_071)) })).toBeUndefined();
  });

  it('counts the characters of a name, not its code units', () => {
    expect(refusal({ stateMachineArn: arn, name: '𝒜'.repeat(80) })).toBeUndefined();
  });

  it.each([
    ...' \t\n<>{}[]?*"#%\\^|~`$&,;:/',
    ...[0x00, 0x1f, 0x7f, 0x9f, 0xfffe, 0xffff, 0xd800, 0x10ffff].map((point) => String.fromCodePoint(point)),
  ])('takes no %j in a name', (sign) => {
    expect(refusal({ stateMachineArn: arn, name: `a${sign}b` })?.__type).toBe(`${service}#InvalidName`);
  });

  it('takes letters, digits, and what is neither special nor a control', () => {
    for (const name of ['build-1_a.b', "it's", 'a=b+c!', 'naïve', '(x)@y'])
      expect(refusal({ stateMachineArn: arn, name })).toBeUndefined();
  });

  it('checks in the order of AWS: the ARN, the model, the machine, then the name and the input', () => {
    expect(refusal({ stateMachineArn: 'fleet', name: long })?.__type).toBe(`${service}#InvalidArn`);
    expect(refusal({ stateMachineArn: missing, name: long })?.__type).toBe(validation);
    // So an ignored event, which has an illegal name, says that the machine is missing where it is.
    expect(refusal({ stateMachineArn: missing, name: 'a b', input: '{' })?.__type).toBe(
      `${service}#StateMachineDoesNotExist`,
    );
    expect(refusal({ stateMachineArn: arn, name: 'a b', input: '{' })?.__type).toBe(`${service}#InvalidName`);
  });

  it('cannot read a body that is no JSON object, or a field of another type', () => {
    for (const body of ['', '[a', '[]', '1', 'null', '"x"'])
      expect(fieldsOf(body)).toEqual({ refused: { name: 'SerializationException' } });
    expect(refusal({ stateMachineArn: 1 })).toEqual({ __type: 'SerializationException' });
    expect(refusal({ stateMachineArn: arn, input: {} })).toEqual({ __type: 'SerializationException' });
  });

  it('takes a field that is null for absent', () => {
    expect(fieldsOf('{"stateMachineArn": "x", "name": null}')).toEqual({ value: { stateMachineArn: 'x' } });
  });

  it('repeats itself only for the same input, and while the execution runs', () => {
    const start = { stateMachineArn: arn, executionArn: 'x', name: 'n', input: '{"a":1}' };
    expect(isRepetition(start, { input: '{"a":1}', isRunning: true })).toBe(true);
    expect(isRepetition(start, { input: '{"a":2}', isRunning: true })).toBe(false);
    expect(isRepetition(start, { input: '{"a":1}', isRunning: false })).toBe(false);
  });
});
