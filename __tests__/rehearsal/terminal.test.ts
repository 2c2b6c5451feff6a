import { jest } from '@jest/globals';
import { stripVTControlCharacters } from 'node:util';
import { terminal } from '../../rehearsal/terminal.ts';

describe('the terminal', () => {
  const { CI, TERM } = process.env;
  beforeEach(() => {
    jest.useFakeTimers();
    delete process.env.CI;
    process.env.TERM = 'xterm';
  });
  afterEach(() => {
    jest.useRealTimers();
    if (CI !== undefined) process.env.CI = CI;
    if (TERM === undefined) delete process.env.TERM;
    else process.env.TERM = TERM;
  });

  /** The frames that are drawn while something takes half a second, without colour. */
  async function framesAt(columns: number, what: string): Promise<readonly string[]> {
    const written: string[] = [];
    const out = { isTTY: true, columns, write: (text: string) => written.push(text) > 0 };
    const work = terminal(out as unknown as NodeJS.WriteStream).during(
      what,
      new Promise<void>((done) => setTimeout(done, 500)),
    );
    await jest.advanceTimersByTimeAsync(500);
    await work;
    return written
      .filter((text) => text.startsWith('\r') && !text.startsWith('\r\u001b[2K'))
      .map((text) => stripVTControlCharacters(text.slice(1)));
  }
  const what = 'Plan it offline with Terraform 1.11.4 and the AWS provider';

  it.each([20, 58, 60, 61])('keeps each frame of the spinner on one line of %i columns', async (columns) => {
    const frames = await framesAt(columns, what);
    expect(frames.length).toBeGreaterThan(3);
    expect(Math.max(...frames.map((frame) => frame.length))).toBe(columns - 1);
  });

  it.each([200, 0])('cuts nothing when there is room, or no width is known (%i)', async (columns) => {
    expect((await framesAt(columns, what))[0]).toBe(`⠋ ${what} …`);
  });
});
