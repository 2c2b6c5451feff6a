import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobEvent } from '../../rehearsal/gitlab/job-events.ts';
import { deliver } from '../../rehearsal/gitlab/webhook-delivery.ts';
import { motoPython } from '../support/moto.ts';
import { secret } from '../support/plans.ts';
import { describeWith } from '../support/tools.ts';
import { openAccount, region, type Account } from './account.ts';
import { openCdktfProject, type CdktfProject } from './cdktf-project.ts';
import { openStage } from './deployed-stage.ts';
import { fleetOf } from './fleet.ts';
import { thingsNamed } from './named-things.ts';

const python = await motoPython();
const name = 'glab-runner-t';

interface StateFile {
  readonly outputs: { readonly api_gateway_invoke_url: { readonly value: string } };
  readonly resources: readonly { readonly mode: 'managed' | 'data' }[];
}

describeWith(python, 'cdktf', (path) => {
  let account: Account;
  let project: CdktfProject;

  const state = (): StateFile =>
    JSON.parse(readFileSync(join(project.folder, 'terraform.autoscaled-gitlab-runner.tfstate'), 'utf8')) as StateFile;
  const managed = (): number => state().resources.filter(({ mode }) => mode === 'managed').length;

  /** `--skip-provider-lock`: the checksums for other platforms come from the registry alone, and a mirror has to do here. */
  const cdktf = (command: 'deploy' | 'destroy'): Promise<string> =>
    project.cdktf(
      command,
      '--auto-approve',
      '--skip-provider-lock',
      '--no-color',
      `--var-file=${project.folder}/prod.tfvars.json`,
    );

  beforeAll(async () => {
    account = await openAccount(path);
    project = await openCdktfProject({
      ...account.environment,
      CDKTF_BACKEND: 'local',
      TF_VAR_gitlab_secret_token: secret,
    });
    writeFileSync(
      join(project.folder, 'prod.tfvars.json'),
      JSON.stringify({ ...account.preconditions, aws_region: region, environment_name: 't' }),
    );
  }, 30_000);
  afterAll(async () => {
    await project?.close();
    await account?.close();
  }, 30_000);

  it('deploys the stack with one command', async () => {
    const said = await cdktf('deploy');
    expect(said).toContain('Apply complete! Resources: 35 added, 0 changed, 0 destroyed.');
    expect(said).not.toContain(secret);
    expect(managed()).toBe(35);
  }, 240_000);

  it('deploys a webhook that wakes the fleet', async () => {
    const [, api = '', stageName = ''] =
      /^https:\/\/([^.]+)\.execute-api\.eu-north-1\.amazonaws\.com\/([^/]+)\/webhook$/.exec(
        state().outputs.api_gateway_invoke_url.value,
      ) ?? [];
    const stage = await openStage(account.bridge, api, stageName);
    try {
      const fleet = fleetOf(account.boto, name, `arn:aws:states:${region}:123456789012:stateMachine:${name}`);
      expect(await fleet.desiredCapacity()).toBe(0);
      await deliver(stage.url, jobEvent({ status: 'pending', jobId: 1 }), { token: secret });
      expect(await fleet.executions()).toMatchObject([{ status: 'SUCCEEDED' }]);
      expect(await fleet.desiredCapacity()).toBe(1);
    } finally {
      await stage.close();
    }
  }, 60_000);

  it('takes it all away again with another', async () => {
    const said = await cdktf('destroy');
    expect(said).toContain('Destroy complete! Resources: 35 destroyed.');
    expect(managed()).toBe(0);
    expect(await thingsNamed(account.boto, name)).toEqual({});
  }, 240_000);
});
