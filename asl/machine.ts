import type { State } from './states.ts';

/** A state machine whose states have the names `N`. */
export interface Machine<N extends string = string> {
  readonly Comment?: string;
  readonly StartAt: N;
  /** The whole execution; at the end of it, it fails as TIMED_OUT. */
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<N, State<N>>>;
}

/** Checks that each transition goes to a state that is there; the names are read off the keys of `States`. */
export const machine = <const N extends string>(definition: {
  readonly Comment?: string;
  readonly StartAt: NoInfer<N>;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<N, State<NoInfer<N>>>>;
}): Machine<N> => definition;
