import type { Answer } from './decisions/step.ts';
import type { Runner, View } from './decisions/view.ts';
import type { RunnerPort } from './ports/runner.ts';

/** The token of the SSM parameter: a runner's own (`glrt-…`), or one for GitLab's API. */
export interface Token {
  readonly token: string;
  readonly isRunnerToken: boolean;
}

/** A call that brings something back, or came to nothing. */
export type Brought<T> =
  { readonly kind: 'brought'; readonly value: T } | Extract<Answer, { kind: 'refused' | 'unknown' }>;

/** What this instance remembers over a crash of its agent. */
export interface Remembered {
  /** The runner that was made for this instance with an API token. */
  readonly made?: { readonly id: number; readonly token: string };
  /** GitLab was asked to make one, and nobody has written down what came of it. */
  readonly isMaking?: true;
}

/** Everything on this host and in GitLab that a runner consists of. */
export interface Parts {
  fetchToken(): Promise<Brought<Token>>;
  /** GitLab's side of a runner. */
  readonly gitLab: {
    verify(token: string, systemId: string): Promise<Brought<{ readonly id: number | undefined }>>;
    /** Makes a runner that `description` names. */
    create(apiToken: string): Promise<Brought<{ readonly id: number; readonly token: string }>>;
    /** Deletes every runner that has this instance's description. */
    deleteMade(apiToken: string): Promise<Answer>;
    deleteRunner(token: string): Promise<Answer>;
    deleteManager(token: string, systemId: string): Promise<Answer>;
  };
  /** The configuration as text; rejects none: what is wrong with it is an answer. */
  render(token: string): Promise<Brought<{ readonly withRunners: string; readonly withoutRunners: string }>>;
  /** A configuration without its `[[runners]]`. */
  strip(config: string): string;
  /** Whether GitLab Runner itself takes it. Given a rendering without a secret. */
  lint(config: string): Promise<Answer>;
  readonly files: {
    /** Absent: undefined. */
    readConfig(): Promise<string | undefined>;
    writeConfig(text: string): Promise<Answer>;
    systemId(): Promise<string | undefined>;
    recall(): Promise<Remembered>;
    remember(what: Remembered): Promise<Answer>;
  };
  readonly unit: {
    start(): Promise<Answer>;
    /** SIGQUIT, without waiting for the end. */
    stop(): Promise<Answer>;
    abort(): Promise<Answer>;
    reload(): Promise<Answer>;
    isOn(): Promise<boolean>;
  };
  checkExecutor(): Promise<Answer>;
  /** Undefined when the runner's metrics do not answer. `isPolling`: whether its entries are in the configuration. */
  metrics(isPolling: boolean): Promise<Runner | undefined>;
  signals(): Promise<Pick<View, 'isToldToGo' | 'spotEndsAt'>>;
  /** The fleet has to know the runners of its own (demand strategy). */
  readonly isNoted: boolean;
}

const done: Answer = { kind: 'done' };
const refused = (why: string): Answer => ({ kind: 'refused', why });

const hasRunners = (config: string | undefined): boolean => /^\s*\[\[runners\]\]/m.test(config ?? '');

/** For linting only. */
const noToken = 'glrt-not-a-token';

/** GitLab Runner on this host, as the agent's steps want it. */
export function runnerOnHost(parts: Parts): RunnerPort {
  const { gitLab, files, unit } = parts;
  let token: Token | undefined;
  let runnerToken: string | undefined;
  let id: number | undefined;
  /** Undefined until this process has written the configuration. */
  let isPolling: boolean | undefined;

  const rendered = async (): ReturnType<Parts['render']> =>
    runnerToken === undefined ? { kind: 'refused', why: 'there is no token yet' } : parts.render(runnerToken);

  /** Writes the file unless it says so already, and tells a runner that is on. */
  const write = async (text: string): Promise<Answer> => {
    if ((await files.readConfig()) !== text) {
      const written = await files.writeConfig(text);
      if (written.kind !== 'done') return written;
    }
    const told = await unit.reload();
    // One that is off reads the file when it starts.
    return told.kind === 'done' || (await unit.isOn()) ? told : done;
  };

  /** Reads the token unless it is known. */
  const fetched = async (): Promise<Brought<Token>> => {
    if (token !== undefined) return { kind: 'brought', value: token };
    const brought = await parts.fetchToken();
    if (brought.kind === 'brought') token = brought.value;
    return brought;
  };

  return {
    fetchToken: async () => {
      // Anew after a failure: it may have been replaced.
      token = undefined;
      const brought = await fetched();
      return brought.kind === 'brought' ? done : brought;
    },
    checkExecutor: () => parts.checkExecutor(),
    create: async () => {
      if (token === undefined) return refused('there is no token yet');
      if (token.isRunnerToken) {
        runnerToken = token.token;
        return done;
      }
      const { made, isMaking } = await files.recall();
      if (made !== undefined) {
        runnerToken = made.token;
        return done;
      }
      // Written down before GitLab is asked: one that was made, and whose answer was lost, is found by its description.
      if (isMaking) {
        const deleted = await gitLab.deleteMade(token.token);
        if (deleted.kind !== 'done') return deleted;
      }
      const noted = await files.remember({ isMaking: true });
      if (noted.kind !== 'done') return noted;
      const created = await gitLab.create(token.token);
      if (created.kind === 'refused') await files.remember({});
      if (created.kind !== 'brought') return created;
      runnerToken = created.value.token;
      return files.remember({ made: created.value });
    },
    configure: async () => {
      const forLint = await parts.render(noToken);
      if (forLint.kind !== 'brought') return forLint;
      const texts = await rendered();
      if (texts.kind !== 'brought') return texts;
      const there = await files.readConfig();
      // An agent that was restarted leaves a runner that polls alone.
      if (there === texts.value.withRunners && (await unit.isOn())) {
        isPolling = true;
        return done;
      }
      const linted = await parts.lint(forLint.value.withRunners);
      return linted.kind === 'done' ? write(texts.value.withoutRunners) : linted;
    },
    start: () => unit.start(),
    verify: async () => {
      if (runnerToken === undefined) return refused('there is no token yet');
      const systemId = await files.systemId();
      if (systemId === undefined) return { kind: 'unknown', why: 'the runner has not written its system id yet' };
      const verified = await gitLab.verify(runnerToken, systemId);
      if (verified.kind !== 'brought') return verified;
      ({ id } = verified.value);
      return done;
    },
    ids: () => (parts.isNoted && id !== undefined ? [id] : []),
    stopPolling: async () => {
      // Also before anything is known: a crash may have left a runner that polls.
      const there = await files.readConfig();
      const stopped = there === undefined ? done : await write(parts.strip(there));
      if (stopped.kind === 'done') isPolling = false;
      return stopped;
    },
    pollAgain: async () => {
      const texts = await rendered();
      if (texts.kind !== 'brought') return texts;
      const begun = await write(texts.value.withRunners);
      if (begun.kind === 'done') isPolling = true;
      return begun;
    },
    stop: () => unit.stop(),
    abort: () => unit.abort(),
    unregister: async () => {
      const { made } = await files.recall();
      if (made !== undefined) {
        const deleted = await gitLab.deleteRunner(made.token);
        return deleted.kind === 'done' ? files.remember({}) : deleted;
      }
      const systemId = await files.systemId();
      if (systemId === undefined) return done;
      const brought = await fetched();
      if (brought.kind !== 'brought') return brought;
      return brought.value.isRunnerToken ? gitLab.deleteManager(brought.value.token, systemId) : done;
    },
    look: async () => {
      const [runner, signals] = await Promise.all([
        parts.metrics(isPolling ?? hasRunners(await files.readConfig())),
        parts.signals(),
      ]);
      const isRunnerOn = runner !== undefined || (await unit.isOn());
      return { ...signals, isRunnerOn, ...(runner !== undefined && { runner }) };
    },
  };
}
