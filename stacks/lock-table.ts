import { DynamodbTable } from '@cdktf/provider-aws/lib/dynamodb-table/index.js';
import { Construct } from 'constructs';
import { lockItem, lockTableName } from '../ami/contract.ts';

/** The table of one item through which state machine and instances agree on who changes the group. */
export class LockTable extends Construct {
  readonly table: DynamodbTable;

  constructor(scope: Construct, id: string, stackName: string) {
    super(scope, id);
    this.table = new DynamodbTable(this, 'aws_dynamodb_table.lock_table', {
      name: lockTableName(stackName),
      billingMode: 'PAY_PER_REQUEST',
      hashKey: lockItem.key,
      attribute: [{ name: lockItem.key, type: 'S' }],
    });
  }
}
