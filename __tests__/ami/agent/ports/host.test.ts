import { chmodSync, mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clockUntil } from '../../../../ami/agent/ports/clock.ts';
import { run } from '../../../../ami/agent/ports/commands.ts';
import { dockerSocket, pingDocker } from '../../../../ami/agent/ports/docker.ts';
import { readIfThere, writeWhole } from '../../../../ami/agent/ports/files.ts';
import { connectRunnerUnit, notifier } from '../../../../ami/agent/ports/systemd.ts';

let folder: string;
const path = process.env.PATH;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ports-'));
  process.env.PATH = `${folder}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that writes down its arguments, prints and ends as told. */
function program(name: string, prints = '', code = 0): () => readonly string[] {
  const file = join(folder, name);
  writeFileSync(
    file,
    `#!/bin/sh\necho "$@" >> ${file}.called\nprintf '%s' '${prints}'\n[ ${code} = 0 ] || echo broken >&2\nexit ${code}\n`,
  );
  chmodSync(file, 0o755);
  return () => readFileSync(`${file}.called`, 'utf8').trim().split('\n');
}

describe('the runner’s unit', () => {
  const done = { kind: 'done' };

  it('is started, stopped without waiting, told to abort and to reload by systemctl', async () => {
    const called = program('systemctl');
    const unit = connectRunnerUnit();
    expect([await unit.start(), await unit.stop(), await unit.abort(), await unit.reload()]).toEqual([
      done,
      done,
      done,
      done,
    ]);
    expect(called()).toEqual([
      'start gitlab-runner.service',
      'stop --no-block gitlab-runner.service',
      'kill --signal=SIGTERM --kill-whom=main gitlab-runner.service',
      'reload gitlab-runner.service',
    ]);
  });

  it('says what systemctl says when it fails', async () => {
    program('systemctl', '', 1);
    expect(await connectRunnerUnit().start()).toEqual({
      kind: 'refused',
      why: 'systemctl start gitlab-runner.service: broken',
    });
  });

  it('leaves open what became of it when systemctl cannot be run', async () => {
    process.env.PATH = folder;
    expect(await connectRunnerUnit().start()).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['ActiveState=active\n', true],
    ['ActiveState=activating\n', true],
    ['ActiveState=deactivating\n', true],
    ['ActiveState=inactive\n', false],
    ['ActiveState=failed\n', false],
    ['', true],
  ])('that shows %j is on: %s', async (shown, isOn) => {
    program('systemctl', shown);
    expect(await connectRunnerUnit().isOn()).toBe(isOn);
  });

  it('counts as on when nobody says', async () => {
    program('systemctl', 'ActiveState=inactive', 1);
    expect(await connectRunnerUnit().isOn()).toBe(true);
  });
});

describe('systemd', () => {
  it('is told of the agent, a word each', async () => {
    const called = program('systemd-notify');
    await notifier({ NOTIFY_SOCKET: '/run/x' })('STATUS=working\nWATCHDOG=1');
    expect(called()).toEqual(['STATUS=working WATCHDOG=1']);
  });

  it('is told nothing where nobody listens', async () => {
    await notifier({})('READY=1');
    expect(() => readFileSync(join(folder, 'systemd-notify.called'))).toThrow('ENOENT');
  });
});

describe('a command', () => {
  it('is ended when it takes too long', async () => {
    expect(await run('sleep', ['5'], 0.1)).toMatchObject({ stdout: '' });
    expect(await run('sleep', ['5'], 0.1)).not.toHaveProperty('code');
  });

  it('gets its arguments as they are', async () => {
    const { stdout, code } = await run('printf', ['%s|', 'a b', '$HOME', "'"], 5);
    expect({ stdout, code }).toEqual({ stdout: "a b|$HOME|'|", code: 0 });
  });
});

describe('Docker', () => {
  const listening = async (answers: (answer: { writeHead(status: number): { end(): void } }) => void) => {
    const socket = join(folder, 'docker.sock');
    const server = createServer((_, answer) => answers(answer)).listen(socket);
    await new Promise((resolve) => server.once('listening', resolve));
    return { socket, close: () => server.closeAllConnections() ?? server.close() };
  };

  it('is there when it answers a ping', async () => {
    const { socket, close } = await listening((answer) => answer.writeHead(200).end());
    expect(await pingDocker(socket)).toEqual({ kind: 'done' });
    close();
  });

  it('is not when it answers otherwise, does not answer, or is not there', async () => {
    const { socket, close } = await listening((answer) => answer.writeHead(500).end());
    expect(await pingDocker(socket)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('status 500') as string,
    });
    close();
    rmSync(socket, { force: true });
    const { socket: silent, close: end } = await listening(() => undefined);
    expect(await pingDocker(silent, 50)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('nothing within 50 ms') as string,
    });
    end();
    expect(await pingDocker('/nowhere/docker.sock')).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('/nowhere/docker.sock') as string,
    });
  });

  it.each([
    [{}, '/var/run/docker.sock'],
    [{ DOCKER_HOST: 'unix:///run/user/1/docker.sock' }, '/run/user/1/docker.sock'],
    [{ DOCKER_HOST: 'tcp://127.0.0.1:2375' }, '/var/run/docker.sock'],
  ])('listens, by the environment %j, at %s', (environment, socket) => {
    expect(dockerSocket(environment)).toBe(socket);
  });
});

describe('a file', () => {
  it('is written whole, for its owner alone, in a folder for its owner alone', async () => {
    const file = join(folder, 'new', 'config.toml');
    expect(await writeWhole(file, 'one')).toEqual({ kind: 'done' });
    expect(await writeWhole(file, 'two')).toEqual({ kind: 'done' });
    expect(await readIfThere(file)).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
  });

  it('is absent, which is no failure', async () => {
    expect(await readIfThere(join(folder, 'nothing'))).toBeUndefined();
  });

  it('that cannot be written stays as it is; nothing of the text is told', async () => {
    mkdirSync(join(folder, 'taken'));
    const answer = await writeWhole(join(folder, 'taken'), 'marker-of-a-secret');
    expect(answer).toMatchObject({ kind: 'refused' });
    expect(JSON.stringify(answer)).not.toContain('marker');
  });

  it('that cannot be read is a failure', async () => {
    await expect(readIfThere(folder)).rejects.toThrow('EISDIR');
  });
});

describe('the clock', () => {
  it('pauses until it is stopped', async () => {
    const stop = new AbortController();
    const pause = clockUntil(stop.signal).pause(60);
    stop.abort();
    await pause;
  });

  it('goes as many times as fast as it is told', async () => {
    const clock = clockUntil(new AbortController().signal, 100);
    const begun = clock.now();
    await clock.pause(3);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(2900);
    expect(clock.after(1000) - clock.now()).toBeGreaterThan(99_000);
  });

  it('gives no text twice', () => {
    const clock = clockUntil(new AbortController().signal);
    expect(clock.unique()).not.toBe(clock.unique());
  });
});
