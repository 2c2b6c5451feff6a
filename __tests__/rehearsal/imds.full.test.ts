import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startImds, type ImdsDouble } from '../../rehearsal/imds.ts';
import { motoPython } from '../support/moto.ts';
import { describeWith } from '../support/tools.ts';

/** What botocore, the second source, asks an instance, each way that it has. */
const script = `
import json, sys
from botocore.utils import IMDSFetcher, InstanceMetadataFetcher, InstanceMetadataRegionFetcher
given = dict(timeout=1, num_attempts=1, base_url=sys.argv[1])
class Fetcher(IMDSFetcher):
    def get(self, path, token):
        return self._get_request(path, lambda response: False, token=token)
fetcher = Fetcher(**given)
token = fetcher._fetch_metadata_token()
print(json.dumps({
    "credentials": InstanceMetadataFetcher(**given).retrieve_iam_role_credentials(),
    "region": InstanceMetadataRegionFetcher(**given).retrieve_region(),
    "statuses": {path: fetcher.get(path, token).status_code for path in sys.argv[2:]},
    "without token": fetcher.get(sys.argv[2], None).status_code,
}))
`;

const python = await motoPython();

describeWith(python, 'botocore', (path) => {
  let double: ImdsDouble;
  beforeAll(async () => {
    double = await startImds({
      instanceId: 'i-0123456789abcdef0',
      region: 'eu-north-1',
      targetLifecycleState: () => 'InService',
    });
  });
  afterAll(() => double.close());
  const ask = async (...paths: readonly string[]): Promise<unknown> => {
    const { stdout } = await promisify(execFile)(path, ['-c', script, double.url, ...paths]);
    return JSON.parse(stdout);
  };

  it('finds the credentials of the role, the region, and the paths of an instance', async () => {
    double.switches.failure = undefined;
    const there = 'latest/meta-data/autoscaling/target-lifecycle-state';
    const absent = 'latest/meta-data/spot/instance-action';
    expect(await ask(there, absent)).toEqual({
      credentials: {
        role_name: 'gitlab-runner',
        access_key: 'ASIAREHEARSAL',
        secret_key: 'rehearsal',
        token: 'rehearsal',
        expiry_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as unknown,
      },
      region: 'eu-north-1',
      statuses: { [there]: 200, [absent]: 404 },
      'without token': 401,
    });
  });

  it('finds none while the service fails', async () => {
    double.switches.failure = 503;
    double.switches.isFailing = (asked) => asked !== 'api/token';
    expect(await ask('latest/meta-data/instance-id')).toMatchObject({ credentials: {}, region: null });
  });
});
