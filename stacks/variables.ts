import { TerraformVariable } from 'cdktf';
import { Construct } from 'constructs';
import { defaults, strategies } from '../ami/contract.ts';
import { expression } from './expression.ts';
import { jobNamePatternSyntax } from './job-name-pattern.ts';

interface Declaration {
  readonly type: 'string' | 'number' | 'bool' | 'list(string)' | 'list(number)';
  readonly description: string;
  /** Absent: required. */
  readonly default?: string | number | boolean | readonly string[] | null;
  readonly sensitive?: true;
  /** `false`: an explicit null means the default. Upstream's variables stay nullable, as they are there. */
  readonly nullable?: false;
  /** A Terraform condition and what is allowed; the message reads on after "<name> must be ". */
  readonly validation?: { readonly condition: string; readonly allowed: string };
}

const matches = (pattern: string, name: string): string => `can(regex(${JSON.stringify(pattern)}, ${name}))`;
const orNull = (name: string, condition: string): string => `${name} == null ? true : ${condition}`;
const whole = (name: string, from: number, to: number): string =>
  `${name} >= ${from} && ${name} <= ${to} && floor(${name}) == ${name}`;

/** Retention periods that CloudWatch Logs accepts; 0 keeps for ever (API reference, PutRetentionPolicy). */
const retentionDays = [
  0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Statuses of which GitLab sends a job event (lib/gitlab/data_builder/build.rb and the callbacks of Ci::Build). */
const buildStatuses = ['created', 'pending', 'running', 'success', 'failed', 'canceled'];

/** What the secret token has to be: the machine compares it with an HTTP header, which carries neither more nor other characters. */
export const secretTokenRule = {
  condition: matches('^[!-~][ -~]{14,253}[!-~]$', 'var.gitlab_secret_token'),
  allowed: '16 to 255 printable ASCII characters without a space at either end; make one with: openssl rand -hex 32',
} as const;

/** Upstream's 25 inputs: same names, types and defaults; departure D12 adds validations and closes the secret. */
const upstreamVariables = {
  gitlab_api_url: {
    type: 'string',
    description:
      'Base URL of the GitLab API that instances register with, ending in `/api/v4/`, for example `https://gitlab.example.com/api/v4/`. Not a secret: it stands in the user data of every instance.',
    default: 'https://gitlab.com/api/v4/',
    validation: {
      condition: orNull(
        'var.gitlab_api_url',
        matches('^https?://[^/\\s@?#]+(/[^\\s?#]*)?/api/v4/?$', 'var.gitlab_api_url'),
      ),
      allowed:
        'null or an http or https URL that ends in /api/v4/ and has no user name, such as https://gitlab.com/api/v4/',
    },
  },
  vpc_id: {
    type: 'string',
    description: 'ID of the VPC in which the instances run; the security group is made in it.',
    validation: {
      condition: matches('^vpc-[0-9a-z]+$', 'var.vpc_id'),
      allowed: 'a VPC ID such as vpc-0a1b2c3d4e5f67890',
    },
  },
  vpc_cidr: {
    type: 'string',
    description: 'IPv4 CIDR block of the VPC; instances may open SSH connections into it.',
    default: '172.31.0.0/16',
    validation: { condition: 'can(cidrnetmask(var.vpc_cidr))', allowed: 'an IPv4 CIDR block such as 172.31.0.0/16' },
  },
  bastion_security_group_id: {
    type: 'string',
    description:
      'ID of the security group from which SSH to the instances is allowed. The default is a placeholder that plans but does not apply.',
    default: 'sg-0a1b2c3d4e5f6g7h8',
    validation: {
      condition: matches('^([0-9]{12}/)?sg-[0-9a-z]+$', 'var.bastion_security_group_id'),
      allowed:
        'a security group ID such as sg-0a1b2c3d4e5f67890 (with a leading account ID and slash for a peered VPC)',
    },
  },
  ami_user: {
    type: 'string',
    description:
      'Login user of the image. Kept so that existing variable files go on working; nothing reads it, because the agent is a system service.',
    default: 'ec2-user',
  },
  aws_region: {
    type: 'string',
    description:
      'AWS region of the fleet. The provider, the integration URI and the invoke URL all use this one value.',
    validation: {
      condition: matches('^[a-z]{2}(-[a-z]+)+-[0-9]+$', 'var.aws_region'),
      allowed: 'the code of an AWS region, such as eu-north-1',
    },
  },
  environment_name: {
    type: 'string',
    description:
      'Name of this fleet. Every resource is called `glab-runner-<environment_name>` or begins with it, the cache bucket included, so it must be unique among all S3 buckets.',
    validation: {
      condition: matches('^[a-z0-9]([a-z0-9-]{0,35}[a-z0-9])?$', 'var.environment_name'),
      allowed:
        'at most 37 lower-case letters, digits and hyphens, beginning and ending with a letter or digit (it becomes part of the names of an S3 bucket, a state machine and an IAM role)',
    },
  },
  api_gateway_stage_name: {
    type: 'string',
    description: 'Name of the API stage; it is the first segment of the webhook URL.',
    default: 'dev',
    validation: {
      condition: matches('^[A-Za-z0-9_-]{1,128}$', 'var.api_gateway_stage_name'),
      allowed: '1 to 128 letters, digits, hyphens and underscores',
    },
  },
  image_id: {
    type: 'string',
    description: 'ID of the AMI to boot. Null looks the newest image of this account up by `image_name`.',
    default: null,
    validation: {
      condition: orNull('var.image_id', matches('^ami-[0-9a-z]+$', 'var.image_id')),
      allowed: 'null or an AMI ID such as ami-0a1b2c3d4e5f67890',
    },
  },
  image_name: {
    type: 'string',
    description: 'Value of the tag `Name` of the AMI to boot; the newest one wins. Ignored when `image_id` is set.',
    default: 'gitlab-runner-amazon',
    validation: {
      condition: orNull('var.image_name', 'length(var.image_name) > 0'),
      allowed: 'the Name tag of an AMI of this account, not empty',
    },
  },
  key_name: {
    type: 'string',
    description: 'Name of the EC2 key pair for SSH to the instances. It must exist.',
    default: 'gitlab-runner-key',
  },
  iam_role: {
    type: 'string',
    description:
      'Name (not ARN) of the IAM role of the instances. It must exist and trust ec2.amazonaws.com; this stack attaches one policy with what cache and agent need.',
    default: 'gitlab-runner',
    validation: {
      condition: matches('^[A-Za-z0-9_+=,.@-]{1,64}$', 'var.iam_role'),
      allowed: 'the name of an IAM role: 1 to 64 letters, digits and _+=,.@- (not its ARN)',
    },
  },
  fleet_instance_types: {
    type: 'list(string)',
    description:
      'Instance types that the Auto Scaling group may launch, 1 to 40, all of the architecture of the image. More types mean more Spot capacity to choose from.',
    default: [
      'm5a.large',
      'm5.large',
      'm6a.large',
      'm6i.large',
      'm7a.large',
      'c5.large',
      'c5a.large',
      'c6a.large',
      'c6i.large',
      'c7i.large',
      'c7a.large',
      'm7i.large',
      'm7i-flex.large',
    ],
    validation: {
      condition: `length(var.fleet_instance_types) >= 1 && length(var.fleet_instance_types) <= 40 && alltrue([for t in var.fleet_instance_types : ${matches('^[a-z][a-z0-9-]*\\.[a-z0-9-]+$', 't')}])`,
      allowed: 'a list of 1 to 40 EC2 instance types such as m6i.large',
    },
  },
  private_subnet_ids: {
    type: 'list(string)',
    description:
      'IDs of the subnets to launch instances in, with a way out to GitLab. The default is a placeholder that plans but does not apply.',
    default: ['subnet-0a1b2c3d4e5f6g7h8'],
    validation: {
      condition: `length(var.private_subnet_ids) >= 1 && alltrue([for s in var.private_subnet_ids : ${matches('^subnet-[0-9a-z]+$', 's')}])`,
      allowed: 'a list of at least one subnet ID such as subnet-0a1b2c3d4e5f67890',
    },
  },
  root_disk_size: {
    type: 'number',
    description: 'Size of the root disk in GiB; at least the size of the image it is made from, which null takes.',
    default: 30,
    validation: {
      condition: orNull('var.root_disk_size', whole('var.root_disk_size', 1, 65536)),
      allowed: 'a whole number of GiB from 1 to 65536, or null for the size of the image',
    },
  },
  volume_delete_on_termination: {
    type: 'bool',
    description: 'Whether the root disk goes away with its instance.',
    default: true,
  },
  min_size: {
    type: 'number',
    description: 'Instances that are kept even when there is nothing to do; 0 costs nothing at rest.',
    default: 0,
    validation: { condition: whole('var.min_size', 0, 10000), allowed: 'a whole number from 0 up, not above max_size' },
  },
  max_size: {
    type: 'number',
    description: 'Most instances that may run at once.',
    default: 10,
    validation: { condition: whole('var.max_size', 0, 10000), allowed: 'a whole number from 0 up, not below min_size' },
  },
  desired_size: {
    type: 'number',
    description:
      'Instances to start with when the group is made; 0 or null means `min_size`. Later applies leave the number alone: the fleet sets it.',
    default: 0,
    validation: {
      condition: orNull('var.desired_size', whole('var.desired_size', 0, 10000)),
      allowed: '0, null or a whole number between min_size and max_size',
    },
  },
  capacity_per_instance: {
    type: 'number',
    description: `Jobs that one instance runs at the same time. Null means ${defaults.jobsPerInstance}. A runner configuration of your own with a number for \`concurrent\` decides instead.`,
    default: null,
    validation: {
      condition: orNull('var.capacity_per_instance', whole('var.capacity_per_instance', 1, 1000)),
      allowed: 'null or a whole number from 1 to 1000',
    },
  },
  gl_runner_tags: {
    type: 'list(string)',
    description:
      'Tags of the runner, for an agent that registers with an API token. Without effect when instances share a runner authentication token (`glrt-…`): then the tags are those of the runner in GitLab.',
    default: null,
    validation: {
      condition: orNull(
        'var.gl_runner_tags',
        `alltrue([for t in var.gl_runner_tags : ${matches('^[^,\\s][^,]*$', 't')}])`,
      ),
      allowed: 'null or a list of tags, each not empty, without a comma and not beginning with a space',
    },
  },
  group_id: {
    type: 'number',
    description: 'ID of the GitLab group that runners are created in, for an agent that registers with an API token.',
    default: 1347,
    validation: {
      condition: orNull('var.group_id', whole('var.group_id', 1, 9007199254740991)),
      allowed: 'null or the numeric ID of a GitLab group',
    },
  },
  gl_cache_path: {
    type: 'string',
    description: 'Prefix of the cache objects in the S3 bucket.',
    default: 'cache',
  },
  idle_threshold: {
    type: 'number',
    description: 'Seconds without a job after which an instance takes itself out of the group. Null means 180.',
    default: null,
    validation: {
      condition: orNull('var.idle_threshold', whole('var.idle_threshold', 1, 604800)),
      allowed: 'null or a whole number of seconds from 1 to 604800 (a week)',
    },
  },
  gitlab_secret_token: {
    type: 'string',
    description:
      'Secret token that GitLab sends with each webhook in `X-Gitlab-Token`. It stands in no resource; Terraform keeps it, as every input, in a saved plan, so a saved plan is a secret too.',
    sensitive: true,
    nullable: false,
    // Terraform prints the value that a validation refuses, sensitive or not. So only the empty one is refused here; the state
    // machine's precondition, which prints nothing, refuses the rest.
    validation: { condition: 'var.gitlab_secret_token != ""', allowed: secretTokenRule.allowed },
  },
} as const satisfies Record<string, Declaration>;

/** What upstream does not have. Each default keeps the plan as upstream's or belongs to a numbered departure. */
const ourVariables = {
  webhook_build_statuses: {
    type: 'list(string)',
    description:
      'Statuses of job events that wake the fleet; all others are answered 200 and cost no execution. `pending` is the one that a job cannot do without: manual, delayed and later-stage jobs send no second `created`. Without effect when `scale_out_strategy` is `demand`, which takes `pending`, `running`, `success`, `failed` and `canceled`.',
    default: ['created', 'pending'],
    nullable: false,
    validation: {
      condition: `length(var.webhook_build_statuses) >= 1 && alltrue([for s in var.webhook_build_statuses : contains(${JSON.stringify(buildStatuses)}, s)])`,
      allowed: `a list of at least one of ${buildStatuses.join(', ')}`,
    },
  },
  webhook_project_ids: {
    type: 'list(number)',
    description:
      'IDs of the GitLab projects whose jobs the fleet is for; events of others are answered 200 and cost no execution. Empty means all that send events here.',
    default: [],
    nullable: false,
    validation: {
      condition: `length(var.webhook_project_ids) <= 1000 && alltrue([for id in var.webhook_project_ids : ${whole('id', 1, 9007199254740991)}])`,
      allowed: 'a list of at most 1000 numeric IDs of GitLab projects, such as 380',
    },
  },
  webhook_job_name_pattern: {
    type: 'string',
    description:
      'Regular expression that the whole name of a job has to match, for example `deploy.*`; events of other jobs are answered 200 and cost no execution. Null or empty means all. Java evaluates it and Terraform checks it with RE2, so it may have what both read alike: groups, alternatives, `.`, `^`, `$`, classes such as `[^a-z]`, `\\d`, `\\w` and `\\s`, a backslash before punctuation, `\\xHH` (an apostrophe is `\\x27`), and the quantifiers `*`, `+`, `?` and `{n,m}`. No flags, look-around or back references. At most 200 characters.',
    default: '',
    nullable: false,
    validation: {
      condition: `length(var.webhook_job_name_pattern) <= 200 && ${matches(jobNamePatternSyntax, 'var.webhook_job_name_pattern')} && can(regexall(var.webhook_job_name_pattern, ""))`,
      allowed:
        'null or a regular expression of at most 200 characters, without control characters, apostrophes (write \\x27), flags, look-around, back references, \\b, \\p, or an unescaped { } [ ] that belongs to no quantifier or class; inside a class also & has a backslash',
    },
  },
  webhook_rate_limit: {
    type: 'number',
    description:
      'Webhook requests a second that the stage accepts on average; more are answered 429 and cost no execution.',
    default: 20,
    nullable: false,
    validation: {
      condition: 'var.webhook_rate_limit > 0 && var.webhook_rate_limit <= 10000',
      allowed: 'a number of requests a second above 0, at most 10000 (the default quota of an account)',
    },
  },
  webhook_burst_limit: {
    type: 'number',
    description:
      'Webhook requests that may arrive at once before the rate limit counts. One pipeline of 500 jobs is one burst.',
    default: 500,
    nullable: false,
    validation: {
      condition: whole('var.webhook_burst_limit', 1, 5000),
      allowed: 'a whole number of requests from 1 to 5000 (the default quota of an account)',
    },
  },
  webhook_allowed_cidrs: {
    type: 'list(string)',
    description:
      'CIDR blocks from which the webhook may be called; empty allows all. To lift a restriction again set `["0.0.0.0/0", "::/0"]`: clearing the list leaves the policy in place.',
    default: [],
    nullable: false,
    validation: {
      condition: 'alltrue([for c in var.webhook_allowed_cidrs : can(cidrhost(c, 0))])',
      allowed: 'a list of CIDR blocks such as 203.0.113.0/24 or 2001:db8::/32',
    },
  },
  webhook_api_key_required: {
    type: 'bool',
    description:
      'Whether the webhook needs an `X-Api-Key` header (a GitLab custom header). The key and its usage plan are made outside this stack.',
    default: false,
    nullable: false,
  },
  scale_out_strategy: {
    type: 'string',
    description:
      'How webhooks grow the fleet: `first-instance` wakes it from zero, and full instances ask for the next one; `demand` counts the open jobs and starts as many instances as they need at once, with `max_size` × jobs per instance at most 10000.',
    default: 'first-instance',
    nullable: false,
    validation: {
      condition: `contains(${JSON.stringify(strategies)}, var.scale_out_strategy)`,
      allowed: strategies.join(' or '),
    },
  },
  on_demand_base_capacity: {
    type: 'number',
    description: 'Instances of the group that are always On-Demand, counted from the first one.',
    default: 0,
    nullable: false,
    validation: {
      condition: whole('var.on_demand_base_capacity', 0, 10000),
      allowed: 'a whole number of instances from 0 up',
    },
  },
  on_demand_percentage: {
    type: 'number',
    description:
      'Percentage of On-Demand among the instances above `on_demand_base_capacity`; 0 is all Spot, 100 all On-Demand.',
    default: 0,
    nullable: false,
    validation: { condition: whole('var.on_demand_percentage', 0, 100), allowed: 'a whole number from 0 to 100' },
  },
  metadata_hop_limit: {
    type: 'number',
    description:
      'Network hops that an answer of the instance metadata service may take. 1 keeps job containers away from the role of the instance; 2 lets them have it.',
    default: 1,
    nullable: false,
    validation: { condition: whole('var.metadata_hop_limit', 1, 64), allowed: 'a whole number from 1 to 64' },
  },
  log_retention_days: {
    type: 'number',
    description:
      'Days for which the log groups of the API and of the state machine keep events; 0 keeps them for ever.',
    default: 14,
    nullable: false,
    validation: {
      condition: `contains(${JSON.stringify(retentionDays)}, var.log_retention_days)`,
      allowed: `a retention period that CloudWatch Logs knows: ${retentionDays.join(', ')}`,
    },
  },
  gitlab_ca_certificate: {
    type: 'string',
    description:
      'Certificate, in PEM format, of the authority that signed the certificate of a self-managed GitLab. Empty or null where a public authority has. Not a secret: it stands in the user data of every instance.',
    default: '',
    nullable: false,
    validation: {
      condition:
        'var.gitlab_ca_certificate == "" ? true : length(regexall("-----BEGIN CERTIFICATE-----", var.gitlab_ca_certificate)) >= 1 && length(regexall("-----END CERTIFICATE-----", var.gitlab_ca_certificate)) == length(regexall("-----BEGIN CERTIFICATE-----", var.gitlab_ca_certificate)) && length(var.gitlab_ca_certificate) <= 8192',
      allowed:
        'empty, null or certificates in PEM format, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, of at most 8192 characters together (all user data is at most 16384 bytes), for example file("gitlab-ca.pem")',
    },
  },
  instance_metrics: {
    type: 'bool',
    description:
      'Whether CloudWatch is told of the jobs of each instance besides those of the fleet. Each instance is then two custom metrics more, for as long as it lives.',
    default: false,
    nullable: false,
  },
  lifecycle_heartbeat_seconds: {
    type: 'number',
    description:
      'Seconds that an instance may spend in a lifecycle hook between two heartbeats. A job may run for 100 of them after its instance was told to leave: 1800 is recommended.',
    default: 200,
    nullable: false,
    validation: {
      condition: whole('var.lifecycle_heartbeat_seconds', 30, 7200),
      allowed: 'a whole number of seconds from 30 to 7200',
    },
  },
} as const satisfies Record<string, Declaration>;

/** Names of the variables that upstream has not. */
export const addedVariables = Object.keys(ourVariables);

const declarations = { ...upstreamVariables, ...ourVariables };
type Variables = { readonly [Name in keyof typeof declarations]: TerraformVariable };

/** Declares every input of the stack as a Terraform variable; nothing here reads a value. */
export function declareVariables(stack: Construct): Variables {
  const entries = Object.entries<Declaration>(declarations).map(([name, declaration]) => [
    name,
    declare(stack, name, declaration),
  ]);
  return Object.fromEntries(entries) as Variables;
}

function declare(stack: Construct, name: string, declaration: Declaration): TerraformVariable {
  const { type, description, sensitive, nullable, validation } = declaration;
  const variable = new TerraformVariable(stack, name, {
    type,
    description,
    ...(sensitive && { sensitive }),
    ...(nullable === false && { nullable }),
    ...(validation && {
      validation: [
        // A null where none is allowed makes a condition fail to evaluate: the message is better than that failure.
        {
          condition: expression(`try(${validation.condition}, false)`),
          errorMessage: `${name} must be ${validation.allowed}.`,
        },
      ],
    }),
  });
  // As an override, because the property crashes on null, drops 0 and false from HCL and rewrites the keys of maps.
  if (declaration.default !== undefined) variable.addOverride('default', declaration.default);
  return variable;
}

export type { Variables };
