import type { Group } from './group.ts';
import type { Item } from './item.ts';
import type { View } from './view.ts';

/** What the daemon does next: one call or one pause, and never two at a time. */
export type Step =
  /** Waits, then looks at the runner and at the instance. With `heartbeat` it first extends the time of the lifecycle hook that holds this instance. */
  | { readonly do: 'look'; readonly seconds: number; readonly heartbeat?: Hook }
  /** Reads the token of GitLab; it never leaves the port. */
  | { readonly do: 'fetch token' }
  /** Asks whether the jobs' executor works: the Docker daemon, where an entry uses it. */
  | { readonly do: 'check executor' }
  /** With an API token: makes this instance's runner, unless that was done before. Done at once with a runner's own token. */
  | { readonly do: 'create runner' }
  /** Writes the runner's configuration without `[[runners]]`, unless it is there. */
  | { readonly do: 'configure runner' }
  | { readonly do: 'start runner' }
  /** Asks GitLab whether it accepts the runner. */
  | { readonly do: 'verify runner' }
  /** In the item: the runner's id, with the demand strategy, and that an instance could register. */
  | { readonly do: 'note registration' }
  | { readonly do: 'count boot failure' }
  | { readonly do: 'read item' }
  | { readonly do: 'acquire lock'; readonly holder: string }
  | { readonly do: 'take lock over'; readonly holder: string; readonly from: string }
  | { readonly do: 'fence'; readonly holder: string }
  | { readonly do: 'release lock'; readonly holder: string; readonly asked?: number; readonly clearOpen?: ClearOpen }
  | { readonly do: 'describe group' }
  | { readonly do: 'set desired capacity'; readonly capacity: number }
  /** Ends this instance. Sent once: a second decrement would cost another machine its place. */
  | { readonly do: 'terminate instance'; readonly decrement: boolean }
  /** Takes the runners out of the runner's configuration and reloads it: running jobs go on. */
  | { readonly do: 'stop polling' }
  /** Puts them back. Harmless when they are there. */
  | { readonly do: 'poll again' }
  /** SIGQUIT: the process ends after the last job. Done when it was sent, and when there is no process. */
  | { readonly do: 'stop runner' }
  /** SIGTERM: the process ends its jobs and tells GitLab so. */
  | { readonly do: 'abort jobs' }
  | { readonly do: 'unregister' }
  | { readonly do: 'complete lifecycle action'; readonly hook: Hook; readonly result: 'CONTINUE' | 'ABANDON' };

/** Which of the group's two lifecycle hooks holds an instance. */
export type Hook = 'launch' | 'terminate';

/** The jobs known as open are forgotten, unless an event was counted since `wakeCount` was read. */
export interface ClearOpen {
  readonly wakeCount: number;
}

/** What a step came to. */
export type Answer =
  /** `view` in what was seen is new. */
  | { readonly kind: 'looked' }
  /** It took effect. */
  | { readonly kind: 'done' }
  | { readonly kind: 'item'; readonly item: Item }
  /** The lock is ours; the item as it then was. */
  | { readonly kind: 'acquired'; readonly item: Item }
  /** The condition of a write did not hold: somebody else has the lock. */
  | { readonly kind: 'lost' }
  /** How many instances in a row could not register, this one included. */
  | { readonly kind: 'counted'; readonly failures: number }
  /** Undefined: there is no such group. */
  | { readonly kind: 'group'; readonly group: Group | undefined }
  /** The service said no, and nothing happened. */
  | { readonly kind: 'refused'; readonly why: string }
  /** No answer, or one that leaves open whether it took effect. */
  | { readonly kind: 'unknown'; readonly why: string };

/** What a decision is made from: the moment, the last step's answer, and the instance as the last look found it. */
export interface Seen {
  /** Milliseconds on a monotonic clock: only differences mean anything. */
  readonly now: number;
  readonly answer: Answer;
  readonly view: View;
  /** A text that was never given before and will never be again: names an acquisition of the lock. */
  readonly unique: string;
}

/** The state to keep, and the step to do. */
export interface Next<State> {
  readonly state: State;
  readonly step: Step;
}
