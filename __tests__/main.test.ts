import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = fileURLToPath(new URL('..', import.meta.url));

describe('main.ts', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'synth-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (outdir: string): Buffer =>
    readFileSync(join(outdir, 'stacks', 'autoscaled-gitlab-runner', 'cdk.tf.json'));
  const synth = async (name: string): Promise<string> => {
    const outdir = join(folder, name);
    await run('npx', ['tsx', 'main.ts'], { cwd: project, env: { ...process.env, CDKTF_OUTDIR: outdir } });
    return outdir;
  };

  it('gives the same bytes twice, and the same as cdktf synth', async () => {
    const [first, second] = [await synth('first'), await synth('second')];
    const viaCli = join(folder, 'cli');
    await run('npx', ['cdktf', 'synth', '--output', viaCli], { cwd: project, env: { ...process.env, CI: '1' } });
    expect(file(second).equals(file(first))).toBe(true);
    expect(file(viaCli).equals(file(first))).toBe(true);
  }, 60_000);

  it('takes the context of cdktf.json, as cdktf synth does', async () => {
    writeFileSync(join(folder, 'cdktf.json'), JSON.stringify({ context: { backend: 'local' } }));
    const outdir = join(folder, 'context');
    const environment = { ...process.env, CDKTF_OUTDIR: outdir };
    const command = [
      '--import',
      pathToFileURL(join(project, 'node_modules/tsx/dist/esm/index.mjs')).href,
      join(project, 'main.ts'),
    ];
    await run(process.execPath, command, { cwd: folder, env: environment });
    expect(JSON.parse(file(outdir).toString())).toHaveProperty('terraform.backend.local');
  }, 30_000);

  it('names no path, user or host of the machine that built it', async () => {
    const text = file(await synth('paths')).toString();
    for (const local of [project.replace(/\/$/, ''), folder, homedir(), hostname()].filter((name) => name.length > 3)) {
      expect(text).not.toContain(local);
    }
  }, 30_000);
});
