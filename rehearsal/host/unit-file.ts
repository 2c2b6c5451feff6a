/** A systemd service, as far as its life needs it (systemd.service(5), systemd.kill(5)). Durations are in milliseconds. */
export interface Unit {
  readonly type: 'simple' | 'notify';
  readonly execStart: readonly string[];
  readonly execReload: readonly string[] | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly killSignal: NodeJS.Signals;
  readonly isKillMixed: boolean;
  readonly timeoutStop: number;
  readonly restart: 'no' | 'always' | 'on-failure';
  readonly restartAfter: number;
  readonly watchdog: number | undefined;
}

/** What a process may reach is not played: a test is no machine of its own. */
const notPlayed = new Set([
  'Unit.Description',
  'Unit.Documentation',
  'Unit.After',
  'Unit.Wants',
  'Unit.Requires',
  'Unit.ConditionFileIsExecutable',
  'Unit.ConditionPathExists',
  'Unit.StartLimitIntervalSec',
  'Unit.StartLimitBurst',
  'Install.WantedBy',
  'Service.User',
  'Service.Group',
  'Service.WorkingDirectory',
  'Service.NotifyAccess',
  'Service.UMask',
  'Service.EnvironmentFile',
  'Service.TimeoutStartSec',
  'Service.StartLimitInterval',
  'Service.StartLimitBurst',
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

/** A command line without shell: words, with quotes around those that have spaces. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double?.replace(/\\(.)/g, '$1') ?? single ?? bare!,
  );

/** Reads the text of a unit and its drop-ins, in their order. A setting that is not known is an error: it may be a typing error in ours. */
export function parseUnit(name: string, texts: readonly string[]): Unit {
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
  const last = (key: string): string | undefined => settings.get(`Service.${key}`)?.at(-1);
  const isOneOf = <const T extends string>(key: string, allowed: readonly T[], otherwise: T): T => {
    const value = last(key) ?? otherwise;
    if (!(allowed as readonly string[]).includes(value))
      throw new Error(`${name}: ${key}=${value} is not played; these are: ${allowed.join(', ')}`);
    return value as T;
  };
  const unit: Unit = {
    type: isOneOf('Type', ['simple', 'notify'], 'simple'),
    execStart: wordsOf(last('ExecStart') ?? ''),
    execReload: last('ExecReload') === undefined ? undefined : wordsOf(last('ExecReload')!),
    environment: Object.fromEntries(
      (settings.get('Service.Environment') ?? [])
        .flatMap(wordsOf)
        .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const),
    ),
    killSignal: (last('KillSignal') ?? 'SIGTERM') as NodeJS.Signals,
    isKillMixed: isOneOf('KillMode', ['control-group', 'mixed'], 'control-group') === 'mixed',
    timeoutStop: timeSpan(last('TimeoutStopSec') ?? '90'),
    restart: isOneOf('Restart', ['no', 'always', 'on-failure'], 'no'),
    restartAfter: timeSpan(last('RestartSec') ?? '100ms'),
    watchdog: last('WatchdogSec') === undefined ? undefined : timeSpan(last('WatchdogSec')!),
  };
  if (unit.execStart.length === 0) throw new Error(`${name}: ExecStart is missing`);
  const played = [
    'Type',
    'ExecStart',
    'ExecReload',
    'Environment',
    'KillSignal',
    'KillMode',
    'TimeoutStopSec',
    'Restart',
    'RestartSec',
    'WatchdogSec',
  ].map((key) => `Service.${key}`);
  for (const key of settings.keys())
    if (!played.includes(key) && !notPlayed.has(key))
      throw new Error(`${name}: ${key} is no setting that is known here`);
  return unit;
}
