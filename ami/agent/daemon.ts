import type { Agent } from './decisions/agent.ts';
import { decide, start } from './decisions/agent.ts';
import type { Settings } from './decisions/settings.ts';
import type { Answer, Next, Step } from './decisions/step.ts';
import type { View } from './decisions/view.ts';
import type { Log } from './log.ts';
import type { Ports } from './perform.ts';
import { perform } from './perform.ts';

export interface DaemonOptions {
  readonly settings: Settings;
  readonly ports: Ports;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** A text that was never given before and will never be again. */
  readonly unique: () => string;
  readonly log: Log;
  /** Ends the daemon between two steps; a pause ends at once. */
  readonly stop: AbortSignal;
  /** Where it begins; at boot by default. */
  readonly first?: Next<Agent>;
  /** Told after each step what is known then. */
  readonly onStep?: (state: Agent, view: View) => void;
}

/** Steps that go on all the time and change nothing. */
const quiet: ReadonlySet<Step['do']> = new Set(['look', 'read item', 'describe group']);

/** Lives the agent's life: does a step, looks, decides on the next one. It ends when it is stopped, and at no other time. */
export async function live(options: DaemonOptions): Promise<void> {
  const { settings, ports, now, unique, log, stop, first = start(now()), onStep } = options;
  let { state, step } = first;
  log.info({ phase: state.phase, at: state.at }, 'agent begins');
  while (!stop.aborted) {
    const answer = await perform(step, ports);
    if (stop.aborted) break;
    const view = await ports.runner.look();
    tell(log, step, answer);
    const before = state;
    ({ state, step } = decide(state, { now: now(), answer, view, unique: unique() }, settings));
    if (state.phase !== before.phase)
      log.info(
        { from: before.phase, to: state.phase, ...(state.phase === 'failing' && { why: state.why }) },
        'phase changed',
      );
    onStep?.(state, view);
  }
  log.info({ phase: state.phase, at: state.at }, 'agent ends');
}

function tell(log: Log, step: Step, answer: Answer): void {
  const { do: what, ...given } = step;
  if ('why' in answer) log.warn({ step: what, ...given, answer: answer.kind, why: answer.why }, 'step failed');
  else if (!quiet.has(what)) log.info({ step: what, ...given, answer: answer.kind }, 'step done');
  else log.debug({ step: what, ...given, answer }, 'step done');
}
