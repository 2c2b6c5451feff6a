import { constants } from 'node:os';

/** A systemd service, as far as its life needs it (systemd.service(5), systemd.kill(5), systemd.unit(5)). Durations are in milliseconds. */
export interface Unit {
  readonly type: 'simple' | 'notify';
  readonly execStart: readonly string[];
  readonly execReload: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Whether systemd-notify, a process of its own, is heard. */
  readonly isAnyoneHeard: boolean;
  readonly killSignal: NodeJS.Signals;
  readonly isKillMixed: boolean;
  readonly timeoutStart: number;
  readonly timeoutStop: number;
  readonly restart: 'no' | 'always' | 'on-failure';
  readonly restartAfter: number;
  readonly watchdog: number | undefined;
  /** Exit codes, and names of signals, that are no failure of this service; besides those of every service. */
  readonly successes: readonly string[];
  readonly startLimit: { readonly interval: number; readonly burst: number };
  /** ConditionPathExists=, each with its exclamation mark if it has one. */
  readonly conditions: readonly string[];
  readonly isEnablable: boolean;
}

/** What a process may reach is not played: a test is no machine of its own. */
const notPlayed = new Set([
  'Unit.Description',
  'Unit.Documentation',
  'Unit.After',
  'Unit.Wants',
  'Unit.Requires',
  'Service.User',
  'Service.Group',
  'Service.WorkingDirectory',
  'Service.UMask',
  'Service.NoNewPrivileges',
  'Service.ProtectSystem',
  'Service.ProtectHome',
  'Service.PrivateTmp',
  'Service.PrivateDevices',
  'Service.ReadWritePaths',
  'Service.ProtectKernelTunables',
  'Service.ProtectKernelModules',
  'Service.ProtectKernelLogs',
  'Service.ProtectControlGroups',
  'Service.ProtectClock',
  'Service.ProtectHostname',
  'Service.RestrictNamespaces',
  'Service.RestrictRealtime',
  'Service.RestrictSUIDSGID',
  'Service.LockPersonality',
  'Service.RestrictAddressFamilies',
  'Service.SystemCallArchitectures',
  'Service.SystemCallFilter',
  'Service.CapabilityBoundingSet',
  'Service.AmbientCapabilities',
  'Service.StateDirectory',
  'Service.StateDirectoryMode',
  'Service.ConfigurationDirectory',
  'Service.ConfigurationDirectoryMode',
  'Service.SyslogIdentifier',
  'Service.StandardOutput',
  'Service.StandardError',
  'Service.OOMScoreAdjust',
  'Service.OOMPolicy',
  'Service.Nice',
  'Service.LimitCORE',
  'Service.LimitNOFILE',
  'Service.SystemCallErrorNumber',
  'Service.ProcSubset',
  'Service.ProtectProc',
  'Service.RemoveIPC',
  'Service.KeyringMode',
  'Service.DevicePolicy',
  'Service.MemoryDenyWriteExecute',
  'Service.RuntimeDirectory',
]);

const units: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  sec: 1000,
  min: 60_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A time span (systemd.time(7)) in milliseconds. */
export function timeSpan(text: string): number {
  if (text === 'infinity') return Infinity;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)];
  const isWhole =
    parts
      .map(([part]) => part)
      .join('')
      .replace(/\s/g, '') === text.replace(/\s/g, '');
  if (parts.length === 0 || !isWhole || parts.some(([, , unit]) => units[unit!] === undefined))
    throw new Error(`${JSON.stringify(text)} is no time span`);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', s: ' ', '\\': '\\', '"': '"', "'": "'" };

/** A line without shell: words, parts of which may be in quotes. An escape that is not known stays as it is (systemd.syntax(7), "Quoting"). */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    if (character === '\\' && at + 1 < line.length) {
      at += 1;
      word = (word ?? '') + (escapes[line[at]!] ?? `\\${line[at]}`);
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === quote) {
      quote = undefined;
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== undefined) throw new Error(`${JSON.stringify(line)} has a quote without an end`);
  return word === undefined ? words : [...words, word];
}

/** The words of a command with its variables: `$A` alone becomes the words of the value, `${A}` its text (systemd.service(5), "Command lines"). */
export const expanded = (
  words: readonly string[],
  variables: Readonly<Record<string, string | undefined>>,
): readonly string[] =>
  words.flatMap((word) => {
    const [, alone] = /^\$([A-Za-z_]\w*)$/.exec(word) ?? [];
    if (alone !== undefined) return (variables[alone] ?? '').split(/\s+/).filter((each) => each !== '');
    return word.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (_, name?: string) =>
      name === undefined ? '$' : (variables[name] ?? ''),
    );
  });

type Settings = ReadonlyMap<string, readonly string[]>;

/** `Section.Key` and all its values, in their order. */
function settingsIn(name: string, texts: readonly string[]): Settings {
  const settings = new Map<string, readonly string[]>();
  for (const text of texts) {
    let section = '';
    for (const line of text
      .replace(/\\\n/g, ' ')
      .split('\n')
      .map((each) => each.trim())) {
      if (line === '' || /^[#;]/.test(line)) continue;
      const [, header] = /^\[(\w+)\]$/.exec(line) ?? [];
      if (header !== undefined) {
        section = header;
        continue;
      }
      const at = line.indexOf('=');
      const key = `${section}.${line.slice(0, at).trim()}`;
      const value = line.slice(at + 1).trim();
      if (at < 0) throw new Error(`${name}: ${JSON.stringify(line)} is no setting`);
      // An empty value takes back all before it.
      settings.set(key, value === '' ? [] : [...(settings.get(key) ?? []), value]);
    }
  }
  return settings;
}

const played: ReadonlySet<string> = new Set([
  'Unit.ConditionPathExists',
  'Unit.StartLimitIntervalSec',
  'Unit.StartLimitBurst',
  'Install.WantedBy',
  ...[
    'Type',
    'NotifyAccess',
    'ExecStart',
    'ExecReload',
    'Environment',
    'KillSignal',
    'KillMode',
    'TimeoutStartSec',
    'TimeoutStopSec',
    'Restart',
    'RestartSec',
    'SuccessExitStatus',
    'WatchdogSec',
  ].map((key) => `Service.${key}`),
]);

/** Reads the text of a unit and its drop-ins, in their order. A setting that is not known is an error: it may be a typing error in ours. */
export function parseUnit(name: string, texts: readonly string[]): Unit {
  const settings = settingsIn(name, texts);
  for (const key of settings.keys())
    if (!played.has(key) && !notPlayed.has(key)) throw new Error(`${name}: ${key} is no setting that is known here`);

  const all = (key: string): readonly string[] => settings.get(key) ?? [];
  const last = (key: string): string | undefined => all(key).at(-1);
  const span = (key: string, otherwise: string): number => timeSpan(last(key) ?? otherwise);
  const isOneOf = <const T extends string>(key: string, allowed: readonly T[], otherwise: T): T => {
    const value = last(`Service.${key}`) ?? otherwise;
    if (!(allowed as readonly string[]).includes(value))
      throw new Error(`${name}: ${key}=${value} is not played; these are: ${allowed.join(', ')}`);
    return value as T;
  };
  const plainName = name.replace(/\.service$/, '');
  const specifiers: Readonly<Record<string, string>> = { '%': '%', n: name, N: plainName, p: plainName };
  const specified = (line: string): string =>
    line.replace(/%(.)/g, (specifier, letter: string) => {
      const value = specifiers[letter];
      if (value === undefined) throw new Error(`${name}: the specifier ${specifier} is not played`);
      return value;
    });
  const command = (key: string): readonly string[] | undefined => {
    const commands = all(`Service.${key}`);
    if (commands.length > 1) throw new Error(`${name}: there is more than one ${key}`);
    if (commands[0] === undefined) return undefined;
    if (/^[-@:+!|]/.test(commands[0])) throw new Error(`${name}: the prefix of ${key}=${commands[0]} is not played`);
    return wordsOf(specified(commands[0]));
  };
  const watchdog = span('Service.WatchdogSec', '0');
  const killSignal = last('Service.KillSignal') ?? 'SIGTERM';
  if (!(killSignal in constants.signals)) throw new Error(`${name}: there is no signal ${killSignal}`);
  const execStart = command('ExecStart');
  if (execStart === undefined) throw new Error(`${name}: ExecStart is missing`);
  return {
    type: isOneOf('Type', ['simple', 'notify'], 'simple'),
    execStart,
    execReload: command('ExecReload'),
    environment: Object.fromEntries(
      all('Service.Environment')
        .flatMap((line) => wordsOf(specified(line)))
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const),
    ),
    isAnyoneHeard: isOneOf('NotifyAccess', ['none', 'main', 'all'], 'main') === 'all',
    killSignal: killSignal as NodeJS.Signals,
    isKillMixed: isOneOf('KillMode', ['control-group', 'mixed'], 'control-group') === 'mixed',
    timeoutStart: span('Service.TimeoutStartSec', '90'),
    timeoutStop: span('Service.TimeoutStopSec', '90'),
    restart: isOneOf('Restart', ['no', 'always', 'on-failure'], 'no'),
    restartAfter: span('Service.RestartSec', '100ms'),
    // Zero turns it off, and so does infinity.
    watchdog: watchdog === 0 || watchdog === Infinity ? undefined : watchdog,
    successes: all('Service.SuccessExitStatus').flatMap(wordsOf),
    startLimit: {
      interval: span('Unit.StartLimitIntervalSec', '10'),
      burst: Number(last('Unit.StartLimitBurst') ?? '5'),
    },
    conditions: all('Unit.ConditionPathExists'),
    isEnablable: all('Install.WantedBy').length > 0,
  };
}
