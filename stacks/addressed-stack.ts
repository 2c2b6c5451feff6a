import { TerraformElement, TerraformStack } from 'cdktf';
import type { Node } from 'constructs';

/**
 * A stack in which a construct's id is its Terraform address: `aws_launch_template.gitlab_runner`, `data.aws_ami.gitlab_runner`,
 * `local.stack_name`, and a bare name for variables and outputs. Nesting never changes what Terraform calls a resource, so the
 * address is one searchable string in this source, in the synthesized JSON and in a state file.
 */
export abstract class AddressedStack extends TerraformStack {
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const { id } = TerraformElement.isTerraformElement(element) ? element.node : element;
    return id.slice(id.lastIndexOf('.') + 1);
  }
}
