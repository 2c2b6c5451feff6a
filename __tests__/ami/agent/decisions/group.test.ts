import { inService, isAnotherComing, isLaunching, isLeaving } from '../../../../ami/agent/decisions/group.ts';
import { group, me } from './play.ts';

const instances = (...states: readonly string[]) =>
  group(1, { instances: states.map((lifecycleState, index) => ({ id: `i-${index}`, lifecycleState })) });
const own = (lifecycleState: string) => group(1, { instances: [{ id: me, lifecycleState }] });

describe('the group as Describe tells of it', () => {
  it('counts who is in service', () => {
    expect(inService(instances('InService', 'Pending', 'Terminating', 'InService', 'Standby'))).toBe(2);
  });

  it.each([
    ['waits for nobody when everybody is in service', instances('InService'), false],
    ['waits for one that boots', instances('InService', 'Pending'), true],
    ['waits for one that is held by its hook', instances('InService', 'Pending:Wait'), true],
    ['waits for one that has yet to be launched', instances('Terminating:Wait'), true],
    ['does not wait for one that goes', instances('InService', 'Terminating:Wait'), false],
  ])('%s', (_, seen, isIt) => {
    expect(isAnotherComing(seen)).toBe(isIt);
  });

  it.each([
    ['Pending:Wait', false],
    ['InService', false],
    ['Terminating', true],
    ['Terminating:Wait', true],
    ['Terminating:Proceed', true],
    ['Terminated', true],
  ])('has let go of an instance in %s: %s', (state, isIt) => {
    expect(isLeaving(own(state), me)).toBe(isIt);
  });

  it.each([
    ['Pending', true],
    ['Pending:Wait', true],
    ['Pending:Proceed', true],
    ['InService', false],
    ['Terminating:Wait', false],
  ])('has an instance in %s on its way: %s', (state, isIt) => {
    expect(isLaunching(own(state), me)).toBe(isIt);
    expect(isLaunching(own(state), 'i-other')).toBe(false);
  });

  it('has let go of an instance that it does not name', () => {
    expect(isLeaving(instances('InService'), me)).toBe(true);
  });
});
