import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { besides, pythonWith } from './python.ts';
import { describeWith, onPath } from './tools.ts';

const { PATH, XDG_CACHE_HOME } = process.env;
/** Making an environment takes some seconds, more on a busy machine. */
const patience = 120_000;

const restore = (name: string, value: string | undefined): void => {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
};

describeWith(onPath('python3', 'install Python 3.11 or newer'), 'a Python environment', () => {
  let folder: string;
  let requirements: URL;
  const cache = (): string => join(folder, 'autoscaled-gitlab-runner');
  const pathOf = async (): Promise<string> => {
    const tool = await pythonWith(requirements);
    if (tool.path === undefined) throw new Error(tool.reason);
    return tool.path;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'python-environment-'));
    process.env.XDG_CACHE_HOME = folder;
    const file = join(folder, 'requirements.txt');
    // Nothing to fetch: what is tried here is the making, not the packages.
    await writeFile(file, '# nothing\n');
    requirements = pathToFileURL(file);
  });
  afterEach(async () => {
    restore('PATH', PATH);
    restore('XDG_CACHE_HOME', XDG_CACHE_HOME);
    await rm(folder, { recursive: true });
  });

  it(
    'is made once, also when two ask at the same time',
    async () => {
      const [one, other] = await Promise.all([pathOf(), pathOf()]);
      expect(one).toBe(other);
      expect(existsSync(besides(one, 'pip'))).toBe(true);
      expect(realpathSync(one)).toBe(realpathSync(await pathOf()));
      expect(readdirSync(cache()).filter((name) => !name.endsWith('.lock'))).toHaveLength(1);
    },
    patience,
  );

  it(
    'is made again when it was left half-made, and only then',
    async () => {
      const path = await pathOf();
      const root = dirname(dirname(path));
      const mark = join(root, 'mark');
      await mkdir(mark);
      await pathOf();
      expect(existsSync(mark)).toBe(true);
      await rm(join(root, 'complete'));
      await pathOf();
      expect(existsSync(mark)).toBe(false);
      expect(existsSync(join(root, 'complete'))).toBe(true);
    },
    patience,
  );

  it(
    'says what pip said when that fails, and is not taken for whole afterwards',
    async () => {
      await writeFile(requirements, './not-there.whl\n');
      for (const attempt of ['first', 'second']) {
        const { reason } = await pythonWith(requirements);
        expect([attempt, reason]).toEqual([
          attempt,
          expect.stringMatching(/^no Python environment could be made in .*not-there\.whl.*pip could not install/),
        ]);
      }
    },
    patience,
  );

  it('says so when there is no Python', async () => {
    process.env.PATH = folder;
    expect(await pythonWith(requirements)).toEqual({
      reason: 'python3 is not on PATH; install Python 3.11 or newer',
    });
  });
});
