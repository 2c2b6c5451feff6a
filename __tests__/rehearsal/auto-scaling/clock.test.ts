import { manualClock } from '../../../rehearsal/auto-scaling/clock.ts';

describe('the manual clock', () => {
  it('runs what falls due in order, each at its own moment, also what is added on the way', () => {
    const clock = manualClock(0);
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, clock.now()]);
    clock.after(20, note('second'));
    clock.after(10, () => {
      note('first')();
      clock.after(5, note('between'));
      clock.after(100, note('later'));
    });
    clock.advance(30);
    expect(seen).toEqual([
      ['first', 10],
      ['between', 15],
      ['second', 20],
    ]);
    expect(clock.now()).toBe(30);
    clock.advance(80);
    expect(seen.at(-1)).toEqual(['later', 110]);
  });

  it('forgets what was taken back', () => {
    const clock = manualClock(0);
    const seen: number[] = [];
    clock.after(10, () => seen.push(clock.now()))();
    clock.advance(10);
    expect(seen).toEqual([]);
  });
});
