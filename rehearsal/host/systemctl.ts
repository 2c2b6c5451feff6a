import { constants } from 'node:os';
import type { JobOutcome, Service } from './service.ts';

/** What a program prints, and its exit code. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

const says = (said: Partial<Said>): Said => ({ stdout: '', stderr: '', code: 0, ...said });
const refuses = (code: number, stderr: string): Said => says({ code, stderr: `${stderr}\n` });

/** What systemctl says of a job that failed, by the service's result. */
const reasons: Readonly<Record<Exclude<JobOutcome, 'done' | 'canceled'>, string>> = {
  'exit-code': ' because the control process exited with error code',
  signal: ' because a fatal signal was delivered to the control process',
  'core-dump': ' because a fatal signal was delivered causing the control process to dump core',
  timeout: ' because a timeout was exceeded',
  watchdog: ' because the service failed to send watchdog ping',
  protocol: ' because the service did not take the steps required by its unit configuration',
  'start-limit-hit': ' because start of the service was attempted too often',
};
const seeMore = (name: string): string => `See "systemctl status ${name}" and "journalctl -xeu ${name}" for details.`;

function saidOfJob(name: string, outcome: JobOutcome): Said {
  if (outcome === 'done') return says({});
  if (outcome === 'canceled') return refuses(1, `Job for ${name} canceled.`);
  return refuses(1, `Job for ${name} failed${reasons[outcome]}.\n${seeMore(name)}`);
}

/** CLD_EXITED, CLD_KILLED, CLD_DUMPED (waitid(2)). */
const mainCodes = { exited: 1, killed: 2, dumped: 3 } as const;

/** In the order in which systemctl shows them, whatever was asked first. */
const propertiesOf = (name: string, service: Service | undefined): Readonly<Record<string, string | number>> => ({
  Type: service?.unit.type ?? 'simple',
  Restart: service?.unit.restart ?? 'no',
  MainPID: service?.pid ?? 0,
  StatusText: service?.statusText ?? '',
  Result: service?.result ?? 'success',
  NRestarts: service?.restarts ?? 0,
  ExecMainCode: service?.mainEnd === undefined ? 0 : mainCodes[service.mainEnd.how],
  ExecMainStatus: service?.mainEnd?.status ?? 0,
  Id: name,
  LoadState: service === undefined ? 'not-found' : 'loaded',
  ActiveState: service?.state ?? 'inactive',
  SubState: service?.subState ?? 'dead',
  UnitFileState: service === undefined ? '' : fileStateOf(service),
});

const fileStateOf = ({ unit, isEnabled }: Service): string =>
  unit.isEnablable ? (isEnabled ? 'enabled' : 'disabled') : 'static';

function signalOf(text: string): NodeJS.Signals | undefined {
  const names = Object.entries(constants.signals);
  return names.find(([name, number]) => name === text || name === `SIG${text}` || String(number) === text)?.[0] as
    NodeJS.Signals | undefined;
}

interface Options {
  readonly isPatient: boolean;
  readonly isNow: boolean;
  readonly isQuiet: boolean;
  readonly isValueOnly: boolean;
  readonly properties: readonly string[] | undefined;
  readonly signal: string;
  readonly whom: string;
}

type Verb = (name: string, service: Service | undefined, options: Options) => Said | Promise<Said>;

const notFound = (verb: string, name: string): Said => refuses(5, `Failed to ${verb} ${name}: Unit ${name} not found.`);

const start: Verb = async (name, service, { isPatient }) => {
  if (service === undefined) return notFound('start', name);
  const started = service.start();
  return isPatient ? saidOfJob(name, await started) : says({});
};

const stop: Verb = async (name, service, { isPatient }) => {
  if (service === undefined) return refuses(5, `Failed to stop ${name}: Unit ${name} not loaded.`);
  const stopped = service.stop();
  if (isPatient) await stopped;
  return says({});
};

const restart: Verb = async (name, service, options) => {
  if (service === undefined) return notFound('restart', name);
  const restarted = service.stop().then(() => start(name, service, options));
  return options.isPatient ? restarted : says({});
};

const reload: Verb = async (name, service, { isPatient }) => {
  if (service === undefined) return notFound('reload', name);
  if (service.unit.execReload === undefined)
    return refuses(3, `Failed to reload ${name}: Job type reload is not applicable for unit ${name}.`);
  if (service.state !== 'active') return refuses(1, `${name} is not active, cannot reload.`);
  const reloaded = service.reload();
  if (!isPatient || (await reloaded)) return says({});
  return refuses(1, `Job for ${name} failed.\n${seeMore(name)}`);
};

const kill: Verb = (name, service, { signal: given, whom }) => {
  const signal = signalOf(given);
  const failed = (why: string): Said => refuses(1, `Failed to kill unit ${name}: ${why}`);
  if (signal === undefined) return refuses(1, `Failed to parse signal string "${given}".`);
  if (whom !== 'all' && whom !== 'main') return failed(`Invalid who argument ${whom}`);
  if (service?.isLoaded !== true) return failed(`Unit ${name} not loaded.`);
  // All of none are none; but a main process is one.
  return service.kill(signal, whom) || whom === 'all' ? says({}) : failed('No main process to kill');
};

const switchTo =
  (verb: 'enable' | 'disable'): Verb =>
  (name, service, options) => {
    if (service === undefined) return refuses(1, `Failed to ${verb} unit: Unit file ${name} does not exist.`);
    if (service.unit.isEnablable) service.enable(verb === 'enable');
    if (!options.isNow) return says({});
    return verb === 'enable' ? start(name, service, options) : stop(name, service, options);
  };

const isActive: Verb = (_name, service, { isQuiet }) => {
  const state = service?.state ?? 'inactive';
  return says({
    stdout: isQuiet ? '' : `${state}\n`,
    code: state === 'active' || state === 'reloading' ? 0 : 3,
  });
};

const isEnabled: Verb = (name, service, { isQuiet }) => {
  if (service === undefined) return refuses(1, `Failed to get unit file state for ${name}: No such file or directory`);
  const state = fileStateOf(service);
  return says({ stdout: isQuiet ? '' : `${state}\n`, code: state === 'disabled' ? 1 : 0 });
};

const show: Verb = (name, service, { properties, isValueOnly }) =>
  says({
    stdout: Object.entries(propertiesOf(name, service))
      .filter(([key]) => properties?.includes(key) ?? true)
      .map(([key, value]) => (isValueOnly ? `${value}\n` : `${key}=${value}\n`))
      .join(''),
  });

const status: Verb = (name, service) => {
  if (service === undefined) return refuses(4, `Unit ${name} could not be found.`);
  const lines = [
    `● ${name}`,
    `     Loaded: loaded (/etc/systemd/system/${name}; ${fileStateOf(service)})`,
    `     Active: ${service.state} (${service.state === 'failed' ? `Result: ${service.result}` : service.subState})`,
    ...(service.pid === 0 ? [] : [`   Main PID: ${service.pid}`]),
    ...(service.statusText === '' ? [] : [`     Status: "${service.statusText}"`]),
  ];
  return says({ stdout: `${lines.join('\n')}\n`, code: ['active', 'reloading'].includes(service.state) ? 0 : 3 });
};

const resetFailed: Verb = (name, service) => {
  if (service?.isLoaded !== true)
    return refuses(1, `Failed to reset failed state of unit ${name}: Unit ${name} not loaded.`);
  service.resetFailed();
  return says({});
};

const verbs: Readonly<Record<string, Verb>> = {
  start,
  stop,
  restart,
  reload,
  kill,
  enable: switchTo('enable'),
  disable: switchTo('disable'),
  'is-active': isActive,
  'is-enabled': isEnabled,
  show,
  status,
  'reset-failed': resetFailed,
};

/** Which options there are; those that end with `=` have a value. */
const optionsOf = (words: readonly string[]): Options | Said => {
  const valued = ['--property', '--signal', '--kill-whom'];
  const plain = ['--no-block', '--now', '--quiet', '--value', '--no-pager', '--no-legend'];
  const unknown = words.find((word) => !plain.includes(word) && !valued.includes(word.split('=', 1)[0]!));
  if (unknown !== undefined) return refuses(1, `systemctl: unrecognized option '${unknown}'`);
  const values = (name: string): readonly string[] =>
    words.filter((word) => word.startsWith(`${name}=`)).map((word) => word.slice(name.length + 1));
  const properties = values('--property').flatMap((each) => each.split(','));
  return {
    isPatient: !words.includes('--no-block'),
    isNow: words.includes('--now'),
    isQuiet: words.includes('--quiet'),
    isValueOnly: words.includes('--value'),
    properties: properties.length === 0 ? undefined : properties,
    signal: values('--signal').at(-1) ?? 'SIGTERM',
    whom: values('--kill-whom').at(-1) ?? 'all',
  };
};

const short: Readonly<Record<string, string>> = { '-p': '--property', '-s': '--signal' };

/** systemctl(1): the words after its name, and the services of the host. Several units are seen to one after the other. */
export async function systemctl(
  given: readonly string[],
  serviceNamed: (name: string) => Service | undefined,
): Promise<Said> {
  const words = given.flatMap((word, index) => {
    if (short[given[index - 1] ?? ''] !== undefined) return [];
    return short[word] === undefined ? [word] : [`${short[word]}=${given[index + 1] ?? ''}`];
  });
  const [verb = '', ...names] = words.filter((word) => !word.startsWith('-'));
  const options = optionsOf(words.filter((word) => word.startsWith('-')));
  if ('stderr' in options) return options;
  if (verb === 'daemon-reload') return says({});
  const act = verbs[verb];
  if (act === undefined) return refuses(1, `Unknown command verb ${verb}.`);
  if (names.length === 0) return refuses(1, 'Too few arguments.');
  const answers = await Promise.all(
    names.map(async (each) => {
      const name = each.includes('.') ? each : `${each}.service`;
      return act(name, serviceNamed(name), options);
    }),
  );
  const codes = answers.map(({ code }) => code);
  return {
    stdout: answers.map(({ stdout }) => stdout).join(''),
    stderr: answers.map(({ stderr }) => stderr).join(''),
    // is-active is content with one that is.
    code: verb === 'is-active' && codes.includes(0) ? 0 : (codes.find((code) => code !== 0) ?? 0),
  };
}
