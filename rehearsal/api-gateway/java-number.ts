/**
 * A JSON number whose Java text differs from JavaScript's: API Gateway reads numbers with json-smart, which makes an
 * Integer, Long or BigInteger of whole ones, and a Double or, from 19 characters on, a BigDecimal of the rest.
 */
export class JavaNumber {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** java.lang.Double.toString (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/lang/Double.html#toString(double)). */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return value < 0 ? '-Infinity' : 'Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  if (size === 0) return `${sign}0.0`;
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [digits = '', exponent = ''] = size.toExponential().split('e');
  return `${sign}${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** java.math.BigDecimal.toString (https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/math/BigDecimal.html#toString()). */
function bigDecimalText(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = BigInt(whole + fraction).toString();
  const scale = fraction.length - Number(exponent);
  const negative = sign !== '' && digits !== '0' ? '-' : '';
  if (scale === 0) return negative + digits;
  const adjusted = digits.length - 1 - scale;
  if (scale > 0 && adjusted >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${negative}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const rest = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${negative}${digits[0]}${rest}E${adjusted < 0 ? '' : '+'}${adjusted}`;
}

/** The value of a JSON number: a JavaScript number where both languages print it alike. */
export function javaNumber(text: string): number | JavaNumber {
  if (/^-?\d+$/.test(text)) {
    const value = Number(text);
    return Number.isSafeInteger(value) ? value : new JavaNumber(BigInt(text).toString());
  }
  return new JavaNumber(text.length > 18 ? bigDecimalText(text) : doubleText(Number(text)));
}
