import type { Execution, WorldEvent } from './world.ts';

/** What happened outside Step Functions, in one line. Headers are left out: one of them is the token. */
export function tell(event: WorldEvent): string | undefined {
  if (event.of === 'api gateway') {
    const { request, backend, answer } = event.exchange;
    const called = backend === undefined ? '' : ` → StartExecution ${backend.status}`;
    return `API Gateway     ${request.method} ${request.url}${called} → ${answer.status}`;
  }
  const { change } = event;
  if (change.kind === 'desired capacity') {
    return `Auto Scaling    desired capacity ${change.from} → ${change.to} (${change.by.operation})`;
  }
  if (change.kind === 'instance') return `Auto Scaling    ${change.instanceId} ${change.state}`;
  return undefined;
}

/** The way of one execution. */
export const tellExecution = ({ status, error, states }: Execution): string =>
  `Step Functions  ${states.join(' → ')} → ${error === undefined ? status : `${status} ${error}`}`;
