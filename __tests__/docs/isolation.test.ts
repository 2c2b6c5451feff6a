import { ownConcurrency, renderConfiguration } from '../../ami/agent/configuration/configuration.ts';
import { sampleValues } from '../../ami/agent/configuration/placeholders.ts';
import { read } from './markdown.ts';

const page = read('docs/isolation.md');

/** The configuration that stands under a heading. */
function under(heading: string): string {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(section.split('\n## ')[0] ?? '') ?? [];
  if (yaml === undefined) throw new Error(`no configuration stands under ${heading}`);
  return yaml;
}

describe('the configuration without the socket', () => {
  const yaml = under('Without the socket');

  it('can be used as it stands', () => {
    const { runners } = renderConfiguration(yaml, sampleValues);
    expect(runners).toHaveLength(1);
    expect(runners[0]).toMatchObject({ docker: { privileged: false, volumes: ['/cache'], cap_drop: ['ALL'] } });
    expect(yaml).not.toContain('docker.sock');
  });
});

describe('the configuration with Docker in Docker', () => {
  const yaml = under('With Docker in Docker');

  it('can be used as it stands, for one job at a time that has no privileges itself', () => {
    const { runners } = renderConfiguration(yaml, sampleValues);
    expect(runners).toMatchObject([{ docker: { privileged: false, services_privileged: true } }]);
    expect(ownConcurrency(yaml)).toBe(1);
    expect(yaml).not.toContain('docker.sock');
  });

  it('lets no service be privileged but a daemon that is not root: without the list all would be', () => {
    const [{ docker }] = renderConfiguration(yaml, sampleValues).runners as unknown as [
      { readonly docker: { readonly allowed_privileged_services: readonly string[] } },
    ];
    expect(docker.allowed_privileged_services).not.toEqual([]);
    expect(docker.allowed_privileged_services.filter((image) => !image.endsWith('dind-rootless'))).toEqual([]);
  });
});

it('says what the hop limit is', () => {
  expect(page).toContain('`metadata_hop_limit` is 1');
});
