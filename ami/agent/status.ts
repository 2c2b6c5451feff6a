import type { Change } from './decisions/change.ts';
import { ask, leave } from './decisions/change.ts';
import type { Group } from './decisions/group.ts';
import type { Item } from './decisions/item.ts';
import type { Settings } from './decisions/settings.ts';
import type { View } from './decisions/view.ts';
import { hasToGo, isFull } from './decisions/view.ts';

/** What a moment shows; what could not be seen is absent. */
export interface Sight {
  readonly view: View;
  readonly item?: Item;
  readonly group?: Group;
  /** What the agent of this instance last wrote down; absent when none has run. */
  readonly agent?: AgentNote;
}

/** What a running agent writes down for `status`: its place in the protocol, and since when. */
export interface AgentNote {
  readonly phase: string;
  readonly at: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface Status extends Sight {
  readonly instanceId: string;
  /** In words, for people. */
  readonly wouldDo: string;
}

/** What the instance sees, and what it would do about it. */
export const statusOf = (sight: Sight, settings: Settings): Status => ({
  instanceId: settings.instanceId,
  ...sight,
  wouldDo: wouldDo(sight, settings),
});

function wouldDo({ view, item, group }: Sight, settings: Settings): string {
  if (hasToGo(view)) return 'leave: it was told to, or Spot takes the machine';
  if (view.runner === undefined) return view.isRunnerOn ? 'wait for the metrics of the runner' : 'start the runner';
  if (item === undefined || group === undefined) return 'look again: the item or the group cannot be read';
  if (isFull(view.runner)) return `full: ${inWords(ask(item, group, settings, false))}`;
  if (view.runner.running > 0) return 'work';
  // The running agent knows what is covered; as far as anybody else can tell nothing is.
  return `after ${settings.idleSeconds} s without a job: ${inWords(leave(item, group, settings, { covered: item.wakeCount, isPatienceOver: false }))}, once the events up to ${item.wakeCount} are covered`;
}

function inWords(change: Change): string {
  switch (change.kind) {
    case 'none':
      return `nothing, because ${change.why}`;
    case 'set':
      return `set desired capacity to ${change.capacity}`;
    case 'leave':
      return `leave ${change.decrement ? 'with' : 'without'} decrement`;
  }
}

/** The status as lines for a terminal. */
export function statusText({ instanceId, view, item, group, agent, wouldDo: would }: Status): string {
  const { runner } = view;
  const polls = runner?.polling.length ? `${runner.polling.length} entries poll` : 'polling is stopped';
  return [
    `instance     ${instanceId}`,
    `agent        ${agent === undefined ? 'has not run' : `${agent.phase} (${agent.at}) since ${agent.since}`}`,
    `runner       ${runner === undefined ? (view.isRunnerOn ? 'on, but its metrics do not answer' : 'off') : `${runner.running} of ${runner.concurrent} jobs, ${polls}, ${runner.inFlight} requests in flight`}`,
    `group        ${group === undefined ? 'cannot be read' : `desired ${group.desired} (${group.min} to ${group.max}); ${group.instances.map(({ id, lifecycleState }) => `${id} ${lifecycleState}`).join(', ')}`}`,
    `events       ${item === undefined ? 'cannot be read' : `${item.wakeCount} counted, ${item.open} jobs open, lock ${item.holder === undefined ? 'free' : `held by ${item.holder}`}`}`,
    `would        ${would}`,
    '',
  ].join('\n');
}
