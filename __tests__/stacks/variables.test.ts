import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addedVariables } from '../../stacks/variables.ts';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import { terraformIn } from '../../rehearsal/terraform/run.ts';
import { minimalVariables, nullable } from '../support/plans.ts';
import { blockOf, synthesized } from '../support/synthesized.ts';

/** Validations need no provider: the configuration reduced to its variables plans in a fraction of a second. */
describe('a variable', () => {
  const { json } = synthesized();
  let folder: string;
  let binary: string;

  beforeAll(async () => {
    ({ binary } = await findTerraform());
    folder = mkdtempSync(join(tmpdir(), 'variables-'));
    const { required_version } = json.terraform;
    writeFileSync(
      join(folder, 'cdk.tf.json'),
      JSON.stringify({ terraform: { required_version }, variable: json.variable }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What Terraform prints, on one line and without the frame around its messages. */
  async function plan(given: Readonly<Record<string, unknown>>): Promise<{ code: number | null; said: string }> {
    const file = join(folder, 'given.json');
    writeFileSync(file, JSON.stringify({ ...minimalVariables, ...given }, null, 1));
    const { code, output } = await terraformIn(
      folder,
      binary,
      ['plan', '-input=false', '-no-color', `-var-file=${file}`],
      {
        environment: {},
      },
    );
    return { code, said: output.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ') };
  }

  const refused: Readonly<Record<string, readonly unknown[]>> = {
    gitlab_api_url: [
      'gitlab.com',
      'https://gitlab.com/',
      'ftp://gitlab.com/api/v4/',
      'https://user:password@gitlab.com/api/v4/',
      'https://gitlab.com/?a=/api/v4/',
    ],
    gitlab_ca_certificate: [
      'gitlab-ca.pem',
      '-----BEGIN CERTIFICATE-----\nMIIB',
      `-----BEGIN CERTIFICATE-----\n${'A'.repeat(8192)}\n-----END CERTIFICATE-----`,
    ],
    vpc_id: ['subnet-0a1b', 'vpc-UPPER'],
    vpc_cidr: ['172.31.0.0', '172.31.0.0/33', 'fd00::/8'],
    bastion_security_group_id: ['bastion', 'sg-'],
    aws_region: ['Stockholm', 'eu-north', 'eu-north-1a'],
    environment_name: ['', 'Prod', 'a_b', 'a.b', '-a', 'a'.repeat(38)],
    api_gateway_stage_name: ['', 'a/b', 'a'.repeat(129)],
    image_id: ['gitlab-runner-amazon', 'ami-'],
    image_name: [''],
    iam_role: ['', 'arn:aws:iam::123456789012:role/gitlab-runner', 'a'.repeat(65)],
    fleet_instance_types: [[], ['m5'], Array.from({ length: 41 }, (_, index) => `m${index}.large`)],
    private_subnet_ids: [[], ['vpc-0a1b2c3d']],
    root_disk_size: [0, 1.5, 65537],
    min_size: [-1, 0.5],
    max_size: [-1, 10001],
    desired_size: [-1],
    capacity_per_instance: [0, 2.5],
    gl_runner_tags: [[''], ['a,b'], [' a']],
    group_id: [0, 1.5],
    idle_threshold: [0, 604801],
    // All others: below.
    gitlab_secret_token: [''],
    webhook_build_statuses: [[], ['manual'], ['pending', 'Pending']],
    webhook_project_ids: [[0], [1.5], [-380], [380, null], Array.from({ length: 1001 }, (_, id) => id + 1)],
    // Each for a reason of its own; __tests__/stacks/job-name-pattern.test.ts has them all.
    webhook_job_name_pattern: ["it's", 'a{', '(?i)a', '(', 'a'.repeat(201)],
    webhook_rate_limit: [0, -1, 10001],
    webhook_burst_limit: [0, 1.5, 5001],
    webhook_allowed_cidrs: [['203.0.113.7'], ['everywhere']],
    scale_out_strategy: ['exact', ''],
    on_demand_base_capacity: [-1, 1.5],
    on_demand_percentage: [-1, 101, 0.5],
    metadata_hop_limit: [0, 65],
    log_retention_days: [2, -1, 15],
    lifecycle_heartbeat_seconds: [29, 7201, 60.5],
  };
  const rounds = Array.from({ length: Math.max(...Object.values(refused).map(({ length }) => length)) }, (_, round) =>
    Object.entries(refused).flatMap(([name, values]) =>
      round < values.length ? [[name, values[round]] as const] : [],
    ),
  );
  const saidIn: Promise<string>[] = [];
  const saidOf = (round: number): Promise<string> =>
    (saidIn[round] ??= plan(Object.fromEntries(rounds[round]!)).then(({ said }) => said));

  it('is refused at plan with our message in every validation', () => {
    const validated = Object.keys(json.variable).filter((name) => json.variable[name]?.validation !== undefined);
    expect(Object.keys(refused).sort()).toEqual(validated.sort());
  });

  it.each(
    rounds.flatMap((round, index) =>
      round.map(([name, value]) => [name, JSON.stringify(value).slice(0, 40), index] as const),
    ),
  )('%s = %s is refused with a message that says what is allowed', async (name, _value, round) => {
    const [{ error_message: message }] = json.variable[name]!.validation as [{ error_message: string }];
    // One plan for each round: Terraform reports every invalid variable at once.
    expect(await saidOf(round)).toContain(message.replace(/\s+/g, ' '));
  });

  it('is accepted at the edges of what is allowed', async () => {
    const { code, said } = await plan({
      gitlab_api_url: 'http://gitlab.example.com:8443/gitlab/api/v4',
      bastion_security_group_id: '123456789012/sg-0a1b2c3d4e5f67890',
      aws_region: 'us-gov-west-1',
      environment_name: 'a'.repeat(37),
      api_gateway_stage_name: 'v1_test-A',
      image_id: 'ami-0a1b2c3d',
      iam_role: 'Gitlab_Runner+=,.@-1',
      fleet_instance_types: ['u7i-12tb.224xlarge', 'm7i-flex.large'],
      capacity_per_instance: 1,
      gl_runner_tags: ['docker', 'with space'],
      gitlab_secret_token: `!"\\$\${x}%{y}'~ 0123456789`,
      webhook_build_statuses: ['pending'],
      webhook_project_ids: [1, 9007199254740991],
      webhook_job_name_pattern: `${'.'.repeat(182)}$|\\d+ # "\\$\\{x\\}"`,
      scale_out_strategy: 'demand',
      webhook_rate_limit: 0.5,
      webhook_allowed_cidrs: ['34.74.90.64/28', '2001:db8::/32'],
      on_demand_percentage: 100,
      log_retention_days: 0,
      lifecycle_heartbeat_seconds: 7200,
      max_size: 0,
    });
    expect([code, said]).toEqual([0, expect.stringContaining('No changes')]);
  });

  it('may be null where upstream plans with null', async () => {
    expect(await plan(Object.fromEntries(nullable.map((name) => [name, null])))).toMatchObject({ code: 0 });
  });

  it('that is ours takes its default for null', async () => {
    expect(await plan(Object.fromEntries(addedVariables.map((name) => [name, null])))).toMatchObject({ code: 0 });
  });

  it('that may not be null says what is allowed', async () => {
    const strict = Object.keys(json.variable).filter(
      (name) => ![...nullable, ...addedVariables, 'gitlab_secret_token'].includes(name),
    );
    const { said } = await plan(Object.fromEntries(strict.map((name) => [name, null])));
    expect(strict.filter((name) => !said.includes(`${name} must be`))).toEqual([]);
    expect(said).not.toContain('Invalid function argument');
  });

  it('that is required and not given is named', async () => {
    const { code, said } = await plan({ gitlab_secret_token: undefined });
    expect([code, said]).toEqual([1, expect.stringContaining('gitlab_secret_token')]);
  });

  /** The rule that the machine's precondition checks: there a refused value is not printed. */
  it.each([
    'fifteen-charact',
    'h&s8BdSbinDQ7h',
    ' leading-space-0123456789',
    'trailing-space-0123456789 ',
    'ümlaut-0123456789abcdef',
    'line\nbreak-0123456789abcdef',
    'trailing-line-break-0123456789\n',
    `${'a'.repeat(250)}-marker`,
  ])('gitlab_secret_token = %j is refused by a precondition, without being printed', async (token) => {
    const { precondition: all } = blockOf({ json }, 'aws_sfn_state_machine.state_machine').lifecycle as {
      precondition: readonly { readonly condition: string }[];
    };
    const precondition = all.filter(({ condition }) => condition.includes('var.gitlab_secret_token'));
    const own = mkdtempSync(join(tmpdir(), 'secret-'));
    try {
      const { gitlab_secret_token: variable } = json.variable;
      const resource = { terraform_data: { machine: { lifecycle: { precondition } } } };
      writeFileSync(
        join(own, 'cdk.tf.json'),
        JSON.stringify({ variable: { gitlab_secret_token: variable }, resource }),
      );
      await terraformIn(own, binary, ['init', '-input=false'], { environment: {} });
      const { code, output } = await terraformIn(own, binary, ['plan', '-input=false', '-no-color'], {
        environment: { TF_VAR_gitlab_secret_token: token },
      });
      expect(code).toBe(1);
      expect(output).toContain('gitlab_secret_token must be 16 to 255 printable ASCII');
      expect(output).not.toContain(token.trim().slice(0, 20));
    } finally {
      rmSync(own, { recursive: true, force: true });
    }
  });
});
