import type { DestinationStream } from 'pino';
import { pino, stdTimeFunctions } from 'pino';

/** Facts of a line as fields. Nothing secret is ever among them. */
export type Facts = Readonly<Record<string, unknown>>;

/** `notice` is a constant text, to search for; what varies are facts. */
export interface Log {
  debug(facts: Facts, notice: string): void;
  info(facts: Facts, notice: string): void;
  warn(facts: Facts, notice: string): void;
  error(facts: Facts, notice: string): void;
}

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Writes one JSON object a line: `level`, `time` (ISO 8601), the facts, `notice`. The journal keeps standard output. */
export function openLog(level: Level, facts: Facts = {}, destination?: DestinationStream): Log {
  const options = {
    level,
    base: facts,
    messageKey: 'notice',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
