import { renderConfiguration } from '../../ami/agent/configuration/configuration.ts';
import { sampleValues } from '../../ami/agent/configuration/placeholders.ts';
import { read } from './markdown.ts';

const page = read('docs/isolation.md');
const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];

describe('the configuration without the socket', () => {
  it('can be used as it stands', () => {
    const { runners } = renderConfiguration(yaml, sampleValues);
    expect(runners).toHaveLength(1);
    expect(runners[0]).toMatchObject({ docker: { privileged: false, volumes: ['/cache'], cap_drop: ['ALL'] } });
    expect(yaml).not.toContain('docker.sock');
  });
});

it('says what the hop limit is', () => {
  expect(page).toContain('`metadata_hop_limit` is 1');
});
