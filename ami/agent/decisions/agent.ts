import type { Booting } from './booting.ts';
import { boot, booting } from './booting.ts';
import type { Draining } from './draining.ts';
import { drain, draining } from './draining.ts';
import type { Failing } from './failing.ts';
import { fail, failing } from './failing.ts';
import type { Leaving } from './leaving.ts';
import { goAway, leaving } from './leaving.ts';
import type { Settings } from './settings.ts';
import type { Next, Seen } from './step.ts';
import type { Working } from './working.ts';
import { begin, working, workOn } from './working.ts';

/** The agent's half of the fleet's protocol: what it knows, as data. */
export type Agent = Booting | Working | Draining | Failing | Leaving;

/** Begins, also after a crash: what a crash left is put right first. `now` is in milliseconds on a monotonic clock. */
export const start = (now: number): Next<Agent> => boot(now);

/** From what is known and what was seen to what is known now and the one step to do next. The same input gives the same answer. */
export function decide(state: Agent, seen: Seen, settings: Settings): Next<Agent> {
  const { now } = seen;
  switch (state.phase) {
    case 'booting': {
      const next = booting(state, seen, settings);
      if ('step' in next) return next;
      if (next.to === 'fail') return fail(next.why, now);
      return next.to === 'work' ? begin(now) : goAway(undefined, now);
    }
    case 'failing': {
      const next = failing(state, seen, settings);
      if ('step' in next) return next;
      return next.to === 'boot' ? boot(now) : goAway(next.settled, now);
    }
    case 'working': {
      const next = working(state, seen, settings);
      if ('step' in next) return next;
      if (next.to === 'fail') return fail(next.why, now);
      return next.to === 'drain' ? drain(next.memory, now) : goAway(next.memory.coverage.covered, now);
    }
    case 'draining': {
      const next = draining(state, seen, settings);
      if ('step' in next) return next;
      return next.to === 'stay' ? workOn(next.memory, now) : goAway(next.settled, now);
    }
    case 'leaving':
      return leaving(state, seen, settings);
  }
}
