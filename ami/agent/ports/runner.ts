import type { Answer } from '../decisions/step.ts';
import type { View } from '../decisions/view.ts';

/** GitLab Runner on this instance, and what the instance knows of itself. */
export interface RunnerPort {
  /** Never rejects: what cannot be seen is absent from the view. */
  look(): Promise<View>;
  stopPolling(): Promise<Answer>;
  pollAgain(): Promise<Answer>;
  /** Sends SIGQUIT and does not wait for the end. */
  stop(): Promise<Answer>;
  unregister(): Promise<Answer>;
}
