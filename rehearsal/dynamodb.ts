import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lockItem } from '../ami/contract.ts';
import type { PlannedWorld } from './planned-world.ts';

export interface DynamoDb {
  readonly url: string;
  /** The one item of the lock table as it is now; undefined before the first event. */
  item(): Promise<Record<string, AttributeValue> | undefined>;
  close(): Promise<void>;
}

/** DynamoDB on loopback (dynalite) with the lock table as it was planned. */
export async function startDynamoDb({ table, region }: Pick<PlannedWorld, 'table' | 'region'>): Promise<DynamoDb> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({
    endpoint: url,
    region,
    credentials: { accessKeyId: 'rehearsal', secretAccessKey: 'rehearsal' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: table.name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: table.hashKey, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: table.hashKey, AttributeType: table.attributeType }],
    }),
  );
  return {
    url,
    item: async () =>
      (
        await client.send(
          new GetItemCommand({
            TableName: table.name,
            Key: { [lockItem.key]: { S: lockItem.id } },
            ConsistentRead: true,
          }),
        )
      ).Item,
    close: () => {
      client.destroy();
      return new Promise((closed) => {
        // Not dynalite's own close: it closes the database under a request that is still at work, which ends the process.
        Server.prototype.close.call(server, () => closed());
        server.closeAllConnections();
      });
    },
  };
}
