import { Command, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { live } from './daemon.ts';
import { fail } from './decisions/failing.ts';
import type { Level, Log } from './log.ts';
import { levels, openLog } from './log.ts';
import type { Instance } from './on-this-instance.ts';
import { membershipOf, onThisInstance, placesIn, settingsOf } from './on-this-instance.ts';
import { connectAws } from './ports/aws-clients.ts';
import { clockUntil } from './ports/clock.ts';
import { readIfThere, writeWhole } from './ports/files.ts';
import { connectGroup } from './ports/group.ts';
import type { Identity } from './ports/imds.ts';
import { connectImds } from './ports/imds.ts';
import { connectLockItem } from './ports/lock-item.ts';
import { notifier } from './ports/systemd.ts';
import { publishing } from './publishing.ts';
import { runnerOff } from './runner-off.ts';
import type { AgentSettings } from './settings.ts';
import { parseSettings, SettingsError } from './settings.ts';
import type { AgentNote } from './status.ts';
import { statusOf, statusText } from './status.ts';
import { supervised, watchdogMilliseconds } from './supervised.ts';
import { unregisterByHand } from './unregistering.ts';

declare const AGENT_VERSION: string | undefined;
/** Set by the bundle. */
const version = typeof AGENT_VERSION === 'string' ? AGENT_VERSION : 'unbundled';

const environment = process.env;
const places = placesIn(environment);

/** Exit codes of sysexits.h, as systemd shows them. */
const exits = { failed: 1, configuration: 78 } as const;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort());
/** For rehearsals only: the agent's seconds pass so many times as fast. */
const pace = Number(environment.GITLAB_RUNNER_AGENT_PACE ?? 1);
const clock = clockUntil(stopping.signal, pace);
const imds = connectImds(environment, () => performance.now());
const notify = notifier(environment);

/** Waits for the metadata service, which may be late at boot. Undefined when stopped before. */
async function identified(log: Log): Promise<Identity | undefined> {
  while (!stopping.signal.aborted) {
    try {
      return await imds.identity();
    } catch (error) {
      log.warn({ why: (error as Error).message }, 'instance metadata does not answer');
      await clock.pause(2);
    }
  }
  return undefined;
}

const settingsHere = async (): Promise<AgentSettings> => parseSettings(await readFile(places.settings, 'utf8'));

interface Opened extends Instance {
  readonly log: Log;
  readonly agentSettings: AgentSettings;
}

async function opened(level: Level): Promise<Opened | undefined> {
  const log = openLog(level);
  const agentSettings = await settingsHere();
  const identity = await identified(log);
  if (identity === undefined) return undefined;
  const own = openLog(level, { instanceId: identity.instanceId });
  const instance = onThisInstance({ settings: agentSettings, identity, imds, environment, version, clock, log: own });
  return { ...instance, log: own, agentSettings };
}

/** Lives until it is stopped; with `isOver` also until that is true. */
async function run(level: Level, isOver: (phase: string, at: string) => boolean = () => false): Promise<string> {
  const instance = await opened(level);
  if (instance === undefined) return '';
  const { settings, ports, log, publish, close } = instance;
  const publishIfDue = publishing(publish);
  const watch = supervised(notify, watchdogMilliseconds(environment), () => performance.now());
  let phase = '';
  await notify('READY=1');
  await live({
    settings,
    ports,
    now: () => clock.now(),
    unique: () => clock.unique(),
    log,
    stop: stopping.signal,
    onStep: (state, view) => {
      if (state.phase !== phase) void note({ phase: state.phase, at: state.at, since: new Date().toISOString() });
      ({ phase } = state);
      publishIfDue(view, clock.now());
      watch(state);
      if (isOver(state.phase, state.at)) stopping.abort();
    },
  });
  await notify('STOPPING=1');
  close();
  return phase;
}

const note = (what: AgentNote): Promise<unknown> => writeWhole(places.note, JSON.stringify(what));

/** With settings that cannot be used the instance leaves its group, so that no loop launches such machines for ever; if it knows the group. */
async function leaveUnusable(error: SettingsError, level: Level): Promise<void> {
  const { usable } = error;
  const log = openLog(level);
  log.error({ why: error.message }, 'settings cannot be used');
  if (usable === undefined) return;
  const identity = await identified(log);
  if (identity === undefined) return;
  const aws = connectAws(usable.region, version);
  await notify('READY=1');
  const watch = supervised(notify, watchdogMilliseconds(environment), () => performance.now());
  await live({
    settings: settingsOf(usable, identity),
    ports: {
      lockItem: connectLockItem(aws.dynamodb, usable.lockTable),
      group: connectGroup(aws.autoScaling, membershipOf(usable, identity)),
      runner: runnerOff(imds, clock, 'the settings cannot be used'),
      pause: (seconds) => clock.pause(seconds),
    },
    now: () => clock.now(),
    unique: () => clock.unique(),
    log: openLog(level, { instanceId: identity.instanceId }),
    stop: stopping.signal,
    first: fail('the settings cannot be used', clock.now()),
    onStep: (state) => watch(state),
  });
  aws.destroy();
}

/** Runs a command; what is wrong with the settings is told in words, and never as a stack. */
async function ended(command: () => Promise<unknown>): Promise<void> {
  try {
    await command();
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = exits.configuration;
    } else if (
      (error as NodeJS.ErrnoException).code === 'ENOENT' &&
      (error as NodeJS.ErrnoException).path === places.settings
    ) {
      process.stderr.write(`${places.settings} is missing: user data writes it when an instance of the fleet boots.\n`);
      process.exitCode = exits.configuration;
    } else throw error;
  }
}

const level = new Option('--log-level <level>', 'the least that is logged').choices(levels).default('info');

const program = new Command('gitlab-runner-agent')
  .description(
    'Lets this instance be a GitLab runner of an autoscaled fleet: it registers, works, grows the fleet, drains and leaves.',
  )
  .version(version);

program
  .command('run')
  .description(
    'boots the runner, completes the launch hook, and then watches over it for as long as the instance lives',
  )
  .addOption(level)
  .action(({ logLevel }: { readonly logLevel: Level }) =>
    ended(async () => {
      try {
        await run(logLevel);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        await leaveUnusable(error, logLevel);
        process.exitCode = exits.configuration;
      }
    }),
  );

program
  .command('register')
  .description('boots the runner and completes the launch hook, and ends when the runner polls')
  .addOption(level)
  .action(({ logLevel }: { readonly logLevel: Level }) =>
    ended(async () => {
      const phase = await run(
        logLevel,
        (now, at) => now === 'failing' || now === 'leaving' || (now === 'working' && at === 'looking'),
      );
      if (phase !== 'working') process.exitCode = exits.failed;
    }),
  );

program
  .command('unregister')
  .description('stops polling, lets running jobs end, stops the runner, and takes it out of GitLab')
  .addOption(level)
  .action(({ logLevel }: { readonly logLevel: Level }) =>
    ended(async () => {
      const instance = await opened(logLevel);
      if (instance === undefined) return;
      const why = await unregisterByHand({ ...instance.ports, stop: stopping.signal });
      instance.close();
      if (why === undefined) return;
      process.stderr.write(`${why}\n`);
      process.exitCode = exits.failed;
    }),
  );

program
  .command('status')
  .description('shows what this instance sees, and what it would do about it')
  .option('--json', 'as one JSON object')
  .action(({ json }: { readonly json?: true }) =>
    ended(async () => {
      const instance = await opened('error');
      if (instance === undefined) return;
      const { ports, settings } = instance;
      const [view, item, group, text] = await Promise.all([
        ports.runner.look(),
        ports.lockItem.read(),
        ports.group.describe(),
        readIfThere(places.note),
      ]);
      instance.close();
      const status = statusOf(
        {
          view,
          ...(item.kind === 'item' && { item: item.item }),
          ...(group.kind === 'group' && group.group !== undefined && { group: group.group }),
          ...(text !== undefined && { agent: JSON.parse(text) as AgentNote }),
        },
        settings,
      );
      process.stdout.write(json ? `${JSON.stringify(status)}\n` : statusText(status));
    }),
  );

await program.parseAsync();
