import type { Answer, Step } from './decisions/step.ts';
import type { GroupPort } from './ports/group.ts';
import type { LockItem } from './ports/lock-item.ts';
import type { RunnerPort } from './ports/runner.ts';

/** Everything outside that the protocol needs. */
export interface Ports {
  readonly lockItem: LockItem;
  readonly group: GroupPort;
  readonly runner: RunnerPort;
  /** Resolves when the seconds have passed. */
  readonly pause: (seconds: number) => Promise<void>;
}

/** Does one step. Whatever a service answers is an answer; only a programming error rejects. */
export async function perform(step: Step, { lockItem, group, runner, pause }: Ports): Promise<Answer> {
  switch (step.do) {
    case 'look':
      // Its answer changes nothing: the next look sends another one.
      if (step.heartbeat) await group.recordHeartbeat(step.heartbeat);
      await pause(step.seconds);
      return { kind: 'looked' };
    case 'fetch token':
      return runner.fetchToken();
    case 'check executor':
      return runner.checkExecutor();
    case 'create runner':
      return runner.create();
    case 'configure runner':
      return runner.configure();
    case 'start runner':
      return runner.start();
    case 'verify runner':
      return runner.verify();
    case 'note registration':
      return lockItem.noteRegistration(runner.ids());
    case 'count boot failure':
      return lockItem.countBootFailure();
    case 'abort jobs':
      return runner.abort();
    case 'read item':
      return lockItem.read();
    case 'acquire lock':
      return lockItem.acquire(step.holder);
    case 'take lock over':
      return lockItem.takeOver(step.holder, step.from);
    case 'fence':
      return lockItem.fence(step.holder);
    case 'release lock':
      return lockItem.release(step.holder, step);
    case 'describe group':
      return group.describe();
    case 'set desired capacity':
      return group.setDesiredCapacity(step.capacity);
    case 'terminate instance':
      return group.terminate(step.decrement);
    case 'complete lifecycle action':
      return group.complete(step.hook, step.result);
    case 'stop polling':
      return runner.stopPolling();
    case 'poll again':
      return runner.pollAgain();
    case 'stop runner':
      return runner.stop();
    case 'unregister':
      return runner.unregister();
  }
}
