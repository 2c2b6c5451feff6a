import type { Draining } from './draining.ts';
import { drain, draining } from './draining.ts';
import type { Leaving } from './leaving.ts';
import { goAway, leaving } from './leaving.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen } from './step.ts';
import type { Working } from './working.ts';
import { begin, working, workOn } from './working.ts';

/** The agent's half of the fleet's protocol, from the moment at which the runner may poll: what it knows, as data. */
export type Agent = Working | Draining | Leaving;

/** Begins, also after a crash: what a crash left is put right first. `now` is in milliseconds on a monotonic clock. */
export const start = (now: number): Next<Agent> => begin(now);

/** From what is known and what was seen to what is known now and the one step to do next. The same input gives the same answer. */
export function decide(state: Agent, seen: Seen, settings: Settings): Next<Agent> {
  switch (state.phase) {
    case 'working': {
      const next = working(state, seen, settings);
      if ('step' in next) return next;
      return next.to === 'drain' ? drain(next.memory, seen.now) : goAway(next.memory.coverage.covered, seen.now);
    }
    case 'draining': {
      const next = draining(state, seen, settings);
      if ('step' in next) return next;
      return next.to === 'stay' ? workOn(next.memory, seen.now) : goAway(next.settled, seen.now);
    }
    case 'leaving':
      return leaving(state, seen, settings);
  }
}
