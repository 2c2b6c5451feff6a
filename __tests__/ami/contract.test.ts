import * as contract from '../../ami/contract.ts';

describe('the contract between stack and agent', () => {
  it('derives every name from the stack, as upstream names things', () => {
    const stack = contract.stackName('dev');
    expect([
      stack,
      contract.lockTableName(stack),
      contract.launchHookName(stack),
      contract.terminateHookName(stack),
    ]).toEqual(['glab-runner-dev', 'glab-runner-dev-lock', 'glab-runner-dev-start', 'glab-runner-dev-stop']);
  });
});
