import { DataAwsDefaultTags } from '@cdktf/provider-aws/lib/data-aws-default-tags/index.js';
import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import { TerraformLocal, TerraformOutput } from 'cdktf';
import { Construct } from 'constructs';
import { stackName as nameOf } from '../ami/contract.ts';
import { AddressedStack } from './addressed-stack.ts';
import { RunnerGroup } from './autoscaling-group.ts';
import { chooseBackend } from './backend.ts';
import { Cache } from './cache.ts';
import { Image } from './image.ts';
import { jobsPerInstance } from './jobs-per-instance.ts';
import { RunnerLaunchTemplate } from './launch-template.ts';
import { LifecycleHooks } from './lifecycle-hooks.ts';
import { LockTable } from './lock-table.ts';
import { RunnerSecurityGroup } from './security-group.ts';
import { ScaleOutMachine } from './state-machine.ts';
import { runnerConfiguration, UserData } from './user-data.ts';
import { declareVariables } from './variables.ts';
import { WebhookApi } from './webhook-api.ts';
import { WebhookRole } from './webhook-role.ts';
import { WebhookStage } from './webhook-stage.ts';

/** A fleet of GitLab runners that is woken from zero by GitLab's job webhook: upstream's 35 resources at upstream's addresses. */
export class AutoscaledGitlabRunner extends AddressedStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vars = declareVariables(this);
    new AwsProvider(this, 'aws', { region: vars.aws_region.stringValue });
    chooseBackend(this, id);
    this.requireVersions();

    const stackName = new TerraformLocal(this, 'local.stack_name', nameOf(vars.environment_name.stringValue)).asString;
    const defaultTags = new DataAwsDefaultTags(this, 'data.aws_default_tags.tags');

    const { table } = new LockTable(this, 'lock', stackName);
    const cache = new Cache(this, 'cache', vars, stackName, table);
    const image = new Image(this, 'image', vars);
    const securityGroup = new RunnerSecurityGroup(this, 'network', vars, stackName);
    const configuration = runnerConfiguration();
    const jobs = jobsPerInstance(configuration, vars);
    const userData = new UserData(this, 'user-data', { vars, stackName, configuration, jobsPerInstance: jobs });
    const { template: launchTemplate } = new RunnerLaunchTemplate(this, 'instances', {
      vars,
      stackName,
      image,
      securityGroup,
      userData,
      defaultTags,
    });
    const { group } = new RunnerGroup(this, 'fleet', {
      vars,
      stackName,
      launchTemplate,
      defaultTags,
      dependsOn: [cache.attachment],
    });
    new LifecycleHooks(this, 'hooks', vars, stackName, group);

    const { machine } = new ScaleOutMachine(this, 'scale-out', {
      vars,
      stackName,
      table,
      group,
      jobsPerInstance: jobs.number,
    });
    const role = new WebhookRole(this, 'webhook-role', stackName, machine);
    const webhook = new WebhookApi(this, 'webhook', vars, stackName, role.role);
    new WebhookStage(this, 'webhook-stage', vars, webhook, role, machine);

    new TerraformOutput(this, 'api_gateway_invoke_url', {
      description:
        'URL to enter in GitLab as the webhook of a project or group, with "Job events" on and the secret token.',
      value: `https://${webhook.api.id}.execute-api.${vars.aws_region.stringValue}.amazonaws.com/${vars.api_gateway_stage_name.stringValue}/webhook`,
    });
  }

  /** What users of upstream have: any 5.x provider. Terraform 1.2 is the first with preconditions (departure D12). */
  private requireVersions(): void {
    this.addOverride('terraform.required_version', '>= 1.2');
    this.addOverride('terraform.required_providers.aws', { source: 'hashicorp/aws', version: '~> 5.21' });
  }
}
