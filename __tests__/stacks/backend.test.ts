import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import { terraformIn } from '../../rehearsal/terraform/run.ts';
import { synthesized } from '../support/synthesized.ts';

describe('the backend', () => {
  const before = process.env.CDKTF_BACKEND;
  afterEach(() => {
    if (before === undefined) delete process.env.CDKTF_BACKEND;
    else process.env.CDKTF_BACKEND = before;
  });
  const terraform = (backend?: string, context = {}): Record<string, unknown> => {
    if (backend === undefined) delete process.env.CDKTF_BACKEND;
    else process.env.CDKTF_BACKEND = backend;
    return synthesized(context).json.terraform;
  };

  it('is an empty s3 block by default, as upstream has it', () => {
    expect(terraform()).toMatchObject({ backend: { s3: {} } });
  });

  it('is a local file by a path that holds on any machine', () => {
    expect(terraform('local')).toMatchObject({
      backend: { local: { path: '../../../terraform.autoscaled-gitlab-runner.tfstate' } },
    });
  });

  it('is HCP Terraform, named by the environment of terraform init or by the context', () => {
    expect(terraform('cloud')).toMatchObject({ cloud: {} });
    expect(terraform('cloud')).not.toHaveProperty('backend');
    expect(terraform('cloud', { cloud: { organization: 'acme', workspace: 'runners' } })).toMatchObject({
      cloud: { organization: 'acme', workspaces: { name: 'runners' } },
    });
    expect(() => terraform('cloud', { cloud: { organization: 'acme' } })).toThrow(/has only one of/);
  });

  it('can be chosen in the context of cdktf.json, which the environment overrides', () => {
    expect(terraform(undefined, { backend: 'local' })).toHaveProperty('backend.local');
    expect(terraform('s3', { backend: 'local' })).toHaveProperty('backend.s3');
  });

  it('that nobody knows is an error that lists the known ones', () => {
    expect(() => terraform('gcs')).toThrow('CDKTF_BACKEND is "gcs", but must be one of s3, local, cloud.');
    expect(() => terraform(undefined, { backend: 'http' })).toThrow('in the context of cdktf.json is "http"');
  });

  it.each(['s3', 'local', 'cloud'])('%s is valid to the real Terraform', async (backend) => {
    const folder = mkdtempSync(join(tmpdir(), 'backend-'));
    try {
      // The backend block alone: the rest of the configuration needs the provider, and is validated by every plan.
      writeFileSync(
        join(folder, 'cdk.tf.json'),
        JSON.stringify({ terraform: { ...terraform(backend), required_providers: {} } }),
      );
      const { binary } = await findTerraform();
      const { code, output } = await terraformIn(folder, binary, ['validate', '-no-color'], { environment: {} });
      expect([code, output]).toEqual([0, expect.stringContaining('The configuration is valid')]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
