import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootMachine, freshMachine, machineTools, type Booted } from '../../support/image-root.ts';
import { describeWith } from '../../support/tools.ts';
import { contractUnits, describeSystemdContract, folder, type Machine } from './contract.ts';

describeWith(machineTools(), 'a machine of its own', () => {
  let root: string;
  let booted: Booted | undefined;
  beforeAll(async () => {
    root = await freshMachine();
    booted = await bootMachine(root);
    const { stdout } = await booted.run('systemctl', '--version');
    process.stderr.write(`the double is compared with ${stdout.split('\n')[0]}\n`);
  }, 240_000);
  afterAll(async () => {
    await booted?.close();
    rmSync(root, { recursive: true, force: true });
  }, 60_000);

  const make = async (units: Readonly<Record<string, string>>): Promise<Machine> => {
    const run: Machine['run'] = (...words) => (booted ?? missing()).run(...words);
    const at = (path: string): string => join(root, path);
    const files = Object.keys(units).map((name) => at(`/etc/systemd/system/${name}`));
    mkdirSync(at(folder), { recursive: true });
    for (const [index, text] of Object.values(units).entries()) writeFileSync(files[index]!, text);
    await run('systemctl', 'daemon-reload');
    return {
      run,
      file: (path) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : undefined),
      close: async () => {
        const names = Object.keys(units);
        await run('systemctl', 'kill', '--signal=SIGKILL', ...names);
        await run('systemctl', 'stop', ...names);
        await run('systemctl', 'reset-failed', ...names);
        for (const file of [...files, at(folder)]) rmSync(file, { recursive: true, force: true });
        await run('systemctl', 'daemon-reload');
      },
    };
  };
  describeSystemdContract('systemd', make);

  it('finds nothing wrong with the units of the contract but what is meant to be', async () => {
    const units = Object.fromEntries(
      contractUnits.flatMap((each, index) =>
        Object.entries(each).map(([name, text]) => [name.replace('.service', `-${index}.service`), text]),
      ),
    );
    const machine = await make(units);
    const files = Object.keys(units).map((name) => `/etc/systemd/system/${name}`);
    const { stdout, stderr } = await machine.run('systemd-analyze', 'verify', '--man=no', ...files);
    await machine.close();
    expect(`${stdout}${stderr}`.replace(/^example-\d+/gm, 'example')).toBe(
      'example.service: Command /opt/rehearsal/nowhere is not executable: No such file or directory\n',
    );
  }, 60_000);
});

function missing(): never {
  throw new Error('the machine has not booted');
}
