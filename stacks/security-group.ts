import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
import { Construct } from 'constructs';
import type { Variables } from './variables.ts';

/** Who may talk to an instance, and whom it may talk to. Descriptions and names are upstream's: another text replaces the group. */
export class RunnerSecurityGroup extends Construct {
  readonly group: SecurityGroup;

  constructor(scope: Construct, id: string, vars: Variables, stackName: string) {
    super(scope, id);
    this.group = new SecurityGroup(this, 'aws_security_group.gitlab_runner', {
      name: `${stackName}-runner`,
      description: 'SSH access to the GitLab Runner.',
      vpcId: vars.vpc_id.stringValue,
      tags: { Name: 'gitlab-runner' },
    });
    const securityGroupId = this.group.id;

    new VpcSecurityGroupIngressRule(this, 'aws_vpc_security_group_ingress_rule.runner_ssh', {
      securityGroupId,
      description: 'Access from the bastion.',
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      referencedSecurityGroupId: vars.bastion_security_group_id.stringValue,
      tags: { Name: 'bastion_to_runner' },
    });
    new VpcSecurityGroupEgressRule(this, 'aws_vpc_security_group_egress_rule.runner_to_https', {
      securityGroupId,
      description: 'External HTTPS access.',
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      cidrIpv4: '0.0.0.0/0',
      tags: { Name: 'runner_to_https' },
    });
    new VpcSecurityGroupEgressRule(this, 'aws_vpc_security_group_egress_rule.runner_to_ssh', {
      securityGroupId,
      description: 'External SSH access.',
      ipProtocol: 'tcp',
      fromPort: 22,
      toPort: 22,
      cidrIpv4: vars.vpc_cidr.stringValue,
      tags: { Name: 'runner_to_ssh' },
    });
    new VpcSecurityGroupEgressRule(this, 'aws_vpc_security_group_egress_rule.allow_all_traffic_ipv4', {
      securityGroupId,
      description: 'Allow external access.',
      ipProtocol: '-1',
      cidrIpv4: '0.0.0.0/0',
      tags: { Name: 'gitlab_runner_to_external' },
    });
  }
}
