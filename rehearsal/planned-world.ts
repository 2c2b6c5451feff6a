import type { Hook, Tag } from './auto-scaling/world.ts';
import type { IntegrationResponse, PassthroughBehavior } from './api-gateway/gateway.ts';
import { SetupError } from './terraform/binary.ts';
import type { Plan, PlannedResource } from './terraform/plan.ts';

/** What the rehearsal takes from a plan: the parts of the main job, as Terraform would make them. */
export interface PlannedWorld {
  readonly region: string;
  readonly webhook: {
    readonly stage: string;
    readonly path: string;
    readonly httpMethod: string;
    readonly apiKeyRequired: boolean;
    readonly requestTemplates: Readonly<Record<string, string>>;
    readonly passthroughBehavior: PassthroughBehavior;
    readonly integrationResponses: readonly IntegrationResponse[];
    readonly throttling: { readonly rateLimit: number; readonly burstLimit: number };
    /** Absent: everybody may call. */
    readonly allowedCidrs?: readonly string[];
  };
  readonly machine: { readonly name: string; readonly definition: string };
  readonly table: { readonly name: string; readonly hashKey: string; readonly attributeType: 'S' | 'N' | 'B' };
  readonly group: {
    readonly name: string;
    readonly minSize: number;
    readonly maxSize: number;
    readonly desiredCapacity: number;
    readonly hooks: readonly Hook[];
    readonly suspendedProcesses: readonly string[];
    readonly tags: readonly Tag[];
    readonly vpcZoneIdentifier: string;
  };
}

type Values = PlannedResource['values'];

/** The resource policy as stacks/webhook-api.ts writes it, and as AWS gives it back: a list of one may come as its text. */
interface ResourcePolicy {
  readonly Statement?: Statement | readonly Statement[];
}
interface Statement {
  readonly Effect?: string;
  readonly Condition?: { readonly IpAddress?: { readonly 'aws:SourceIp'?: string | readonly string[] } };
}

/** The allow-list of the API's policy; undefined for an API without one, of which a first plan says nothing and AWS ''. */
function allowedCidrs(policy: unknown): readonly string[] | undefined {
  if (policy === undefined || policy === null || policy === '') return undefined;
  const { Statement: statements = [] } = JSON.parse(policy as string) as ResourcePolicy;
  const [only, ...others] = [statements].flat() as readonly Statement[];
  const sourceIp = only?.Condition?.IpAddress?.['aws:SourceIp'];
  if (only?.Effect !== 'Allow' || sourceIp === undefined || others.length > 0) {
    throw new SetupError(
      `${restApi}.policy is not what webhook_allowed_cidrs makes, one statement that allows source IPs, and the rehearsal understands no other.`,
    );
  }
  return [sourceIp].flat();
}

const restApi = 'aws_api_gateway_rest_api.gitlab_webhook_api';

/** Reads the world out of a plan. Throws a SetupError when the plan lacks a part, or knows one only after an apply. */
export function plannedWorld({ planned_values: { root_module } }: Plan): PlannedWorld {
  const at = (address: string): Values => {
    const found = root_module.resources.find((resource) => resource.address === address);
    if (found === undefined)
      throw new SetupError(`The plan has no ${address}: is this the plan of autoscaled-gitlab-runner?`);
    return found.values;
  };
  const known = <T>(address: string, attribute: string): T => {
    const value = at(address)[attribute];
    if (value === undefined) {
      throw new SetupError(
        `${address}.${attribute} is known only after an apply, but the rehearsal has to run what was planned.`,
      );
    }
    return value as T;
  };

  const integration = 'aws_api_gateway_integration.post_integration';
  const [, , , region] = known<string>(integration, 'uri').split(':') as [string, string, string, string];
  const [settings] = known<[{ throttling_rate_limit: number; throttling_burst_limit: number }]>(
    'aws_api_gateway_method_settings.api_method_settings',
    'settings',
  );
  const table = 'aws_dynamodb_table.lock_table';
  const [attribute] = known<[{ type: 'S' | 'N' | 'B' }]>(table, 'attribute');
  const machine = 'aws_sfn_state_machine.state_machine';
  const group = 'aws_autoscaling_group.gitlab_runners';
  const cidrs = allowedCidrs(at(restApi).policy);

  return {
    region,
    webhook: {
      stage: known('aws_api_gateway_stage.api_stage', 'stage_name'),
      path: known('aws_api_gateway_resource.webhook_resource', 'path_part'),
      httpMethod: known('aws_api_gateway_method.post_method', 'http_method'),
      apiKeyRequired: known('aws_api_gateway_method.post_method', 'api_key_required'),
      requestTemplates: known(integration, 'request_templates'),
      passthroughBehavior: known(integration, 'passthrough_behavior'),
      integrationResponses: root_module.resources
        .filter(({ type }) => type === 'aws_api_gateway_integration_response')
        .map(({ values }) => ({
          statusCode: values.status_code as string,
          selectionPattern: values.selection_pattern as string | null,
          responseTemplates: values.response_templates as Record<string, string> | null,
        })),
      throttling: { rateLimit: settings.throttling_rate_limit, burstLimit: settings.throttling_burst_limit },
      ...(cidrs !== undefined && { allowedCidrs: cidrs }),
    },
    machine: { name: known(machine, 'name'), definition: known(machine, 'definition') },
    table: { name: known(table, 'name'), hashKey: known(table, 'hash_key'), attributeType: attribute.type },
    group: {
      name: known(group, 'name'),
      minSize: known(group, 'min_size'),
      maxSize: known(group, 'max_size'),
      desiredCapacity: known(group, 'desired_capacity'),
      suspendedProcesses: known(group, 'suspended_processes'),
      vpcZoneIdentifier: known<string[]>(group, 'vpc_zone_identifier').join(','),
      tags: known<{ key: string; value: string; propagate_at_launch: boolean }[]>(group, 'tag').map((tag) => ({
        key: tag.key,
        value: tag.value,
        propagateAtLaunch: tag.propagate_at_launch,
      })),
      hooks: root_module.resources
        .filter(({ type }) => type === 'aws_autoscaling_lifecycle_hook')
        .map(({ values }) => ({
          name: values.name as string,
          transition: values.lifecycle_transition as Hook['transition'],
          heartbeatTimeout: values.heartbeat_timeout as number,
          defaultResult: values.default_result as Hook['defaultResult'],
        })),
    },
  };
}
