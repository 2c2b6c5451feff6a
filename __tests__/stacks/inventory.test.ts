import { readFileSync } from 'node:fs';
import { addedVariables } from '../../stacks/variables.ts';
import { synthesized } from '../support/synthesized.ts';

const upstream = <T>(file: string): T =>
  JSON.parse(readFileSync(new URL(`../upstream/${file}`, import.meta.url), 'utf8')) as T;

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: unknown;
  readonly sensitive?: true;
}

const { json } = synthesized();
const addresses = (blocks: object, prefix = ''): readonly string[] =>
  Object.entries(blocks).flatMap(([type, named]) =>
    Object.keys(named as object).map((name) => `${prefix}${type}.${name}`),
  );

describe('the inventory', () => {
  it('has upstream’s 35 resources and 4 data sources at upstream’s addresses, and no other', () => {
    expect([...addresses(json.resource), ...addresses(json.data, 'data.')].sort()).toEqual(upstream('addresses.json'));
  });

  it('has upstream’s 25 variables with their types and defaults, but for D12', () => {
    const ours = Object.entries(json.variable)
      .filter(([name]) => !addedVariables.includes(name))
      .map(([name, { type, default: value, sensitive }]) => ({
        name,
        type,
        required: value === undefined,
        ...(value !== undefined && { default: value }),
        ...(sensitive === true && { sensitive }),
      }))
      .sort((a, b) => a.name.localeCompare(b.name));
    const departed = upstream<readonly Variable[]>('variables.json').map(
      ({ default: value, sensitive, ...variable }) =>
        variable.name === 'gitlab_secret_token'
          ? { ...variable, required: true, sensitive: true }
          : {
              ...variable,
              ...(value !== undefined && { default: value }),
              ...(sensitive && variable.name !== 'gitlab_api_url' && { sensitive }),
            },
    );
    expect(ours).toEqual(departed);
  });

  it('adds these variables, each with a default that never is null', () => {
    expect(Object.fromEntries(addedVariables.map((name) => [name, json.variable[name]?.default]))).toEqual({
      webhook_build_statuses: ['created', 'pending'],
      webhook_project_ids: [],
      webhook_job_name_pattern: '',
      webhook_rate_limit: 20,
      webhook_burst_limit: 500,
      webhook_allowed_cidrs: [],
      webhook_api_key_required: false,
      scale_out_strategy: 'first-instance',
      on_demand_base_capacity: 0,
      on_demand_percentage: 0,
      metadata_hop_limit: 1,
      log_retention_days: 14,
      gitlab_ca_certificate: '',
      instance_metrics: false,
      lifecycle_heartbeat_seconds: 200,
    });
    expect(addedVariables.filter((name) => json.variable[name]?.nullable !== false)).toEqual([]);
  });

  it('describes every variable and the output', () => {
    const described = { ...json.variable, ...json.output };
    expect(
      Object.entries(described).filter(([, { description }]) => JSON.stringify(description ?? '').length < 30),
    ).toEqual([]);
  });

  it('describes without a vertical bar, which would end a cell of the README’s table', () => {
    expect(Object.entries(json.variable).filter(([, { description }]) => String(description).includes('|'))).toEqual(
      [],
    );
  });

  it('has upstream’s one output', () => {
    expect(Object.keys(json.output)).toEqual(['api_gateway_invoke_url']);
  });

  it('says in a validation of every variable that can be wrong what is allowed', () => {
    const free = Object.entries(json.variable).filter(([, { validation }]) => validation === undefined);
    expect(free.map(([name]) => name).sort()).toEqual([
      'ami_user',
      'gl_cache_path',
      'instance_metrics',
      'key_name',
      'volume_delete_on_termination',
      'webhook_api_key_required',
    ]);
  });
});
