import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { installScript } from './python.ts';
import { createService, type Service } from './service.ts';
import { systemctl, type Said } from './systemctl.ts';
import { parseUnit } from './unit-file.ts';

export interface HostOptions {
  /** A folder of its own; its `bin` gets `systemctl` and `systemd-notify`. */
  readonly root: string;
  /** The texts of each unit: its file, and its drop-ins in their order. */
  readonly units: Readonly<Record<string, readonly string[]>>;
  /** Replaces a word of a command, such as the path of a program, or a path of a condition; an undefined one is left out. */
  readonly pathOf?: (word: string) => string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A host: a folder, and services that are real processes under a supervisor of their own. */
export interface Host {
  readonly root: string;
  /** With the host's `systemctl` in PATH. */
  readonly environment: Readonly<Record<string, string>>;
  service(name: string): Service;
  /** What the service has written to its standard output and error; nothing while it was never started. */
  journal(name: string): string;
  /** Everything ends at once, as when the machine is gone. */
  powerOff(): void;
  /** Resolves when no process is left. */
  close(): Promise<void>;
}

interface Asked {
  readonly program: string;
  readonly arguments: readonly string[];
  /** The unit that asks; null for a person, and for a unit that does not notify. */
  readonly unit: string | null;
}

/** What systemd-notify sends for its arguments (systemd-notify(1)). */
const notification = (word: string): string => {
  if (word === '--ready') return 'READY=1';
  return word.startsWith('--status=') ? `STATUS=${word.slice('--status='.length)}` : word;
};

export async function startHost({
  root,
  units,
  pathOf = (word) => word,
  environment: given = {},
}: HostOptions): Promise<Host> {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const program of ['systemctl', 'systemd-notify']) installScript('client', join(bin, program));
  const environment = { ...given, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const logOf = (name: string): string => join(root, `${name}.log`);
  const services = new Map(
    Object.entries(units).map(([name, texts]) => [
      name,
      createService({ name, unit: parseUnit(name, texts), pathOf, environment, logFile: logOf(name) }),
    ]),
  );
  const service = (name: string): Service => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`Unit ${name} not found.`);
    return found;
  };

  const answer = ({ program, arguments: words, unit }: Asked): Said | Promise<Said> => {
    if (program === 'systemctl') return systemctl(words, (name) => services.get(name));
    if (unit === null)
      return { stdout: '', stderr: 'No status data could be sent: $NOTIFY_SOCKET was not set\n', code: 1 };
    service(unit).notified(words.map(notification));
    return { stdout: '', stderr: '', code: 0 };
  };
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      Promise.resolve(JSON.parse(text) as Asked)
        .then(answer)
        .catch((error: unknown) => ({ stdout: '', stderr: `${String(error)}\n`, code: 1 }))
        .then(
          (said) => socket.end(JSON.stringify(said)),
          () => socket.destroy(),
        );
    });
  });
  const path = join(bin, 'supervisor.sock');
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const powerOff = async (): Promise<void> => {
    await Promise.all([...services.values()].map((each) => each.powerOff()));
  };
  return {
    root,
    environment,
    service,
    journal: (name) => (existsSync(logOf(name)) ? readFileSync(logOf(name), 'utf8') : ''),
    powerOff: () => void powerOff(),
    close: async () => {
      await powerOff();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
