import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Service } from './service.ts';
import { parseUnit } from './unit-file.ts';

export interface HostOptions {
  /** A folder of its own; its `bin` gets `systemctl` and `systemd-notify`. */
  readonly root: string;
  /** The texts of each unit: its file, and its drop-ins in their order. */
  readonly units: Readonly<Record<string, readonly string[]>>;
  /** Replaces a word of an ExecStart, such as the path of a program; an undefined one is left out. */
  readonly pathOf?: (word: string) => string | undefined;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A host: a folder, and services that are real processes under a supervisor of their own. */
export interface Host {
  readonly root: string;
  /** With the host's `systemctl` in PATH. */
  readonly environment: Readonly<Record<string, string>>;
  service(name: string): Service;
  /** What the service has written to its standard output and error. */
  journal(name: string): string;
  /** Everything ends at once, as when the machine is gone. */
  powerOff(): void;
  close(): Promise<void>;
}

interface Asked {
  readonly program: string;
  readonly arguments: readonly string[];
  /** The unit that asks; null for a person. */
  readonly unit: string | null;
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

const client = fileURLToPath(new URL('client.py', import.meta.url));
const nothing: Said = { stdout: '', stderr: '', code: 0 };

export async function startHost({
  root,
  units,
  pathOf = (word) => word,
  environment: given = {},
}: HostOptions): Promise<Host> {
  const bin = join(root, 'bin');
  mkdirSync(bin, { recursive: true });
  for (const program of ['systemctl', 'systemd-notify']) {
    copyFileSync(client, join(bin, program));
    chmodSync(join(bin, program), 0o755);
  }
  const environment = { ...given, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` };
  const logOf = (name: string): string => join(root, `${name}.log`);
  const services = new Map(
    Object.entries(units).map(([name, texts]) => [
      name,
      new Service({ name, unit: parseUnit(name, texts), pathOf, environment, logFile: logOf(name) }),
    ]),
  );
  const service = (name: string): Service => {
    const found = services.get(name);
    if (found === undefined) throw new Error(`Unit ${name} not found.`);
    return found;
  };

  const systemctl = async (words: readonly string[]): Promise<Said> => {
    const options = words.filter((word) => word.startsWith('-'));
    const [verb, name = ''] = words.filter((word) => !word.startsWith('-'));
    const option = (key: string): string | undefined =>
      options.find((word) => word.startsWith(`--${key}=`))?.slice(key.length + 3);
    if (!services.has(name))
      return {
        stdout: '',
        stderr: `Unit ${name} could not be found.\n`,
        code: verb === 'start' || verb === 'stop' ? 5 : 4,
      };
    const unit = service(name);
    const isPatient = !options.includes('--no-block');
    switch (verb) {
      case 'enable':
        if (!options.includes('--now')) return nothing;
        return systemctl(['start', name]);
      case 'start': {
        const started = unit.start();
        if (!isPatient || (await started)) return nothing;
        return { stdout: '', stderr: `Job for ${name} failed.\n`, code: 1 };
      }
      case 'stop': {
        const stopped = unit.stop();
        if (isPatient) await stopped;
        return nothing;
      }
      case 'reload': {
        if (unit.state !== 'active') return { stdout: '', stderr: `${name} is not active, cannot reload.\n`, code: 1 };
        return (await unit.reload()) ? nothing : { stdout: '', stderr: `Job for ${name} failed.\n`, code: 1 };
      }
      case 'kill':
        return unit.kill((option('signal') ?? 'SIGTERM') as NodeJS.Signals)
          ? nothing
          : { stdout: '', stderr: `Failed to kill unit ${name}: No main process to kill\n`, code: 1 };
      case 'is-active':
        return { stdout: `${unit.state}\n`, stderr: '', code: unit.state === 'active' ? 0 : 3 };
      case 'show': {
        const all: Readonly<Record<string, string | number>> = {
          ActiveState: unit.state,
          MainPID: unit.pid,
          Result: unit.result,
          NRestarts: unit.restarts,
        };
        const wanted = option('property')?.split(',') ?? Object.keys(all);
        return { ...nothing, stdout: wanted.map((key) => `${key}=${all[key] ?? ''}\n`).join('') };
      }
      default:
        return { stdout: '', stderr: `Unknown command verb ${verb ?? ''}.\n`, code: 1 };
    }
  };

  const answer = async ({ program, arguments: words, unit }: Asked): Promise<Said> => {
    if (program === 'systemctl') return systemctl(words);
    if (unit !== null) service(unit).notified(words);
    return nothing;
  };
  const server = createServer((socket) => {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      void answer(JSON.parse(text) as Asked).then((said) => socket.end(JSON.stringify(said)));
    });
  });
  const path = join(bin, 'supervisor.sock');
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const powerOff = (): void => {
    for (const each of services.values()) each.powerOff();
  };
  return {
    root,
    environment,
    service,
    // A service that was never started has written nothing.
    journal: (name) => (existsSync(logOf(name)) ? readFileSync(logOf(name), 'utf8') : ''),
    powerOff,
    close: () => {
      powerOff();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
