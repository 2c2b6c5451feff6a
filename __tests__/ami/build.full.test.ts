import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleAgent } from '../../ami/agent/bundle.ts';
import { contractTag, contractVersion } from '../../ami/contract.ts';
import type { Boto } from '../moto/boto.ts';
import { startBoto } from '../moto/boto.ts';
import type { Moto } from '../support/moto.ts';
import { motoPython, startMoto } from '../support/moto.ts';
import { besides, pythonWith } from '../support/python.ts';
import { describeWith } from '../support/tools.ts';

const region = 'eu-north-1';
const ami = fileURLToPath(new URL('../../ami', import.meta.url));
const moto = await motoPython();
const ansible = await pythonWith(new URL('../support/ansible/requirements.txt', import.meta.url));
const needed = moto.path === undefined ? moto : ansible;

interface Instances {
  readonly Reservations: readonly {
    readonly Instances: readonly {
      readonly InstanceId: string;
      readonly ImageId: string;
      readonly State: { readonly Name: string };
      readonly MetadataOptions?: { readonly HttpTokens: string };
      readonly BlockDeviceMappings: readonly {
        readonly DeviceName: string;
        readonly Ebs: { readonly VolumeId: string };
      }[];
    }[];
  }[];
}
interface Images {
  readonly Images: readonly {
    readonly ImageId: string;
    readonly Name: string;
    readonly Tags?: readonly { readonly Key: string; readonly Value: string }[];
  }[];
}

describeWith(needed, 'a build on moto', () => {
  const folder = mkdtempSync(join(tmpdir(), 'build-'));
  let aws: Moto;
  let boto: Boto;
  let network: { readonly subnet_id: string; readonly security_group_id: string };
  beforeAll(async () => {
    aws = await startMoto(moto.path!);
    boto = startBoto(moto.path!, aws.url, region);
    const { Vpc } = await boto.call<{ Vpc: { VpcId: string } }>('ec2', 'create_vpc', { CidrBlock: '10.0.0.0/16' });
    const { Subnet } = await boto.call<{ Subnet: { SubnetId: string } }>('ec2', 'create_subnet', {
      VpcId: Vpc.VpcId,
      CidrBlock: '10.0.0.0/24',
    });
    const { GroupId } = await boto.call<{ GroupId: string }>('ec2', 'create_security_group', {
      GroupName: 'build',
      Description: 'build',
      VpcId: Vpc.VpcId,
    });
    network = { subnet_id: Subnet.SubnetId, security_group_id: GroupId };
    await bundleAgent(join(ami, 'agent/dist/agent.mjs'));
  }, 120_000);
  afterAll(async () => {
    await boto?.close();
    await aws?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the playbook as the page says; the builder is this machine in place of one behind SSH, and its play is `play`. */
  const build = async (play: string, variables: object = {}) => {
    // The builder's own play stands beside the playbook: a copy of the folder has another one.
    const copy = mkdtempSync(join(folder, 'ami-'));
    await promisify(execFile)('cp', ['-r', `${ami}/.`, copy]);
    writeFileSync(join(copy, 'build-playbook.yml'), play);
    const file = join(copy, 'aws_vars.yml');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify({ aws_region: region, ...network, builder_connection: 'local', ...variables }));
    try {
      const { stdout, stderr } = await promisify(execFile)(
        besides(ansible.path!, 'ansible-playbook'),
        ['ami_build.yml', '-e', '@aws_vars.yml'],
        {
          cwd: copy,
          maxBuffer: 20_000_000,
          env: {
            ...process.env,
            PATH: `${dirname(ansible.path!)}:${process.env.PATH}`,
            AWS_ENDPOINT_URL: aws.url,
            AWS_ACCESS_KEY_ID: 'test',
            AWS_SECRET_ACCESS_KEY: 'test',
            ANSIBLE_FORCE_COLOR: '0',
            NO_COLOR: '1',
          },
        },
      );
      return { code: 0, output: `${stdout}${stderr}` };
    } catch (error) {
      const {
        code = 1,
        stdout = '',
        stderr = '',
      } = error as { readonly code?: number; readonly stdout?: string; readonly stderr?: string };
      return { code, output: `${stdout}${stderr}` };
    }
  };
  const instances = async () =>
    (await boto.call<Instances>('ec2', 'describe_instances')).Reservations.flatMap((each) => each.Instances);
  const running = async (): Promise<readonly string[]> =>
    (await instances())
      .filter(({ State }) => !['terminated', 'shutting-down'].includes(State.Name))
      .map(({ InstanceId }) => InstanceId);
  const images = async () => (await boto.call<Images>('ec2', 'describe_images', { Owners: ['self'] })).Images;
  const keys = async (): Promise<number> =>
    (await boto.call<{ KeyPairs: readonly unknown[] }>('ec2', 'describe_key_pairs')).KeyPairs.length;

  const finished = `---
- name: Build the machine
  hosts: builders
  gather_facts: false
  tasks:
    - name: Say that it is finished
      ansible.builtin.set_fact:
        gitlab_runner_built: { gitlab-runner: 19.4.0, agent: 0.1.0, node: v22.23.5, docker: 26.1 }
`;
  const broken = `---
- name: Build the machine
  hosts: builders
  gather_facts: false
  ignore_unreachable: true
  tasks:
    - name: Build
      block:
        - name: Break
          ansible.builtin.command: "false"
      rescue:
        - name: Say what went wrong
          ansible.builtin.debug:
            msg: it broke
`;

  it('makes an image of the newest base, on a builder with an encrypted disk and IMDSv2, and leaves no builder and no key', async () => {
    const { code, output } = await build(finished);
    expect({ code, said: code === 0 ? '' : output.slice(-3000) + aws.log().split('\n').slice(-40).join('\n') }).toEqual(
      { code: 0, said: '' },
    );
    const known = await boto.call<{
      readonly Images: readonly { readonly ImageId: string; readonly CreationDate: string }[];
    }>('ec2', 'describe_images', {
      Owners: ['amazon'],
      Filters: [{ Name: 'name', Values: ['al2023-ami-2023.*-kernel-6.1-x86_64'] }],
    });
    const newest = [...known.Images]
      .sort((one, other) => one.CreationDate.localeCompare(other.CreationDate))
      .at(-1)?.ImageId;
    expect(newest).toBeDefined();
    const [made] = await images();
    const tags = Object.fromEntries((made?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
    expect(tags).toMatchObject({
      Name: 'gitlab-runner-amazon',
      [contractTag]: contractVersion,
      'gitlab-runner': '19.4.0',
      'base-image': newest,
      architecture: 'x86_64',
    });
    const [builder] = await instances();
    expect(builder).toMatchObject({
      ImageId: newest,
      State: { Name: 'terminated' },
      MetadataOptions: { HttpTokens: 'required' },
    });
    // moto forgets the disks of an instance that has ended.
    expect(readFileSync(join(ami, 'ami_build.yml'), 'utf8')).toMatch(/encrypted: true/);
    expect(await running()).toEqual([]);
    expect(await keys()).toBe(0);
  }, 180_000);

  it('keeps the newest images only', async () => {
    expect((await build(finished, { keep_images: 1 })).code).toBe(0);
    expect(await images()).toHaveLength(1);
  }, 180_000);

  it('leaves no builder and no key when the machine cannot be built, and makes no image', async () => {
    const before = (await images()).length;
    const { code, output } = await build(broken);
    expect(code).not.toBe(0);
    expect(output).toContain('The builder was not finished');
    expect(await running()).toEqual([]);
    expect(await keys()).toBe(0);
    expect(await images()).toHaveLength(before);
  }, 180_000);

  it('leaves nothing when there is no base image, and says so', async () => {
    const { code, output } = await build(finished, {
      base_images: { amazon: { owner: 'amazon', user: 'ec2-user', name: { x86_64: 'no-such-image-*' } } },
    });
    expect(code).not.toBe(0);
    expect(output).toContain('Find the base images');
    expect(await running()).toEqual([]);
    expect(await keys()).toBe(0);
  }, 120_000);
});
