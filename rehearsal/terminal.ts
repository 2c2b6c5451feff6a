import { styleText } from 'node:util';

type Style = 'green' | 'red' | 'dim' | 'bold' | 'cyan';

/** Colour and a spinner on a terminal, plain lines otherwise; NO_COLOR is respected. */
export interface Terminal {
  paint(style: Style, text: string): string;
  line(text?: string): void;
  /** Shows that something goes on until the promise settles, then a line that says how long it took. */
  during<T>(what: string, work: Promise<T>): Promise<T>;
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

export function terminal(out: NodeJS.WriteStream = process.stdout): Terminal {
  const lively = out.isTTY && process.env.TERM !== 'dumb' && process.env.CI === undefined;
  const coloured = lively && !process.env.NO_COLOR;
  const paint: Terminal['paint'] = (style, text) =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  const line: Terminal['line'] = (text = '') => void out.write(`${text}\n`);

  return {
    paint,
    line,
    during: async (what, work) => {
      const begun = performance.now();
      let frame = 0;
      // A frame that fills the line makes the terminal begin another, and \r no longer comes back to the first.
      const spinning = lively
        ? setInterval(() => {
            const text = ` ${what} …`.slice(0, Math.max(0, (out.columns || Infinity) - 2));
            out.write(`\r${paint('cyan', frames[frame++ % frames.length]!)}${text}`);
          }, 80)
        : undefined;
      const done = (mark: string): void => {
        clearInterval(spinning);
        if (lively) out.write('\r\u001b[2K');
        line(`${mark} ${what} ${paint('dim', `(${((performance.now() - begun) / 1000).toFixed(1)} s)`)}`);
      };
      try {
        const result = await work;
        done(paint('green', '✓'));
        return result;
      } catch (error) {
        done(paint('red', '✗'));
        throw error;
      }
    },
  };
}
