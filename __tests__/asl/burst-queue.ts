import { lockItem } from '../../ami/contract.ts';
import type { Meddle } from './intercepting-proxy.ts';

interface Write {
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
}

const { holder } = lockItem;

/**
 * Lets the requests for the lock through one at a time: each once the one before was refused, or had the lock and has let it go. In this
 * order nobody is kept away by a holder, and whoever is refused is refused for what it has seen.
 */
export function queueAtLock(): Meddle {
  let last = Promise.resolve();
  let letNextCome = (): void => undefined;
  return async (forward, body) => {
    const { UpdateExpression = '', ConditionExpression = '' } = JSON.parse(body) as Write;
    if (UpdateExpression.startsWith(`REMOVE ${holder}`)) {
      const answer = await forward();
      letNextCome();
      return answer;
    }
    // Whatever else writes does not mind who has the lock, or has it.
    if (!ConditionExpression.includes(`attribute_not_exists(${holder})`)) return forward();
    const before = last;
    let done = (): void => undefined;
    last = new Promise((resolve) => (done = resolve));
    await before;
    const answer = await forward();
    if (answer.status === 200) letNextCome = done;
    else done();
    return answer;
  };
}
