import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bundleAgent } from '../../../ami/agent/bundle.ts';
import { agentUnit } from '../../../ami/contract.ts';
import { startFleet } from '../../../rehearsal/fleet.ts';
import { builtRunner, runnerVersion } from '../../../rehearsal/gitlab-runner/build.ts';
import { startGitLab } from '../../../rehearsal/gitlab/server.ts';
import { motoPython, startMoto } from '../../support/moto.ts';
import { besides, pythonWith } from '../../support/python.ts';
import { bootPlay, lifecycleCheck, monitorJobs } from './upstream-ways.ts';
import { usageOf } from './usage.ts';

/**
 * What it costs to watch over an idle instance, and how long it takes from the start of what user data starts to the first poll: the agent
 * beside upstream's own way, in one run. `npx tsx __tests__/ami/bench/agent-cost.ts [SECONDS]` prints a table.
 */
const seconds = Number(process.argv[2] ?? 120);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const runner = await builtRunner();
const moto = await motoPython();
const ansible = await pythonWith(new URL('../../support/ansible/requirements.txt', import.meta.url));
for (const tool of [runner, moto, ansible]) if (tool.path === undefined) throw new Error(tool.reason);

const wait = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
};
const isPoll = ({ path }: { readonly path: string }): boolean => path === '/jobs/request';

const fleet = await startFleet({
  runner: runner.path!,
  agent: await bundleAgent(join(folder, 'agent.mjs')),
  minSize: 1,
  settings: { idle_threshold: 604_800 },
});
await wait(() => fleet.instances.length === 1 && fleet.instances[0]!.host.service(agentUnit).pid > 0);
const oursBegan = fleet.gitlab.now();
await wait(() => fleet.gitlab.asked.some(isPoll));
const ourStart = fleet.gitlab.asked.find(isPoll)!.at - oursBegan;
const instance = fleet.instances[0]!;
const port = /127\.0\.0\.1:(\d+)/.exec(
  readFileSync(join(instance.host.root, 'etc/gitlab-runner/config.toml'), 'utf8'),
)![1]!;

const aws = await startMoto(moto.path!);
const environment = {
  ...process.env,
  PATH: `${dirname(moto.path!)}:${process.env.PATH}`,
  METRICS_URL: `http://127.0.0.1:${port}/metrics`,
  IMDS: instance.imds.url,
  ASG: fleet.name,
  AWS_ENDPOINT_URL: aws.url,
  AWS_DEFAULT_REGION: fleet.region,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};
const loops = [monitorJobs, lifecycleCheck].map((script) =>
  spawn('bash', ['-c', script], { env: environment, stdio: 'ignore', detached: true }),
);
const [ours, upstreams] = await Promise.all([
  usageOf([instance.host.service(agentUnit).pid], seconds),
  usageOf(
    loops.map(({ pid }) => pid!),
    seconds,
  ),
]);
for (const { pid } of loops) process.kill(-pid!, 'SIGKILL');

const gitlab = await startGitLab();
const given = { port: 29_252, file: join(folder, 'given.toml'), play: join(folder, 'play.yml') };
writeFileSync(
  given.file,
  `concurrent = 2\ncheck_interval = 1\nlisten_address = "127.0.0.1:${given.port}"\n[[runners]]\nname = "x"\nurl = "${gitlab.url}"\ntoken = "${gitlab.runners.addRunner().token}"\nexecutor = "shell"\n`,
);
writeFileSync(given.play, bootPlay(folder, runner.path!, given.port));
const upstreamBegan = gitlab.now();
await promisify(execFile)(
  besides(ansible.path!, 'ansible-playbook'),
  ['-i', 'localhost,', '-e', `ansible_python_interpreter=${ansible.path}`, given.play],
  {
    env: { ...process.env, PATH: `${dirname(ansible.path!)}:${process.env.PATH}` },
  },
);
await wait(() => gitlab.asked.some(isPoll));
const upstreamStart = gitlab.asked.find(isPoll)!.at - upstreamBegan;
process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');

await gitlab.close();
await aws.close();
await fleet.close();
rmSync(folder, { recursive: true, force: true });

const { stdout: cli } = await promisify(execFile)(besides(moto.path!, 'aws'), ['--version']);
const row = (what: string, our: number, upstream: number, unit: string): string =>
  `| ${what} | ${our.toFixed(our < 10 ? 2 : 0)} ${unit} | ${upstream.toFixed(upstream < 10 ? 2 : 0)} ${unit} | ${(upstream / our).toFixed(1)} |`;
process.stdout.write(
  [
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.version}, gitlab-runner ${runnerVersion}, ${cli.trim().split(' ')[0]} (upstream's image has v2), ${seconds} s`,
    '',
    '| | the agent | upstream’s way | upstream / ours |',
    '| --- | --- | --- | --- |',
    row('CPU of an idle hour', ours.cpuSecondsAnHour, upstreams.cpuSecondsAnHour, 's'),
    row('memory at most', ours.mostMebibytes, upstreams.mostMebibytes, 'MiB'),
    row('start to first poll', ourStart / 1000, upstreamStart / 1000, 's'),
    '',
  ].join('\n'),
);
