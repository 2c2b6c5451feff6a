import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { listenOnLoopback } from '../loopback.ts';
import { bodyOf } from '../request-body.ts';
import { signerOf } from '../signature.ts';
import { realClock, type Clock } from './clock.ts';
import { faultQueue, type Faults } from './faults.ts';
import { firstWorld, type GroupOptions, type WorldOptions } from './first-world.ts';
import { giveSpotNotice, nextDue, refuseLaunches, targetLifecycleState, tick } from './lifecycle.ts';
import { isOperation, perform, type Done, type Operation } from './operations.ts';
import type { Form } from './parameters.ts';
import { isRefusal, refusals, type Refusal } from './refusals.ts';
import { followedBy, groupNamed, instanceWithId, seconds, type Change, type Step, type World } from './world.ts';
import { errorXml, responseXml } from './xml.ts';

export type { Change, GroupOptions };

export interface AutoScalingOptions extends WorldOptions {
  /** Real time by default. */
  readonly clock?: Clock;
  /** On 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** Told every change, in order, after it happened. */
  readonly onChange?: (change: Change) => void;
}

/** Groups and activities as plain data, at this moment. */
export type Snapshot = Pick<World, 'groups' | 'activities'>;

export interface AutoScalingDouble {
  /** `http://127.0.0.1:PORT`, for `endpoint` of an SDK client or `--endpoint-url`. */
  readonly url: string;
  readonly faults: Faults;
  snapshot(): Snapshot;
  /**
   * Spot takes the machine back: the notice is there at once, the machine is gone `noticeSeconds` later (120 by default),
   * whatever its hooks say. Gives the moment of the end; throws for an instance that is not there.
   */
  reclaim(instanceId: string, noticeSeconds?: number): Date;
  /** When Spot takes the machine, for IMDS `spot/instance-action`; undefined while no notice was given (404 there). */
  spotNotice(instanceId: string): Date | undefined;
  /** What IMDS answers at `autoscaling/target-lifecycle-state`; undefined is its 404. */
  targetLifecycleState(instanceId: string): 'InService' | 'Terminated' | undefined;
  /** From now on no launch of this group succeeds, for the reason given; without a reason launches succeed again. */
  refuseLaunches(group: string, reason?: string): void;
  /** Cuts every connection and stops all timers. */
  close(): Promise<void>;
}

const version = '2011-01-01';

interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly body: string;
}

function success(operation: Operation, { result }: Done): Answer {
  const requestId = randomUUID();
  return { status: 200, requestId, body: responseXml(operation, result, requestId) };
}

function refused(refusal: Refusal): Answer {
  const requestId = randomUUID();
  return { status: refusal.status, requestId, body: errorXml(refusal, requestId) };
}

/** A form in the body of a POST, or the query of a GET: the Query API takes both. */
async function formOf(request: IncomingMessage): Promise<Form> {
  const [, query = ''] = (request.url ?? '').split('?', 2);
  return new Map(new URLSearchParams(request.method === 'POST' ? await bodyOf(request) : query));
}

function accessKeyOf({ headers: { authorization } }: IncomingMessage): string | Refusal {
  const signer = signerOf(authorization, 'autoscaling');
  if (signer === 'unsigned') return refusals.missingToken;
  return signer === 'incomplete' ? refusals.incompleteSignature : signer.accessKeyId;
}

function operationOf(form: Form): Operation | Refusal {
  const action = form.get('Action');
  const asked = form.get('Version') ?? version;
  if (action === undefined) return refusals.missingAction;
  return isOperation(action) && asked === version ? action : refusals.unknownAction(action, asked);
}

/**
 * EC2 Auto Scaling on 127.0.0.1: the Query API in front of the model in lifecycle.ts, for the AWS SDK, the AWS CLI and anything
 * else that speaks it. What an observer does in `onChange` may call back into the double.
 */
export async function startAutoScaling(options: AutoScalingOptions): Promise<AutoScalingDouble> {
  const { clock = realClock, onChange } = options;
  const faults = faultQueue();
  const start = firstWorld(options, clock.now());
  let world = start.world;
  // For stale reads: the world before the last request that changed it.
  let worldBefore = start.world;
  let disarm: (() => void) | undefined;
  let closed = false;

  // An observer that acts causes further changes: they are told after those that are being told now.
  let untold: readonly Change[] = [];
  let telling = false;
  const tell = (changes: readonly Change[]): void => {
    untold = [...untold, ...changes];
    if (telling) return;
    telling = true;
    try {
      for (let [next] = untold; next; [next] = untold) {
        untold = untold.slice(1);
        onChange?.(next);
      }
    } finally {
      telling = false;
    }
  };
  const take = (step: Step): void => {
    world = step.world;
    arm();
    tell(step.changes);
  };
  const arm = (): void => {
    disarm?.();
    const due = nextDue(world);
    disarm =
      due === undefined || closed ? undefined : clock.after(due - clock.now(), () => take(tick(world, clock.now())));
  };
  /** Changes from outside the API, settled at once. */
  const act = (change: (world: World, at: number) => Step): void => {
    const at = clock.now();
    take(
      followedBy(
        followedBy(tick(world, at), (now) => change(now, at)),
        (now) => tick(now, at),
      ),
    );
  };

  const run = (operation: Operation, form: Form, accessKeyId: string): Answer => {
    const { before, outcome } = perform(world, operation, form, accessKeyId, clock.now());
    if (isRefusal(outcome)) {
      take(before);
      return refused(outcome);
    }
    if (outcome.world !== before.world) worldBefore = before.world;
    take({ world: outcome.world, changes: [...before.changes, ...outcome.changes] });
    return success(operation, outcome);
  };

  const runStale = (operation: Operation, form: Form, accessKeyId: string): Answer => {
    take(tick(world, clock.now()));
    // A Describe… changes nothing, so the time of the old world can stand still.
    const { outcome } = perform(worldBefore, operation, form, accessKeyId, -Infinity);
    return isRefusal(outcome) ? refused(outcome) : success(operation, outcome);
  };

  const stall = (howLong: number | undefined): Promise<void> =>
    howLong === undefined
      ? faults.held()
      : Promise.race([faults.held(), new Promise<void>((resolve) => clock.after(seconds(howLong), resolve))]);

  const answer = async (request: IncomingMessage): Promise<Answer | 'cut'> => {
    const form = await formOf(request);
    const accessKeyId = accessKeyOf(request);
    if (typeof accessKeyId === 'object') return refused(accessKeyId);
    const operation = operationOf(form);
    if (typeof operation === 'object') return refused(operation);

    const fault = faults.take(operation);
    switch (fault?.kind) {
      case undefined:
        return run(operation, form, accessKeyId);
      case 'error':
        return refused({ ...fault, type: fault.status >= 500 ? 'Receiver' : 'Sender' });
      case 'stale':
        return runStale(operation, form, accessKeyId);
      case 'lost response':
        run(operation, form, accessKeyId);
        return 'cut';
      case 'stall': {
        if (fault.effect === 'late') {
          await stall(fault.seconds);
          return closed ? 'cut' : run(operation, form, accessKeyId);
        }
        const early = run(operation, form, accessKeyId);
        await stall(fault.seconds);
        return early;
      }
    }
  };

  const server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown) => {
        // A mistake in the double must not look like a slow service.
        process.emitWarning(`Auto Scaling double: ${String(error)}`);
        return refused({ status: 500, type: 'Receiver', code: 'InternalFailure', message: String(error) });
      })
      .then((answered) => {
        if (answered === 'cut') {
          request.socket.destroy();
          return;
        }
        const { status, requestId, body } = answered;
        response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId }).end(body);
      })
      .catch(() => request.socket.destroy());
  });
  const listening = await listenOnLoopback(server, options.port);
  take(start);

  return {
    url: listening.url,
    faults,
    snapshot: () => {
      take(tick(world, clock.now()));
      return { groups: world.groups, activities: world.activities };
    },
    reclaim: (instanceId, noticeSeconds = 120) => {
      if (!instanceWithId(world, instanceId)) throw new Error(`there is no instance ${instanceId} to reclaim`);
      const at = clock.now() + seconds(noticeSeconds);
      act((now, noticedAt) => giveSpotNotice(now, instanceId, at, noticedAt));
      return new Date(at);
    },
    spotNotice: (instanceId) => {
      const at = instanceWithId(world, instanceId)?.instance.reclaimAt;
      return at === undefined ? undefined : new Date(at);
    },
    targetLifecycleState: (instanceId) => targetLifecycleState(world, instanceId),
    refuseLaunches: (group, reason) => {
      if (!groupNamed(world, group)) throw new Error(`there is no group ${group}`);
      act((now, at) => refuseLaunches(now, group, reason, at));
    },
    close: () => {
      closed = true;
      disarm?.();
      faults.release();
      return listening.close();
    },
  };
}
