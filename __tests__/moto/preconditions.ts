import { contractTag, contractVersion } from '../../ami/contract.ts';
import type { Boto } from './boto.ts';

/** What a newcomer has before the first deploy (README, "Before you deploy"), as values of the input variables. */
export interface Preconditions {
  readonly vpc_id: string;
  readonly vpc_cidr: string;
  readonly private_subnet_ids: readonly string[];
  readonly bastion_security_group_id: string;
  readonly key_name: string;
  readonly iam_role: string;
}

/** The bucket for Terraform's state. */
export const stateBucket = 'my-state';

/** Fills an empty account: a bucket for the state, network, bastion, key pair, role of the instances, and an image that carries the agent. */
export async function meetPreconditions({ call }: Boto, region: string): Promise<Preconditions> {
  await call('s3', 'create_bucket', {
    Bucket: stateBucket,
    CreateBucketConfiguration: { LocationConstraint: region },
  });
  const vpcCidr = '10.20.0.0/16';
  const { Vpc } = await call<{ Vpc: { VpcId: string } }>('ec2', 'create_vpc', { CidrBlock: vpcCidr });
  const subnets = await Promise.all(
    ['a', 'b'].map((zone, index) =>
      call<{ Subnet: { SubnetId: string } }>('ec2', 'create_subnet', {
        VpcId: Vpc.VpcId,
        CidrBlock: `10.20.${index}.0/24`,
        AvailabilityZone: `${region}${zone}`,
      }),
    ),
  );
  const bastion = await call<{ GroupId: string }>('ec2', 'create_security_group', {
    GroupName: 'bastion',
    Description: 'The bastion',
    VpcId: Vpc.VpcId,
  });
  await call('ec2', 'create_key_pair', { KeyName: 'gitlab-runner-key' });
  await call('iam', 'create_role', {
    RoleName: 'gitlab-runner',
    AssumeRolePolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }],
    }),
  });
  await buildImage(call, subnets[0]?.Subnet.SubnetId ?? '');
  return {
    vpc_id: Vpc.VpcId,
    vpc_cidr: vpcCidr,
    private_subnet_ids: subnets.map(({ Subnet }) => Subnet.SubnetId),
    bastion_security_group_id: bastion.GroupId,
    key_name: 'gitlab-runner-key',
    iam_role: 'gitlab-runner',
  };
}

/** As `ami_build.yml` does it: an instance of Amazon's image, an image of that instance. */
async function buildImage(call: Boto['call'], SubnetId: string): Promise<void> {
  const { Images } = await call<{ Images: readonly { ImageId: string }[] }>('ec2', 'describe_images', {
    Owners: ['amazon'],
    Filters: [
      { Name: 'architecture', Values: ['x86_64'] },
      { Name: 'root-device-type', Values: ['ebs'] },
      { Name: 'root-device-name', Values: ['/dev/xvda'] },
    ],
  });
  const { Instances } = await call<{ Instances: readonly { InstanceId: string }[] }>('ec2', 'run_instances', {
    ImageId: Images[0]?.ImageId,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 't3.micro',
    SubnetId,
  });
  const builders = Instances.map(({ InstanceId }) => InstanceId);
  await call('ec2', 'create_image', {
    InstanceId: builders[0],
    Name: 'gitlab-runner-amazon-1',
    TagSpecifications: [
      {
        ResourceType: 'image',
        Tags: [
          { Key: 'Name', Value: 'gitlab-runner-amazon' },
          { Key: contractTag, Value: contractVersion },
        ],
      },
    ],
  });
  await call('ec2', 'terminate_instances', { InstanceIds: builders });
}
