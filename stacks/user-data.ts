import { TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { renderConfiguration } from '../ami/agent/configuration/configuration.ts';
import { sampleValues } from '../ami/agent/configuration/placeholders.ts';
import type { settingsKeys } from '../ami/contract.ts';
import {
  agentUnit,
  contractVersion,
  launchHookName,
  lockTableName,
  paths,
  terminateHookName,
  tokenParameter,
} from '../ami/contract.ts';
import { addressOf, expression, literal } from './expression.ts';
import type { JobsPerInstance } from './jobs-per-instance.ts';
import type { Variables } from './variables.ts';

/** Ends a here-document; JSON never has it as a line of its own, and the runner configuration is checked for it. */
const endOfFile = 'END_OF_FILE_WRITTEN_BY_TERRAFORM';

/** The runner configuration that travels in the user data: the project's own, or the file that GITLAB_CONFIG names. */
export function runnerConfiguration(file = process.env.GITLAB_CONFIG): string {
  const from = file ?? new URL('templates/gitlab_config.yaml', import.meta.url);
  let bytes;
  try {
    bytes = readFileSync(from);
  } catch (cause) {
    throw new Error(
      `GITLAB_CONFIG names "${file}", which cannot be read. Give the path of a runner configuration, or unset it.`,
      { cause },
    );
  }
  const text = carried(bytes);
  // The same function as on the instance: what cannot be used is told now, and not by machines that start and fail.
  renderConfiguration(text, sampleValues);
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** The text of a file that reaches an instance byte for byte. Throws where something on the way would change it without a word. */
function carried(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error('The runner configuration is not UTF-8. Save it as UTF-8.');
  const text = bytes.toString();
  const lineOf = (isIt: (line: string) => boolean): number => text.split('\n').findIndex(isIt) + 1;
  // A shell leaves it out of what it writes.
  const withNull = lineOf((line) => line.includes('\0'));
  if (withNull > 0) throw new Error(`The runner configuration has a null character in line ${withNull}. Remove it.`);
  // https://developer.hashicorp.com/terraform/language/expressions/types: Terraform normalizes every text.
  const decomposed = lineOf((line) => line !== line.normalize('NFC'));
  if (decomposed > 0)
    throw new Error(
      `The runner configuration has letters in line ${decomposed} that Terraform would compose anew (a letter and its accent as two characters). Save it in Unicode's form NFC.`,
    );
  if (lineOf((line) => line === endOfFile) > 0)
    throw new Error(
      `The runner configuration has the line ${endOfFile}, which ends a file in the user data. Remove that line.`,
    );
  return text;
}

export interface UserDataProps {
  readonly vars: Variables;
  readonly stackName: string;
  /** The runner configuration. */
  readonly configuration: string;
  readonly jobsPerInstance: JobsPerInstance;
}

/**
 * What an instance runs at boot: it writes the agent's settings and the runner configuration, and starts the agent.
 * Nothing in it is unknown at plan and nothing is secret. No shell expands what it writes: each file is a here-document with
 * a quoted delimiter, and the settings are one line of JSON.
 */
export class UserData extends Construct {
  readonly base64: string;
  /** The same as an expression, for conditions. */
  readonly base64Expression: string;
  /** The agent's settings as an expression: an object. */
  readonly settings: string;

  constructor(scope: Construct, id: string, { vars, stackName, configuration, jobsPerInstance }: UserDataProps) {
    super(scope, id);
    const text = (value: string): string => expression(`jsonencode(${value})`);
    const settings = new TerraformLocal(this, 'local.agent_settings', {
      contract_version: contractVersion,
      region: vars.aws_region.value,
      auto_scaling_group: stackName,
      lock_table: lockTableName(stackName),
      launch_hook: launchHookName(stackName),
      terminate_hook: terminateHookName(stackName),
      lifecycle_heartbeat_seconds: vars.lifecycle_heartbeat_seconds.value,
      token_parameter: tokenParameter,
      gitlab_api_url: vars.gitlab_api_url.value,
      gitlab_ca_certificate: vars.gitlab_ca_certificate.value,
      group_id: vars.group_id.value,
      runner_tags: vars.gl_runner_tags.value,
      capacity_per_instance: expression(jobsPerInstance.asked),
      idle_threshold: vars.idle_threshold.value,
      cache_bucket: stackName,
      cache_path: vars.gl_cache_path.value,
      scale_out_strategy: vars.scale_out_strategy.value,
      instance_metrics: vars.instance_metrics.value,
    } satisfies Record<keyof typeof settingsKeys, unknown>);
    const script = new TerraformLocal(
      this,
      'local.instance_userdata',
      [
        '#!/bin/bash',
        "# Writes what the agent has to know and starts it. All decisions are the agent's.",
        'set -euo pipefail',
        'umask 077',
        `mkdir -p ${paths.settings.slice(0, paths.settings.lastIndexOf('/'))}`,
        `cat > ${paths.settings} <<'${endOfFile}'`,
        text(addressOf(settings)),
        endOfFile,
        `cat > ${paths.runnerConfig} <<'${endOfFile}'`,
        `${literal(configuration)}${endOfFile}`,
        `systemctl enable --now ${agentUnit}`,
        '',
      ].join('\n'),
    );
    this.settings = addressOf(settings);
    this.base64Expression = `base64encode(${addressOf(script)})`;
    this.base64 = expression(this.base64Expression);
  }
}
