import { jobEvent } from '../../rehearsal/gitlab/job-events.ts';
import { deliver } from '../../rehearsal/gitlab/webhook-delivery.ts';
import { motoPython } from '../support/moto.ts';
import { describeWith } from '../support/tools.ts';
import { openAccount, region, type Account } from './account.ts';
import { openStage } from './deployed-stage.ts';

const python = await motoPython();

describeWith(python, 'the bridge in front of moto', (path) => {
  let account: Account;
  beforeAll(async () => (account = await openAccount(path)), 30_000);
  afterAll(() => account?.close(), 30_000);

  const call = <T>(operation: string, parameters: object): Promise<T> =>
    account.boto.call('apigateway', operation, parameters);

  /** An API whose one method starts a machine that does nothing, and its deployment on the stage `dev`. */
  const api = async (requestTemplate: string): Promise<{ restApiId: string; resourceId: string; id: string }> => {
    const { stateMachineArn } = await account.boto.call<{ stateMachineArn: string }>(
      'stepfunctions',
      'create_state_machine',
      {
        name: 'nothing',
        definition: JSON.stringify({ StartAt: 'Nothing', States: { Nothing: { Type: 'Succeed' } } }),
        roleArn: 'arn:aws:iam::123456789012:role/machine',
      },
    );
    const { id: restApiId, rootResourceId: parentId } = await call<{ id: string; rootResourceId: string }>(
      'create_rest_api',
      { name: 'webhook' },
    );
    const { id: resourceId } = await call<{ id: string }>('create_resource', {
      restApiId,
      parentId,
      pathPart: 'webhook',
    });
    const method = { restApiId, resourceId, httpMethod: 'POST' };
    await call('put_method', { ...method, authorizationType: 'NONE' });
    await call('put_integration', {
      ...method,
      type: 'AWS',
      integrationHttpMethod: 'POST',
      uri: `arn:aws:apigateway:${region}:states:action/StartExecution`,
      passthroughBehavior: 'NEVER',
      requestTemplates: { 'application/json': requestTemplate },
    });
    await call('put_integration_response', { ...method, statusCode: '200' });
    const { id } = await call<{ id: string }>('create_deployment', { restApiId });
    await call('create_stage', {
      restApiId,
      stageName: 'dev',
      deploymentId: id,
      variables: { arn: stateMachineArn },
    });
    return { restApiId, resourceId, id };
  };
  const execution = async (restApiId: string): Promise<string> => {
    const stage = await openStage(account.bridge, restApiId, 'dev');
    try {
      const { body } = await deliver(stage.url, jobEvent({ status: 'pending', jobId: 1 }));
      return body;
    } finally {
      await stage.close();
    }
  };

  it('serves an API as it was deployed, and a change only once it is deployed too', async () => {
    const template = (name: string): string =>
      `{"stateMachineArn": "$stageVariables.arn", "name": "${name}-$context.requestId"}`;
    const { restApiId, resourceId, id } = await api(template('first'));
    expect(await execution(restApiId)).toContain(':first-');

    const patchOperations = [{ op: 'replace', path: '/requestTemplates/application~1json', value: template('second') }];
    await call('update_integration', { restApiId, resourceId, httpMethod: 'POST', patchOperations });
    expect(await execution(restApiId)).toContain(':first-');

    const { id: next } = await call<{ id: string }>('create_deployment', { restApiId });
    const remove = (): Promise<unknown> => call('delete_deployment', { restApiId, deploymentId: id });
    await expect(remove()).rejects.toThrow(
      'BadRequestException: Active stages pointing to this deployment must be moved or deleted',
    );
    await call('update_stage', {
      restApiId,
      stageName: 'dev',
      patchOperations: [{ op: 'replace', path: '/deploymentId', value: next }],
    });
    expect(await execution(restApiId)).toContain(':second-');
    await remove();
  }, 30_000);

  it('finds what is wrong with a definition', async () => {
    const validate = (definition: object): Promise<object> =>
      account.boto.call('stepfunctions', 'validate_state_machine_definition', {
        definition: JSON.stringify(definition),
      });
    const States = { Nothing: { Type: 'Succeed' } };
    expect(await validate({ StartAt: 'Nothing', States })).toMatchObject({ result: 'OK' });
    expect(await validate({ StartAt: 'Elsewhere', States })).toMatchObject({ result: 'FAIL' });
  });
});
