import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { decide as decideAsReal, start } from '../../ami/agent/decisions/agent.ts';
import type { Settings } from '../../ami/agent/decisions/settings.ts';
import type { Answer } from '../../ami/agent/decisions/step.ts';
import type { View } from '../../ami/agent/decisions/view.ts';
import type { Ports } from '../../ami/agent/perform.ts';
import { perform } from '../../ami/agent/perform.ts';
import { connectGroup } from '../../ami/agent/ports/group.ts';
import { connectLockItem } from '../../ami/agent/ports/lock-item.ts';
import {
  fenced,
  holderPrefix,
  launchHookName,
  leaseSeconds,
  lockItem,
  lockTableName,
  terminateHookName,
} from '../../ami/contract.ts';
import type { Strategy } from '../../ami/contract.ts';
import { startAutoScaling } from '../../rehearsal/auto-scaling/server.ts';
import type { Change } from '../../rehearsal/auto-scaling/server.ts';
import type { DynamoDb } from '../../rehearsal/dynamodb.ts';
import { execute } from '../../rehearsal/step-functions/execution.ts';
import type { Execution, Running } from '../../rehearsal/step-functions/execution.ts';
import type { Definition } from '../../rehearsal/step-functions/runnable.ts';
import { runnable } from '../../rehearsal/step-functions/runnable.ts';
import type { Services } from '../../rehearsal/step-functions/services.ts';
import { connectServices } from '../../rehearsal/step-functions/services.ts';
import { TaskError, timedOut } from '../../rehearsal/step-functions/task-error.ts';
import type { Actor, Call, Fate } from './gate.ts';
import { openGate } from './gate.ts';
import type { JobPlan, RunnerModel, Status } from './gitlab.ts';
import { gitLab } from './gitlab.ts';
import { random as randomFrom } from './random.ts';
import { virtualTime } from './virtual-time.ts';

export const region = 'eu-north-1';
export const group = 'glab-runner-test';
export const table = lockTableName(group);
export const secret = 'a secret of more than 16 characters';
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const hooks = { launch: launchHookName(group), terminate: terminateHookName(group) };
const arn = `arn:aws:states:${region}:123456789012:stateMachine:${group}`;
const ourRunner = '7';
const foreignRunner = '99';

/** What happens to a fleet. Times in seconds since its start. */
export interface Story {
  /** Of all that is drawn on the way: delays, the order of webhooks. */
  readonly seed: number;
  readonly strategy: Strategy;
  readonly jobsPerInstance: number;
  readonly maxSize: number;
  readonly idleSeconds: number;
  readonly longPollSeconds: number;
  readonly jobs: readonly JobPlan[];
  /** Webhooks that GitLab sends a second time, `seconds` later: the first event of the job with this number. */
  readonly repeats: readonly { readonly job: number; readonly seconds: number }[];
  /** Fates of calls by their number; all others are prompt. */
  readonly fates: readonly { readonly call: number; readonly fate: Fate }[];
  /** The first terminate calls take effect so many seconds after they were sent: an instance was frozen. */
  readonly terminateLate: readonly number[];
  /** The machine that has lived longest is lost without a warning. */
  readonly losses: readonly { readonly at: number }[];
  /** An answer of Describe may be so old. */
  readonly staleSeconds: number;
}

export interface Effect {
  readonly at: number;
  readonly by: string;
  readonly what: string;
}

export interface Excuse {
  readonly kind: 'execution killed' | 'machine lost' | 'machine lost on its way out' | 'a job waits for the next event';
  readonly details: string;
}

/** What came of a story. */
export interface Outcome {
  readonly violations: readonly string[];
  /** What a death excuses: a job that waits though nothing is on its way. */
  readonly excused: readonly Excuse[];
  readonly effects: readonly Effect[];
  readonly executions: readonly Execution[];
  /** Seconds after the start at which the fleet was back at zero; undefined if it never was. */
  readonly backAtZero?: number;
  readonly desired: readonly { readonly at: number; readonly to: number }[];
  readonly machines: number;
}

const bootSeconds = 40;
const hookSeconds = 200;
/** A lease is counted from the fence, and the call that follows it is sent within its time limit. */
const latestSeconds = leaseSeconds - 20;
/** No webhook leaves later than this after its job's last change. */
const lastWebhookSeconds = 330;
/** The longest story: a lost lock, an instance's patience and the long way out, several times over. */
const limitSeconds = 6 * 3600;

export interface FleetOptions {
  readonly dynamodb: DynamoDb;
  /** The machine of the story's strategy. */
  readonly definitionOf: (story: Story) => Definition;
  /** The agents' decisions; the real ones by default. */
  readonly decide?: Decide;
}

export type Decide = typeof decideAsReal;

/** Lets a story happen: the real machine and the real agents, on DynamoDB and on Auto Scaling, in virtual time. */
export async function tell(
  story: Story,
  { dynamodb, definitionOf, decide = decideAsReal }: FleetOptions,
): Promise<Outcome> {
  const time = virtualTime();
  const begun = time.now();
  const random = randomFrom(story.seed);
  const violations: string[] = [];
  const excused: Excuse[] = [];
  const effects: Effect[] = [];
  const desired: { at: number; to: number }[] = [];
  const since = (): number => (time.now() - begun) / 1000;
  const fates = new Map(story.fates.map(({ call, fate }) => [call, fate]));
  let terminations = 0;
  const allowed = (fate: Fate, what: string): Fate => {
    if (what === 'terminate instance') {
      const seconds = story.terminateLate[terminations];
      terminations += 1;
      if (seconds !== undefined) return { kind: 'late', seconds };
    }
    // Only the terminate call may be late by any time; any other has its effect while the lease lasts (docs/protocol.md, assumptions).
    return fate.kind === 'late' && what !== 'terminate instance'
      ? { kind: 'late', seconds: Math.min(fate.seconds, latestSeconds) }
      : fate;
  };

  const items = new DynamoDBClient({ endpoint: dynamodb.url, region, credentials, maxAttempts: 1 });
  await items.send(new DeleteItemCommand({ TableName: table, Key: { [lockItem.key]: { S: lockItem.id } } }));

  interface Machine {
    readonly id: string;
    readonly runner: RunnerModel;
    agent: Actor | undefined;
    isLeaving: boolean;
  }
  const machines = new Map<string, Machine>();
  let machineCount = 0;
  let lastLoss = 0;

  let lastChange = -Infinity;
  const onChange = (change: Change): void => {
    if (change.kind === 'desired capacity') desired.push({ at: since(), to: change.to });
    if (change.kind !== 'instance') return;
    const { instanceId, state } = change;
    if (state === 'Pending:Wait') boot(instanceId);
    if (state === 'Terminated') bury(instanceId);
  };
  const autoScaling = await startAutoScaling({
    region,
    clock: time,
    bootSeconds,
    seed: String(story.seed),
    groups: [
      {
        name: group,
        minSize: 0,
        maxSize: story.maxSize,
        desiredCapacity: 0,
        availabilityZones: [`${region}a`],
        hooks: [
          {
            name: hooks.launch,
            transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
            heartbeatTimeout: hookSeconds,
            defaultResult: 'ABANDON',
          },
          {
            name: hooks.terminate,
            transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
            heartbeatTimeout: hookSeconds,
            defaultResult: 'CONTINUE',
          },
        ],
      },
    ],
    onChange,
  });
  const groups = new AutoScalingClient({ endpoint: autoScaling.url, region, credentials, maxAttempts: 1 });
  const services = connectServices({ dynamodb: dynamodb.url, autoscaling: autoScaling.url }, region);
  const capacity = (): number => autoScaling.snapshot().groups[0]?.desiredCapacity ?? 0;

  const gate = openGate({
    time,
    random,
    fateOf: (call, what) => allowed(fates.get(call) ?? { kind: 'prompt' }, what),
    onEffect: (actor, what) => effects.push({ at: since(), by: actor.name, what }),
  });

  /** The answers of before a change, for a while after it; once it was shown it stays. */
  let staleUntil = 0;
  const describing = async <T>(call: () => Promise<T>): Promise<T> => {
    if (time.now() < staleUntil && random() < 0.7)
      autoScaling.faults.add('DescribeAutoScalingGroups', { kind: 'stale', answers: 1 });
    else staleUntil = 0;
    return call();
  };
  const changing = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } finally {
      lastChange = time.now();
      staleUntil = lastChange + story.staleSeconds * 1000 * random();
    }
  };
  /** Whoever sets the capacity holds the lock, unless the call comes late, and never lowers it. */
  const setting = async <T>(
    { by, name, isLate }: { readonly by: string; readonly name: string | undefined; readonly isLate: boolean },
    call: () => Promise<T>,
  ): Promise<T> => {
    const holder = (await dynamodb.item())?.[lockItem.holder]?.S;
    const before = capacity();
    const answer = await changing(call);
    const after = capacity();
    const at = `${since().toFixed(1)} s`;
    const isHolder = name !== undefined && (holder === name || holder === fenced(name));
    if (after !== before && !isHolder && !isLate)
      violations.push(
        `${at}: ${by} changed the capacity as ${name ?? 'nobody'} while ${holder ?? 'nobody'} held the lock`,
      );
    if (after < before) violations.push(`${at}: ${by} lowered the capacity from ${before} to ${after}`);
    return answer;
  };

  // The webhook's half: executions of the machine.
  interface Webhook {
    readonly actor: Actor;
    readonly running: Running;
    readonly job: number;
  }
  const webhooks: Webhook[] = [];
  const definition = definitionOf(story);
  let executionCount = 0;

  const gated = (actor: Actor): Services => {
    let name: string | undefined;
    return {
      close: () => undefined,
      callOf: (resource) => {
        const call = services.callOf(resource);
        const what = resource.slice(resource.lastIndexOf(':') + 1);
        return (input, signal) => {
          const values = (input as { ExpressionAttributeValues?: Record<string, { S?: string }> })
            .ExpressionAttributeValues;
          const effect = (isLate: boolean): Promise<unknown> => {
            if (!isLate) name = values?.[':me']?.S ?? name;
            if (what === 'describeAutoScalingGroups') return describing(() => call(input, signal));
            if (what === 'setDesiredCapacity')
              return setting({ by: actor.name, name, isLate }, () => call(input, signal));
            return call(input, signal);
          };
          return gate.call(actor, {
            what,
            effect,
            failure: (how) => {
              throw how === 'timed out' ? timedOut() : new TaskError(`Made.${how}`, 'made by the schedule');
            },
          });
        };
      },
    };
  };
  const send = (job: number, status: Status, runner: string): Promise<void> => {
    executionCount += 1;
    const actor = gate.enter(`webhook ${executionCount} (${status} of job ${job})`);
    const pace = { waits: 0, timeouts: 1000, wait: (seconds: number) => gate.sleep(actor, seconds) };
    return gate.resume(actor, () => {
      const running = execute(
        { arn, name: group, definition, runnable: runnable(definition, gated(actor), pace) },
        {
          stateMachineArn: arn,
          executionArn: `${arn.replace('stateMachine', 'execution')}:${executionCount}`,
          name: String(executionCount),
          input: JSON.stringify({ status, token: secret, job: String(job), project: '2', runner }),
        },
        pace,
        () => undefined,
      );
      webhooks.push({ actor, running, job });
      actor.onDeath = () => {
        running.abort();
        excused.push({ kind: 'execution killed', details: actor.name });
      };
      void running.ended.then(() => {
        const { status: end, error, cause } = running.current();
        if (end === 'FAILED') violations.push(`${actor.name} failed: ${error ?? ''} ${cause ?? ''}`);
        actor.isAlive = false;
        actor.parked();
      });
    });
  };

  const lab = gitLab({
    time,
    random,
    jobs: story.jobs,
    longPollSeconds: story.longPollSeconds,
    send: (job, status, runner) => {
      if (story.strategy === 'first-instance' && status !== 'pending') return;
      const id = runner === undefined ? '' : runner === 'ours' ? ourRunner : foreignRunner;
      time.after(0, () => send(job.id, status, id));
      if (status !== 'pending') return;
      for (const { job: repeated, seconds } of story.repeats)
        if (repeated === job.id) time.after(seconds * 1000, () => send(job.id, status, id));
    },
  });

  // The agents' half: one for each instance, from the moment at which its launch hook holds it.
  const boot = (instanceId: string): void => {
    const machine: Machine = {
      id: instanceId,
      runner: lab.startRunner(story.jobsPerInstance),
      agent: undefined,
      isLeaving: false,
    };
    machines.set(instanceId, machine);
    machineCount += 1;
    time.after(2000 + 3000 * random(), () => startAgent(machine, 1));
  };
  const bury = (instanceId: string): void => {
    const machine = machines.get(instanceId);
    if (machine === undefined) return;
    machines.delete(instanceId);
    const killed = machine.runner.die();
    const wasLost = time.now() === lastLoss;
    for (const { id } of killed)
      if (!wasLost) violations.push(`${since().toFixed(1)} s: ${instanceId} ended while it ran job ${id}`);
    if (wasLost)
      excused.push({ kind: machine.isLeaving ? 'machine lost on its way out' : 'machine lost', details: instanceId });
    if (machine.agent !== undefined) {
      machine.agent.onDeath = () => undefined;
      gate.kill(machine.agent);
    }
  };
  const settings = (instanceId: string): Settings => ({
    instanceId,
    strategy: story.strategy,
    jobsPerInstance: story.jobsPerInstance,
    idleSeconds: story.idleSeconds,
    hookSeconds,
  });
  let uniques = 0;

  const startAgent = (machine: Machine, life: number): Promise<void> => {
    if (!machines.has(machine.id)) return Promise.resolve();
    const actor = gate.enter(`agent ${machine.id} (life ${life})`);
    machine.agent = actor;
    // The unit restarts always.
    actor.onDeath = () => time.after(5000, () => startAgent(machine, life + 1));
    return gate.resume(actor, () => void live(machine, actor));
  };
  const portsOf = (machine: Machine, actor: Actor): Ports => {
    const lock = connectLockItem(items, table);
    const own = connectGroup(groups, { name: group, instanceId: machine.id, hooks });
    const failure = (how: 'refused' | 'failed' | 'timed out'): Answer => ({
      kind: how === 'refused' ? 'refused' : 'unknown',
      why: `made by the schedule: ${how}`,
    });
    const through = (what: string, effect: Call<Answer>['effect']): Promise<Answer> =>
      gate.call(actor, { what, effect, failure });
    let name: string | undefined;
    const local = (act: () => void): Promise<Answer> => {
      act();
      return Promise.resolve({ kind: 'done' });
    };
    return {
      pause: (seconds) => gate.sleep(actor, seconds),
      lockItem: {
        read: () => through('read item', () => lock.read()),
        acquire: (holder) => through('acquire lock', () => lock.acquire(holder)),
        takeOver: (holder, from) => through('take lock over', () => lock.takeOver(holder, from)),
        fence: (holder) => through('fence', (isLate) => lock.fence(isLate ? holder : (name = holder))),
        release: (holder, writes) => through('release lock', () => lock.release(holder, writes)),
        noteRegistration: (runners) => through('note registration', () => lock.noteRegistration(runners)),
        countBootFailure: () => through('count boot failure', () => lock.countBootFailure()),
      },
      group: {
        describe: () => through('describe group', () => describing(() => own.describe())),
        setDesiredCapacity: (to) =>
          through('set desired capacity', (isLate) =>
            setting({ by: actor.name, name, isLate }, () => own.setDesiredCapacity(to)),
          ),
        terminate: (decrement) =>
          through('terminate instance', () => {
            if (machine.runner.look().running > 0)
              // Not yet a job lost: in `Terminating:Wait` it is run to its end.
              effects.push({ at: since(), by: actor.name, what: 'terminate with a job' });
            return changing(() => own.terminate(decrement));
          }),
        recordHeartbeat: (hook) => through('record heartbeat', () => own.recordHeartbeat(hook)),
        complete: (hook, result) => through('complete lifecycle action', () => own.complete(hook, result)),
      },
      runner: {
        look: () => Promise.resolve(viewOf(machine)),
        fetchToken: () => local(() => undefined),
        checkExecutor: () => local(() => undefined),
        create: () => local(() => undefined),
        configure: () => local(() => undefined),
        start: () => local(() => undefined),
        verify: () => local(() => undefined),
        ids: () => (story.strategy === 'demand' ? [Number(ourRunner)] : []),
        stopPolling: () => local(() => machine.runner.stopPolling()),
        pollAgain: () => local(() => machine.runner.pollAgain()),
        stop: () =>
          local(() => {
            if (machine.runner.look().running > 0) violations.push(`${machine.id} stopped its runner with a job`);
            machine.runner.quit();
          }),
        abort: () => local(() => violations.push(`${machine.id} ended its jobs`)),
        unregister: () => local(() => undefined),
      },
    };
  };
  const viewOf = (machine: Machine): View => ({
    runner: machine.runner.look(),
    isRunnerOn: machine.runner.isOn(),
    isToldToGo: autoScaling.targetLifecycleState(machine.id) === 'Terminated',
  });
  const live = async (machine: Machine, actor: Actor): Promise<void> => {
    const ports = portsOf(machine, actor);
    let { state, step } = start(time.now());
    for (;;) {
      const answer = await perform(step, ports);
      uniques += 1;
      const seen = { now: time.now(), answer, view: await ports.runner.look(), unique: String(uniques) };
      ({ state, step } = decide(state, seen, settings(machine.id)));
      machine.isLeaving = state.phase === 'leaving';
    }
  };

  for (const { at } of story.losses)
    time.after(at * 1000, () => {
      const [oldest] = machines.keys();
      if (oldest === undefined) return;
      lastLoss = time.now();
      autoScaling.reclaim(oldest, 0);
    });

  const isSettled = (): boolean =>
    webhooks.every(({ actor }) => !actor.isAlive) &&
    lab.jobs.every(
      ({ state, isForeign }) => state === 'over' || state === 'killed' || (state === 'waiting' && isForeign),
    ) &&
    capacity() === 0 &&
    (autoScaling.snapshot().groups[0]?.instances.length ?? 0) === 0;
  const waiting = () => lab.jobs.filter(({ state, isForeign }) => state === 'waiting' && !isForeign);

  /** An execution that was killed has lost its event; a machine that is lost on its way out cannot look a second time. */
  const mayStrand = (): boolean =>
    excused.some(({ kind }) => kind === 'execution killed' || kind === 'machine lost on its way out');

  /** All webhooks have come in, and nothing is there or on its way for a job that waits. */
  const isStranded = (): boolean =>
    webhooks.every(({ actor }) => !actor.isAlive) &&
    capacity() === 0 &&
    machines.size === 0 &&
    waiting().length > 0 &&
    lab.jobs.every(({ state }) => state !== 'to come');

  // Webhooks that are still on their way may wake the fleet again.
  await time.run(() => isSettled() || isStranded(), limitSeconds * 1000);
  await time.run(() => false, (since() + lastWebhookSeconds) * 1000);
  await time.run(() => isSettled() || isStranded(), limitSeconds * 1000);
  const backAtZero = since();

  if (!isSettled()) {
    const stuck = waiting().map(({ id }) => id);
    const what = `${since().toFixed(0)} s: jobs ${stuck.join(', ') || 'none'} wait, desired ${capacity()}, ${machines.size} machines, ${webhooks.filter(({ actor }) => actor.isAlive).length} executions`;
    if (isStranded() && mayStrand()) excused.push({ kind: 'a job waits for the next event', details: what });
    else violations.push(what);
  }
  for (const job of lab.jobs)
    if (job.state === 'killed' && story.losses.length === 0) violations.push(`job ${job.id} was killed`);
  const holder = (await dynamodb.item())?.[lockItem.holder]?.S;
  const deathsMayLock =
    story.losses.length > 0 || story.fates.some(({ fate }) => fate.kind === 'dies' || fate.kind === 'late');
  if (holder !== undefined && !(deathsMayLock && (holder.startsWith(holderPrefix.agent) || excused.length > 0)))
    violations.push(`the lock is held at the end, by ${holder}`);

  services.close();
  groups.destroy();
  items.destroy();
  await autoScaling.close();
  return {
    violations,
    excused,
    effects,
    executions: webhooks.map(({ running }) => running.current()),
    ...(isSettled() && { backAtZero }),
    desired,
    machines: machineCount,
  };
}
