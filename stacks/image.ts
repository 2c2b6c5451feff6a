import { DataAwsAmi } from '@cdktf/provider-aws/lib/data-aws-ami/index.js';
import { Construct } from 'constructs';
import { addressOf, expression } from './expression.ts';
import type { Variables } from './variables.ts';

/**
 * The AMI to boot. Departure D10: with `image_id` set it is looked up by that id, whoever owns it and even when it is
 * deprecated, so that its root device is known and no search by tag can fail the plan.
 */
export class Image extends Construct {
  readonly ami: DataAwsAmi;

  constructor(scope: Construct, id: string, vars: Variables) {
    super(scope, id);
    const byId = `${addressOf(vars.image_id)} != null`;
    this.ami = new DataAwsAmi(this, 'data.aws_ami.gitlab_runner', { mostRecent: true });
    this.ami.addOverride('owners', expression(`${byId} ? null : ["self"]`));
    this.ami.addOverride('include_deprecated', expression(byId));
    this.ami.addOverride('filter', [
      {
        name: expression(`${byId} ? "image-id" : "tag:Name"`),
        values: [expression(`${byId} ? ${addressOf(vars.image_id)} : ${addressOf(vars.image_name)}`)],
      },
    ]);
  }
}
