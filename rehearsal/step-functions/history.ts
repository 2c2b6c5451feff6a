/** One event of an execution, in the API's words (API reference of HistoryEvent). */
export interface HistoryEvent {
  /** From 1. */
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The state that is entered, left or failed; absent for events of the execution. */
  readonly state?: string;
  /** JSON text. */
  readonly input?: string | undefined;
  /** JSON text. */
  readonly output?: string | undefined;
  /** Of a task's event: `aws-sdk:dynamodb:getItem`. */
  readonly resource?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export type NewEvent = Omit<HistoryEvent, 'id' | 'previousEventId'>;

/** An event's details stand in a field that is called after its type. */
const detailsField = (type: string): string => {
  if (type.endsWith('StateEntered')) return 'stateEnteredEventDetails';
  if (type.endsWith('StateExited')) return 'stateExitedEventDetails';
  return `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`;
};

/** The event as GetExecutionHistory answers it. */
export function wireEvent({ id, previousEventId, type, at, state, resource, ...details }: HistoryEvent): object {
  const name = type.endsWith('StateEntered') || type.endsWith('StateExited') ? { name: state } : {};
  const [, resourceType, operation] = /^(.*):([^:]*)$/.exec(resource ?? '') ?? [];
  const called = resource === undefined ? {} : { resourceType, resource: operation };
  return {
    timestamp: at / 1000,
    type,
    id,
    previousEventId,
    [detailsField(type)]: { ...name, ...called, ...details },
  };
}
