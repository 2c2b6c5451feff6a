import { lockItem } from '../ami/contract.ts';
import { $, enough, group0, openJobs } from './demand-document.ts';
import { capacityIsThere, groupMissing } from './group-outcomes.ts';
import { acquisitionName, lettingGo, watching } from './holding.ts';
import { States } from './intrinsic.ts';
import { machine } from './machine.ts';
import { closeForeignJob, closeJob, machinesFor, openJob, withoutSets } from './open-jobs.ts';
import { countingRounds, firstTurn, givingUp, lockNeverFree, patience, waiting } from './patience.ts';
import { document } from './path.ts';
import type { Fixed } from './payload.ts';
import { conditionFailed, patient, patientUnless, swift, swiftUnlessLost } from './retries.ts';
import { agentHolds, holder, releasesSeen } from './scaling-document.ts';
import type { LockItem } from './scaling-lock.ts';
import { acquire, fence, recordWake, takeOver, theItem } from './scaling-lock.ts';
import { autoscaling, dynamodb, dynamodbOptimized } from './services.ts';
import { noChange, seeing, seeingTheChange, seenLater } from './visible-change.ts';
import { validateSecretToken } from './webhook-token.ts';

export type { DemandInput } from './demand-document.ts';

/** What the machine of one fleet is made for. */
export interface DemandProps {
  /** SHA-256 of the webhook's secret token, in lower-case hexadecimal digits. */
  readonly secretTokenHash: Fixed<string>;
  /** Name of the lock table. */
  readonly lockTable: Fixed<string>;
  /** Name of the Auto Scaling group. */
  readonly group: Fixed<string>;
  /** Jobs that one instance runs at a time; a whole number of at least 1. */
  readonly capacity: Fixed<number>;
  /** The most jobs that are kept open: the group's maximum size times `capacity`. */
  readonly openLimit: Fixed<number>;
}

/** What an update answers that asks for the whole item. */
const updated = document<{ readonly Attributes: LockItem }>();

/** A set is written, and answered, through the integration that takes the API's own spelling of it (decision 0022). */
const unlessTaken = swiftUnlessLost(conditionFailed.optimized);

/** The event names the job. */
const isKnown = { Not: { Variable: $.job, StringEquals: '' } } as const;

/** It will not run any more. */
const ended = [
  { Variable: $.status, StringEquals: 'success' },
  { Variable: $.status, StringEquals: 'failed' },
  { Variable: $.status, StringEquals: 'canceled' },
] as const;

/** What goes on from here: not the group's description, and of the item only what the acquisition names. */
const named = {
  lock: { Item: { [lockItem.releases]: $.lock.Item[lockItem.releases] } },
  turn: {
    holder: $.turn.holder,
    held: $.turn.held,
    spent: $.turn.spent,
    pause: $.turn.pause,
    most: $.turn.most,
    why: $.turn.why,
  },
  acquisition: { name: acquisitionName, ...noChange },
} as const;

/**
 * Gives the group as many machines as the open jobs want: a job that begins to wait is added to them, one that has ended or that another
 * fleet runs is taken from them. Only a lack of capacity needs the lock; a waiting job that finds its machine enters seven states,
 * and the end of a job five.
 */
export const demand = ({ secretTokenHash, lockTable, group, capacity, openLimit }: DemandProps) => {
  const item = theItem(lockTable);
  const describe = { AutoScalingGroupNames: [group] };
  const setting = { AutoScalingGroupName: group, HonorCooldown: false };

  return machine({
    Comment: 'Gives the Auto Scaling group as many machines as the jobs want that GitLab has for it.',
    StartAt: 'ParseWebhook',
    TimeoutSeconds: patience.limitSeconds,
    States: {
      // Without a ResultPath the token is gone from here on.
      ParseWebhook: {
        Type: 'Pass',
        Parameters: {
          tokenHash: States.Hash($.token, 'SHA-256'),
          status: $.status,
          job: $.job,
          runner: $.runner,
          turn: { ...firstTurn, why: lockNeverFree },
        },
        Next: 'ValidateSecretToken',
      },
      ...validateSecretToken(secretTokenHash),
      // An event without the job's id can wake the fleet, but there is nothing to open or to close.
      CheckBuildStatus: {
        Type: 'Choice',
        Choices: [
          { And: [{ Variable: $.status, StringEquals: 'pending' }, isKnown], Next: 'OpenJob' },
          { Variable: $.status, StringEquals: 'pending', Next: 'RecordWake' },
          { And: [isKnown, { Or: ended }], Next: 'CloseJob' },
          {
            And: [
              isKnown,
              { Variable: $.status, StringEquals: 'running' },
              { Not: { Variable: $.runner, StringEquals: '' } },
            ],
            Next: 'CloseForeignJob',
          },
        ],
        Default: 'ExitStateMachine',
      },
      ExitStateMachine: { Type: 'Pass', Result: { outcome: 'this event changes no demand' }, End: true },

      CloseJob: dynamodbOptimized(
        'updateItem',
        { ...item, ...closeJob($.job) },
        {
          ...patientUnless(conditionFailed.optimized, 'ExitStateMachine'),
          ResultPath: null,
          Next: 'JobIsClosed',
        },
      ),
      CloseForeignJob: dynamodbOptimized(
        'updateItem',
        { ...item, ...closeForeignJob($.job, $.runner) },
        {
          ...patientUnless(conditionFailed.optimized, 'ExitStateMachine'),
          ResultPath: null,
          Next: 'JobIsClosed',
        },
      ),
      JobIsClosed: { Type: 'Pass', Result: { outcome: 'the job wants no machine any more' }, End: true },

      // Counted before the group is looked at: an agent that is about to leave then sees that it was. The job is in the set now, so its path
      // is there; nothing of the set but its size stays in the document.
      OpenJob: dynamodbOptimized(
        'updateItem',
        { ...item, ...openJob($.job, openLimit) },
        {
          ...patientUnless(conditionFailed.optimized, 'RecordWake'),
          ResultSelector: () => ({
            wanted: machinesFor(updated.Attributes[lockItem.open], capacity),
            Item: withoutSets(updated.Attributes),
          }),
          ResultPath: $.lock,
          Next: 'GetCurrentCapacity',
        },
      ),
      // As many are open as the group may run, or nobody knows which job it is: the event counts, and what it wants is what is in the set.
      RecordWake: dynamodbOptimized(
        'updateItem',
        { ...item, ...recordWake },
        {
          ...patient,
          ResultSelector: (answer) => ({ Item: answer.Attributes }),
          ResultPath: $.lock,
          Next: 'DoesAgentHold',
        },
      ),
      GetCurrentCapacity: autoscaling('describeAutoScalingGroups', describe, {
        ...patient,
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.turn.asg,
        Next: 'CheckDesiredCapacity',
      }),
      CheckDesiredCapacity: {
        Type: 'Choice',
        Choices: [
          { Not: { Variable: group0, IsPresent: true }, Next: 'AutoScalingGroupNotFound' },
          // Somebody has deleted the item, and this execution's wake-up with it. Its job stays unknown: it may have ended meanwhile.
          { Not: { Variable: releasesSeen, IsPresent: true }, Next: 'RecordWake' },
          { And: [enough, { Not: { And: agentHolds } }], Next: 'CapacityIsThere' },
          { Variable: holder, IsPresent: true, Next: 'IsHolderKnown' },
        ],
        Default: 'NameAcquisition',
      },
      AutoScalingGroupNotFound: groupMissing.AutoScalingGroupNotFound,
      ...capacityIsThere,

      NameAcquisition: { Type: 'Pass', Parameters: named, Next: 'AcquireLock' },
      AcquireLock: dynamodbOptimized(
        'updateItem',
        { ...item, ...acquire($.acquisition.name, releasesSeen), ReturnValues: 'ALL_NEW' },
        {
          ...unlessTaken,
          ResultSelector: (answer) => ({ Item: answer.Attributes }),
          ResultPath: $.lock,
          Next: 'IsAnyJobOpen',
        },
      ),
      // Counted anew, for all jobs that are open now. The set is gone when its last job was closed, and when an agent has taken the group to
      // zero meanwhile: one machine at least then, because the agent may have died before it looked again.
      IsAnyJobOpen: {
        Type: 'Choice',
        Choices: [{ Variable: openJobs, IsPresent: true, Next: 'CountDemand' }],
        Default: 'WantOne',
      },
      CountDemand: {
        Type: 'Pass',
        Parameters: { wanted: machinesFor(openJobs, capacity) },
        ResultPath: $.lock,
        Next: 'ConfirmCapacity',
      },
      WantOne: { Type: 'Pass', Result: { wanted: 1 }, ResultPath: $.lock, Next: 'ConfirmCapacity' },
      ConfirmCapacity: autoscaling('describeAutoScalingGroups', describe, {
        ...swift,
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.turn.asg,
        Next: 'IsCapacityMissing',
      }),
      IsCapacityMissing: {
        Type: 'Choice',
        Choices: [
          { Not: { Variable: group0, IsPresent: true }, Next: 'GroupIsGone' },
          { ...enough, Next: 'ReleaseLock' },
        ],
        Default: 'Fence',
      },
      GroupIsGone: groupMissing.GroupIsGone,
      // The last moment at which a takeover is noticed: what follows is one call.
      Fence: dynamodb(
        'updateItem',
        { ...item, ...fence($.acquisition.name) },
        { ...swiftUnlessLost(conditionFailed.awsSdk), Next: 'DoesGroupReach' },
      ),
      DoesGroupReach: {
        Type: 'Choice',
        Choices: [{ Variable: $.lock.wanted, NumericLessThanEqualsPath: group0.MaxSize, Next: 'ScaleUp' }],
        Default: 'ScaleToMax',
      },
      ScaleUp: autoscaling('setDesiredCapacity', { ...setting, DesiredCapacity: $.lock.wanted }, seenLater),
      ScaleToMax: autoscaling('setDesiredCapacity', { ...setting, DesiredCapacity: group0.MaxSize }, seenLater),
      SeeChange: autoscaling('describeAutoScalingGroups', describe, {
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.turn.asg,
        ...seeing,
      }),
      ...seeingTheChange,
      ...lettingGo(lockTable),
      ...countingRounds,

      ...watching,
      NameTakeOver: { Type: 'Pass', Parameters: named, Next: 'TakeOver' },
      TakeOver: dynamodbOptimized(
        'updateItem',
        { ...item, ...takeOver($.acquisition.name, releasesSeen, $.turn.holder), ReturnValues: 'ALL_NEW' },
        {
          ...unlessTaken,
          ResultSelector: (answer) => ({ Item: answer.Attributes }),
          ResultPath: $.lock,
          Next: 'IsAnyJobOpen',
        },
      ),

      ...waiting,
      IsWakeRecorded: {
        Type: 'Choice',
        Choices: [{ Variable: $.lock, IsPresent: true, Next: 'ReadLock' }],
        Default: 'CheckBuildStatus',
      },
      ReadLock: dynamodbOptimized(
        'getItem',
        {
          ...item,
          ConsistentRead: true,
          ProjectionExpression: `${lockItem.holder}, ${lockItem.releases}, #open`,
          ExpressionAttributeNames: { '#open': lockItem.open },
        },
        { ...patient, ResultPath: $.lock, Next: 'DoesAgentHold' },
      ),
      // Then the group's description settles nothing, and is not asked for: many may be waiting. An item that was deleted, and made anew
      // by an agent, has no `Releases`: it goes the way on which that is noticed.
      DoesAgentHold: {
        Type: 'Choice',
        Choices: [
          { And: [...agentHolds, { Variable: releasesSeen, IsPresent: true }], Next: 'IsHolderKnown' },
          { Variable: openJobs, IsPresent: true, Next: 'CountDemandAgain' },
        ],
        Default: 'WantOneStill',
      },
      CountDemandAgain: {
        Type: 'Pass',
        Parameters: { wanted: machinesFor(openJobs, capacity), Item: withoutSets($.lock.Item) },
        ResultPath: $.lock,
        Next: 'GetCurrentCapacity',
      },
      WantOneStill: { Type: 'Pass', Result: 1, ResultPath: $.lock.wanted, Next: 'GetCurrentCapacity' },

      ...givingUp,
    },
  });
};
