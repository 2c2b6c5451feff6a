import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTerraform } from '../../rehearsal/terraform/binary.ts';
import type { Plan, PlannedResource, ResourceChange } from '../../rehearsal/terraform/plan.ts';
import { cliConfiguration } from '../../rehearsal/terraform/provider-installation.ts';
import { region } from './account.ts';
import { stateBucket } from './preconditions.ts';
import { terraformIn, type Finished } from '../../rehearsal/terraform/run.ts';

/** A plan over a state: what is there, and what Terraform would make of it. */
export interface PlanOverState extends Omit<Plan, 'resource_changes'> {
  readonly resource_changes: readonly (ResourceChange & {
    readonly change: { readonly before: Readonly<Record<string, unknown>> | null };
  })[];
}

/** One thing that an apply has done. A replacement is two of them. */
export interface Step {
  readonly address: string;
  readonly action: 'create' | 'update' | 'delete';
}

export interface State {
  readonly values?: {
    readonly root_module?: { readonly resources?: readonly PlannedResource[] };
    readonly outputs?: Readonly<Record<string, { readonly value: unknown }>>;
  };
}

/** A folder in which the real Terraform works with the real provider. */
export interface Workspace {
  readonly folder: string;
  /** Puts another configuration (`cdk.tf.json`) or other variables in place. */
  readonly configure: (given: {
    readonly configuration?: string;
    readonly variables?: Readonly<Record<string, unknown>>;
  }) => void;
  /** `terraform init` as the README has it, with the state in a bucket: the backend is an empty s3 block. */
  readonly init: () => Promise<Finished>;
  /** Runs one command; throws with what Terraform said when it fails. */
  readonly terraform: (...arguments_: readonly string[]) => Promise<Finished>;
  /** Plans, keeps the plan for `applyPlan`, and gives it. */
  readonly plan: () => Promise<PlanOverState>;
  readonly applyPlan: () => Promise<Finished>;
  /** Plans and applies in one go; gives what was done, in order. */
  readonly apply: () => Promise<readonly Step[]>;
  readonly state: () => Promise<State>;
  /** Ends a command that still runs, and removes the folder. */
  readonly close: () => Promise<void>;
}

const variableFile = 'variables.json';
const plain = ['-input=false', '-no-color'] as const;

/** Opens an empty folder. `environment` leads Terraform to the account. */
export async function openWorkspace(environment: Readonly<Record<string, string>>): Promise<Workspace> {
  const { binary, ...product } = await findTerraform();
  const folder = mkdtempSync(join(tmpdir(), 'workspace-'));
  const cli = cliConfiguration({ binary, ...product }, folder);
  // An operation that moto does not know is a 500, which the provider would try 25 times.
  writeFileSync(join(folder, 'override.tf.json'), '{"provider": {"aws": {"max_retries": 2}}}');
  const abort = new AbortController();
  const commands: Promise<unknown>[] = [];

  const terraform = async (...arguments_: readonly string[]): Promise<Finished> => {
    const command = terraformIn(folder, binary, arguments_, {
      environment: { TF_CLI_CONFIG_FILE: cli, ...environment },
      signal: abort.signal,
    });
    commands.push(command);
    const finished = await command;
    if (finished.code !== 0) throw new Error(`terraform ${arguments_.join(' ')} failed:\n${errorsIn(finished.output)}`);
    return finished;
  };
  return {
    folder,
    configure: ({ configuration, variables }) => {
      if (configuration !== undefined) writeFileSync(join(folder, 'cdk.tf.json'), configuration);
      if (variables !== undefined) {
        writeFileSync(join(folder, variableFile), JSON.stringify(variables), { mode: 0o600 });
      }
    },
    terraform,
    init: () =>
      terraform(
        'init',
        ...plain,
        `-backend-config=bucket=${stateBucket}`,
        '-backend-config=key=gitlab-runner/t.tfstate',
        `-backend-config=region=${region}`,
      ),
    plan: async () => {
      await terraform('plan', ...plain, `-var-file=${variableFile}`, '-out=plan');
      return JSON.parse((await terraform('show', '-json', 'plan')).stdout) as PlanOverState;
    },
    applyPlan: () => terraform('apply', ...plain, 'plan'),
    apply: async () => {
      const { stdout } = await terraform('apply', ...plain, `-var-file=${variableFile}`, '-auto-approve', '-json');
      return stdout.split('\n').flatMap(stepOf);
    },
    state: async () => JSON.parse((await terraform('show', '-json')).stdout) as State,
    close: async () => {
      abort.abort();
      await Promise.allSettled(commands);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Message {
  readonly type: string;
  readonly hook?: { readonly resource: { readonly addr: string }; readonly action: Step['action'] | 'read' };
  readonly diagnostic?: { readonly severity: string; readonly summary: string; readonly detail: string };
}

/** A line that is a message of https://developer.hashicorp.com/terraform/internals/machine-readable-ui */
const messageOf = (line: string): readonly Message[] => (line.startsWith('{"@') ? [JSON.parse(line) as Message] : []);

const stepOf = (line: string): readonly Step[] =>
  messageOf(line).flatMap(({ type, hook }) =>
    type === 'apply_complete' && hook && hook.action !== 'read'
      ? [{ address: hook.resource.addr, action: hook.action }]
      : [],
  );

/** What went wrong, from the end of the text or from its messages. */
function errorsIn(output: string): string {
  const errors = output
    .split('\n')
    .flatMap(messageOf)
    .flatMap(({ diagnostic }) => (diagnostic?.severity === 'error' ? [diagnostic] : []));
  return errors.length === 0
    ? output.slice(-4000)
    : errors.map(({ summary, detail }) => `${summary}: ${detail}`).join('\n');
}
