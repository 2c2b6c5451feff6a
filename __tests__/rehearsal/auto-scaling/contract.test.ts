import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { startAutoScaling } from '../../../rehearsal/auto-scaling/server.ts';
import { describeAutoScalingContract } from './contract.ts';

describeAutoScalingContract('the double', async (groups) => {
  const double = await startAutoScaling({ groups });
  const client = new AutoScalingClient({
    endpoint: double.url,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  return {
    client,
    close: async () => {
      client.destroy();
      await double.close();
    },
  };
});
