import { read } from './markdown.ts';

const configuration = read('stacks/templates/gitlab_config.yaml');

/** What README, overview and faults say of the default runner configuration. */
describe('the default runner configuration', () => {
  it('spells `privileged` as GitLab Runner does, and leaves it off (B38)', () => {
    expect(configuration.match(/priv\w+: .*/g)).toEqual(['privileged: false']);
  });

  it('listens for metrics on loopback only (B48)', () => {
    expect(configuration.match(/listen_address: .*/g)).toEqual(["listen_address: '127.0.0.1:{{ gl_metrics_port }}'"]);
  });

  it('gives jobs the Docker socket and keeps pulled images, as upstream does; the pages warn of it', () => {
    expect(configuration).toContain('/var/run/docker.sock:/var/run/docker.sock');
    expect(configuration).toContain('pull_policy: if-not-present');
    expect(read('README.md').replace(/\s+/g, ' ')).toContain('such a job is root on its instance');
  });
});
