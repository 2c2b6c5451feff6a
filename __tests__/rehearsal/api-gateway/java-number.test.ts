import { javaNumber } from '../../../rehearsal/api-gateway/java-number.ts';

describe('a JSON number in Java', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['-12', '-12'],
    ['9007199254740991', '9007199254740991'],
    ['9007199254740993', '9007199254740993'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
  ])('keeps every digit of the whole number %s', (text, java) => {
    expect(String(javaNumber(text))).toBe(java);
  });

  it.each([
    ['1.0', '1.0'],
    ['1e3', '1000.0'],
    ['0.001', '0.001'],
    ['0.0001', '1.0E-4'],
    ['1e7', '1.0E7'],
    ['-1.25e10', '-1.25E10'],
    ['1e400', 'Infinity'],
    ['-1e400', '-Infinity'],
    ['-0.0', '-0.0'],
  ])('prints %s as a Double', (text, java) => {
    expect(String(javaNumber(text))).toBe(java);
  });

  it.each([
    ['1.00000000000000000000', '1.00000000000000000000'],
    ['12345678901234567.0e1', '123456789012345670'],
    ['-1234567890123456.5E-20', '-0.000012345678901234565'],
    ['1000000000000000000e+5', '1.000000000000000000E+23'],
    ['0.00000000000000000000', '0E-20'],
  ])('prints the long %s as a BigDecimal', (text, java) => {
    expect(String(javaNumber(text))).toBe(java);
  });
});
