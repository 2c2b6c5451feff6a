import type { Memory } from '../../../../ami/agent/decisions/memory.ts';
import { nothingRemembered, remember } from '../../../../ami/agent/decisions/memory.ts';
import type { View } from '../../../../ami/agent/decisions/view.ts';
import { done, entry, looked, noMetrics, view } from './play.ts';

const full = view({ running: 6 });
const busy = view({ running: 2 });
const idle = view();

/** What is remembered after looks, five seconds after one another. */
const after = (looks: readonly View[], from: Memory = nothingRemembered(0)): Memory =>
  looks.reduce(
    (memory, seen, index) => remember(memory, { now: (index + 1) * 5000, view: seen, answer: looked, unique: '' }),
    from,
  );

describe('what an instance remembers of its looks', () => {
  it.each([
    { what: 'counts as busy when the agent begins', looks: [], busyAt: 0 },
    { what: 'is idle from then on while no job is seen', looks: [idle, idle], busyAt: 0 },
    { what: 'is busy at the last look that saw a job', looks: [idle, busy, idle], busyAt: 10_000 },
    { what: 'does not count as idle while the metrics do not answer', looks: [idle, idle, noMetrics], busyAt: 15_000 },
  ])('$what', ({ looks, busyAt }) => {
    expect(after(looks).busyAt).toBe(busyAt);
  });

  it.each([
    { what: 'may not ask while it is not full', looks: [busy, busy], mayAsk: false, isFull: false },
    { what: 'may ask when it becomes full', looks: [busy, full], mayAsk: true, isFull: true },
    { what: 'may ask when the first look finds it full', looks: [full], mayAsk: true, isFull: true },
    { what: 'may still ask while it stays full', looks: [full, full], mayAsk: true, isFull: true },
    { what: 'may no longer ask when a job has ended', looks: [full, busy], mayAsk: false, isFull: false },
    { what: 'may ask when it is full again', looks: [full, busy, full], mayAsk: true, isFull: true },
  ])('$what', ({ looks, mayAsk, isFull }) => {
    expect(after(looks)).toMatchObject({ mayAsk, isFull });
  });

  it('does not ask a second time for having become full once', () => {
    const asked = { ...after([full]), mayAsk: false };
    expect(after([full, full], asked).mayAsk).toBe(false);
  });

  it('does not act as a full one on what it no longer sees', () => {
    expect(after([full, noMetrics])).toMatchObject({ isFull: false, mayAsk: false });
  });

  it('keeps when it may try again, whatever is seen', () => {
    const later = { ...nothingRemembered(0), notBefore: 99_000 };
    expect(after([full, noMetrics, idle], later).notBefore).toBe(99_000);
  });

  it('hands each look on to the count of what is covered', () => {
    const reading = { ...nothingRemembered(0), coverage: { candidate: { wakeCount: 7, readAt: -30_000 } } };
    const looks = [view(), noMetrics, view({ polling: [entry({ empty: 2 })] })];
    expect(after(looks, reading).coverage.covered).toBe(7);
  });

  it('takes nothing for a look but a look: what was seen before says nothing about now', () => {
    const memory = nothingRemembered(0);
    expect(remember(memory, { now: 5000, view: full, answer: done, unique: '' })).toBe(memory);
  });
});
