import { parseSettings, SettingsError } from '../../../ami/agent/settings.ts';
import { contractVersion, settingsKeys } from '../../../ami/contract.ts';
import { certificate } from '../../support/certificate.ts';

const given = {
  contract_version: contractVersion,
  region: 'eu-north-1',
  auto_scaling_group: 'glab-runner-test',
  lock_table: 'glab-runner-test-lock',
  launch_hook: 'glab-runner-test-start',
  terminate_hook: 'glab-runner-test-stop',
  lifecycle_heartbeat_seconds: 200,
  token_parameter: '/gitlab_tokens',
  gitlab_api_url: 'https://gitlab.example.com/gl/api/v4',
  gitlab_ca_certificate: '',
  group_id: 1347,
  runner_tags: ['a', 'b c'],
  capacity_per_instance: null,
  idle_threshold: null,
  cache_bucket: 'glab-runner-test',
  cache_path: 'cache',
  scale_out_strategy: 'demand',
  instance_metrics: false,
};
const parsed = {
  region: 'eu-north-1',
  autoScalingGroup: 'glab-runner-test',
  lockTable: 'glab-runner-test-lock',
  launchHook: 'glab-runner-test-start',
  terminateHook: 'glab-runner-test-stop',
  hookSeconds: 200,
  tokenParameter: '/gitlab_tokens',
  gitlabApiUrl: 'https://gitlab.example.com/gl/api/v4/',
  groupId: 1347,
  runnerTags: ['a', 'b c'],
  jobsPerInstance: 6,
  idleSeconds: 180,
  cacheBucket: 'glab-runner-test',
  cachePath: 'cache',
  strategy: 'demand',
  isMeasuredAlone: false,
};

function errorOf(settings: unknown): SettingsError {
  try {
    parseSettings(typeof settings === 'string' ? settings : JSON.stringify(settings));
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('nothing was wrong with it');
}

describe('the settings of an instance', () => {
  it('are read, with defaults for what is null', () => {
    expect(Object.keys(given).sort()).toEqual(Object.keys(settingsKeys).sort());
    expect(parseSettings(JSON.stringify(given))).toEqual(parsed);
  });

  it('are read with what is not null', () => {
    const pem = `# the authority, then its own authority\n${certificate}${certificate}`;
    const more = {
      ...given,
      capacity_per_instance: 2,
      idle_threshold: 60,
      gitlab_ca_certificate: pem,
      instance_metrics: true,
      gitlab_api_url: null,
      group_id: null,
      runner_tags: null,
      cache_path: '',
    };
    const { groupId: _, ...rest } = parsed;
    expect(parseSettings(JSON.stringify(more))).toEqual({
      ...rest,
      gitlabApiUrl: 'https://gitlab.com/api/v4/',
      jobsPerInstance: 2,
      idleSeconds: 60,
      caCertificate: pem,
      isMeasuredAlone: true,
      runnerTags: [],
      cachePath: '',
    });
  });

  it('may hold keys of a newer stack', () => {
    expect(parseSettings(JSON.stringify({ ...given, something_new: 1 }))).toEqual(parsed);
  });

  it.each([
    ['region', '', 'aws_region'],
    ['auto_scaling_group', 7, 'environment_name'],
    ['lifecycle_heartbeat_seconds', 29, 'lifecycle_heartbeat_seconds'],
    ['gitlab_api_url', 'https://gitlab.com', 'gitlab_api_url'],
    ['gitlab_ca_certificate', 'a file name', 'gitlab_ca_certificate'],
    ['group_id', 1.5, 'group_id'],
    ['runner_tags', ['a', ''], 'gl_runner_tags'],
    ['runner_tags', 'a,b', 'gl_runner_tags'],
    ['capacity_per_instance', 0, 'capacity_per_instance'],
    ['idle_threshold', 'soon', 'idle_threshold'],
    ['cache_path', 1, 'gl_cache_path'],
    ['scale_out_strategy', 'fast', 'scale_out_strategy'],
    ['instance_metrics', 'yes', 'instance_metrics'],
  ])('name the Terraform variable when %s is %j', (key, value, variable) => {
    const { message } = errorOf({ ...given, [key]: value });
    expect(message).toContain(`${key} must be `);
    expect(message).toContain(JSON.stringify(value));
    expect(message).toContain(`Set the Terraform variable ${variable}.`);
  });

  it.each([
    ['gitlab_api_url', 'https://user:marker@gitlab.example.com/api/v4/'],
    ['gitlab_api_url', 'https://user:mar/ker@marker@gitlab.example.com/api/v4/'],
    ['gitlab_ca_certificate', '-----BEGIN PRIVATE KEY-----\nmarker\n-----END PRIVATE KEY-----\n'],
    ['gitlab_ca_certificate', `${certificate}-----BEGIN EC PRIVATE KEY-----\nmarker`],
  ])('refuse a secret in %s without telling it', (key, value) => {
    const { message } = errorOf({ ...given, [key]: value });
    expect(message).toContain(`${key} must be `);
    expect(message).not.toMatch(/marker|ker@/);
  });

  it('refuse a certificate that is none: no connection to GitLab could ever succeed with it', () => {
    const cut = certificate.replace(/\n[^\n]*\n-----END/, '\n-----END');
    for (const pem of [cut, `${certificate}${cut}`, '-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----'])
      expect(errorOf({ ...given, gitlab_ca_certificate: pem }).message).toContain(
        'gitlab_ca_certificate must be one or more certificates in PEM format',
      );
  });

  it.each(
    Object.entries(settingsKeys).filter(([key]) => {
      const { [key]: _, ...rest } = given as Readonly<Record<string, unknown>>;
      return isRefused(rest);
    }),
  )('name the Terraform variable when %s is missing', (key, variable) => {
    const { [key]: _, ...rest } = given as Readonly<Record<string, unknown>>;
    expect(errorOf(rest).message).toMatch(
      new RegExp(`^${key} is missing; it must be .* variable ${variable}, and apply`),
    );
  });

  it('name all that is wrong at once, and shorten what is long', () => {
    const { message } = errorOf({ ...given, idle_threshold: 'x'.repeat(1000), region: null });
    expect(message.split('\n')).toHaveLength(2);
    expect(message.length).toBeLessThan(500);
  });

  it('say what to do about another contract', () => {
    expect(errorOf({ ...given, contract_version: '99' }).message).toMatch(
      /is "99", but this image was built for .* image_id or image_name/,
    );
  });

  it.each(['', 'no json', '[]', '"text"', 'null', '7'])('are refused when they are %j', (file) => {
    expect(errorOf(file).message).toMatch(/settings (are not JSON|must be a JSON object)/);
    expect(errorOf(file).usable).toBeUndefined();
  });

  it('tell how to leave the group when only something else is wrong', () => {
    const { region, autoScalingGroup, lockTable, launchHook, terminateHook, hookSeconds } = parsed;
    expect(errorOf({ ...given, scale_out_strategy: 'fast' }).usable).toEqual({
      region,
      autoScalingGroup,
      lockTable,
      launchHook,
      terminateHook,
      hookSeconds,
    });
    expect(errorOf({ ...given, region: '' }).usable).toBeUndefined();
  });
});

function isRefused(settings: object): boolean {
  try {
    parseSettings(JSON.stringify(settings));
    return false;
  } catch {
    return true;
  }
}
