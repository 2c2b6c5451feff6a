import type { DataAwsDefaultTags } from '@cdktf/provider-aws/lib/data-aws-default-tags/index.js';
import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js';
import { LaunchTemplate } from '@cdktf/provider-aws/lib/launch-template/index.js';
import { Fn, propertyAccess, Token } from 'cdktf';
import { Construct } from 'constructs';
import { contractTag, contractVersion } from '../ami/contract.ts';
import { addressOf, expression } from './expression.ts';
import type { Image } from './image.ts';
import type { RunnerSecurityGroup } from './security-group.ts';
import type { UserData } from './user-data.ts';
import type { Variables } from './variables.ts';

export interface RunnerLaunchTemplateProps {
  readonly vars: Variables;
  readonly stackName: string;
  readonly image: Image;
  readonly securityGroup: RunnerSecurityGroup;
  readonly userData: UserData;
  readonly defaultTags: DataAwsDefaultTags;
}

/** How an instance is made. Departure D8: IMDSv2 only, the image's own root device, the agent's settings as user data. */
export class RunnerLaunchTemplate extends Construct {
  readonly template: LaunchTemplate;

  constructor(scope: Construct, id: string, props: RunnerLaunchTemplateProps) {
    super(scope, id);
    const { vars, stackName, image, securityGroup, userData, defaultTags } = props;
    const ami = addressOf(image.ami);
    const tagsOfImage = `coalesce(${ami}.tags, {})`;

    const profile = new IamInstanceProfile(this, 'aws_iam_instance_profile.gitlab_runner', {
      namePrefix: stackName,
      role: vars.iam_role.stringValue,
    });
    this.template = new LaunchTemplate(this, 'aws_launch_template.gitlab_runner', {
      name: stackName,
      imageId: image.ami.id,
      keyName: vars.key_name.stringValue,
      updateDefaultVersion: true,
      iamInstanceProfile: { name: profile.name },
      vpcSecurityGroupIds: [securityGroup.group.id],
      metadataOptions: {
        httpEndpoint: 'enabled',
        instanceMetadataTags: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: vars.metadata_hop_limit.numberValue,
      },
      blockDeviceMappings: [
        {
          deviceName: image.ami.rootDeviceName,
          ebs: {
            encrypted: 'true',
            volumeType: 'gp3',
            volumeSize: vars.root_disk_size.numberValue,
            deleteOnTermination: Token.asString(vars.volume_delete_on_termination.value),
          },
        },
      ],
      tagSpecifications: [
        {
          resourceType: 'volume',
          tags: Fn.merge([
            propertyAccess(defaultTags.fqn, ['tags']),
            { Name: `gitlab-runner-${vars.environment_name.stringValue}` },
          ]),
        },
      ],
      userData: userData.base64,
      lifecycle: {
        precondition: [
          {
            // Tags of an image that another account shares cannot be seen: then the instance itself has to find out.
            condition: expression(
              `length(${tagsOfImage}) == 0 || lookup(${tagsOfImage}, ${JSON.stringify(contractTag)}, "") == ${JSON.stringify(contractVersion)}`,
            ),
            errorMessage: `The image ${expression(`${ami}.id`)} has no tag ${contractTag} = ${contractVersion}: it was built for another version of this stack, or without the agent. Choose one that has it, with image_id or image_name.`,
          },
          {
            condition: expression(
              `${addressOf(vars.root_disk_size)} == null ? true : alltrue([for m in ${ami}.block_device_mappings : try(tonumber(m.ebs["volume_size"]), 0) <= ${addressOf(vars.root_disk_size)} if m.device_name == ${ami}.root_device_name])`,
            ),
            errorMessage: `root_disk_size is smaller than the root snapshot of the image ${expression(`${ami}.id`)}: no instance could start. Raise root_disk_size.`,
          },
          {
            // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html: RunInstances refuses other keys.
            condition: expression(
              `alltrue([for k in keys(coalesce(${addressOf(defaultTags)}.tags, {})) : can(regex("^[0-9A-Za-z_+=,.@:-]{1,255}$", k)) && !contains([".", "..", "_index"], k)])`,
            ),
            errorMessage: `The default tags of the provider have a key with a character other than letters, digits and _+=,.@:- : instances expose their tags in the metadata service, and EC2 would refuse to start them. The keys are: ${expression(`join(", ", keys(coalesce(${addressOf(defaultTags)}.tags, {})))`)}.`,
          },
          {
            condition: expression(`length(${userData.base64Expression}) <= ${Math.ceil(16384 / 3) * 4}`),
            errorMessage:
              'The user data is larger than the 16384 bytes that EC2 takes: shorten the runner configuration (GITLAB_CONFIG) or gitlab_ca_certificate.',
          },
          {
            // Terraform prints the variables that a refused condition names, here and in a validation; of an object it prints the size.
            condition: expression(
              `length(regexall("PRIVATE KEY", lookup(${userData.settings}, "gitlab_ca_certificate", ""))) == 0`,
            ),
            errorMessage:
              'gitlab_ca_certificate holds a private key, which must never be in user data: give the certificate alone.',
          },
        ],
      },
    });
  }
}
