import { hasToGo, isFull } from '../../../../ami/agent/decisions/view.ts';
import { noMetrics, reclaimed, runner, toldToGo, view } from './play.ts';

it.each([
  [0, false],
  [5, false],
  [6, true],
  [7, true],
])('with %d jobs an instance for six is full: %s', (running, isIt) => {
  expect(isFull(runner({ running, concurrent: 6 }))).toBe(isIt);
});

it.each([
  ['that nobody told', view(), false],
  ['without metrics', noMetrics, false],
  ['that the group lets go of', toldToGo, true],
  ['that Spot takes back', reclaimed(120), true],
])('an instance %s has to go: %s', (_, seen, isIt) => {
  expect(hasToGo(seen)).toBe(isIt);
});
