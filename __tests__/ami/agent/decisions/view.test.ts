import { isFull } from '../../../../ami/agent/decisions/view.ts';
import { runner } from './play.ts';

it.each([
  [0, false],
  [5, false],
  [6, true],
  [7, true],
])('with %d jobs an instance for six is full: %s', (running, isIt) => {
  expect(isFull(runner({ running, concurrent: 6 }))).toBe(isIt);
});
