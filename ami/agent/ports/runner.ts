import type { Answer } from '../decisions/step.ts';
import type { View } from '../decisions/view.ts';

/** GitLab Runner on this instance, and what the instance knows of itself. */
export interface RunnerPort {
  /** Never rejects: what cannot be seen is absent from the view. */
  look(): Promise<View>;
  fetchToken(): Promise<Answer>;
  checkExecutor(): Promise<Answer>;
  create(): Promise<Answer>;
  configure(): Promise<Answer>;
  start(): Promise<Answer>;
  verify(): Promise<Answer>;
  /** The ids that GitLab has given the runners of this instance; known once they were verified. */
  ids(): readonly number[];
  stopPolling(): Promise<Answer>;
  pollAgain(): Promise<Answer>;
  /** Sends SIGQUIT and does not wait for the end. */
  stop(): Promise<Answer>;
  /** Sends SIGTERM and does not wait for the end. */
  abort(): Promise<Answer>;
  unregister(): Promise<Answer>;
}
