import { lockItem } from '../ami/contract.ts';
import { capacityIsThere, groupMissing } from './group-outcomes.ts';
import { acquisitionName, lettingGo, watching } from './holding.ts';
import { States } from './intrinsic.ts';
import type { LateBound } from './late-bound.ts';
import { isLateBound } from './late-bound.ts';
import { machine } from './machine.ts';
import { countingRounds, firstTurn, givingUp, patience, waiting } from './patience.ts';
import { document } from './path.ts';
import type { Fixed } from './payload.ts';
import { changing, conditionFailed, patient, swift, swiftUnlessLost } from './retries.ts';
import type { ScalingDocument } from './scaling-document.ts';
import { agentHolds, group0, holder, releasesSeen } from './scaling-document.ts';
import { acquire, fence, recordWake, takeOver, theItem } from './scaling-lock.ts';
import { autoscaling, dynamodb } from './services.ts';
import { validateSecretToken } from './webhook-token.ts';

/** What the machine of one fleet is made for. */
export interface ScaleOutProps {
  /** SHA-256 of the webhook's secret token, in lower-case hexadecimal digits. */
  readonly secretTokenHash: Fixed<string>;
  /** The job statuses that wake the fleet; as a late-bound text `'created','pending'`. */
  readonly buildStatuses: readonly string[] | LateBound<readonly string[], 'text'>;
  /** Name of the lock table. */
  readonly lockTable: Fixed<string>;
  /** Name of the Auto Scaling group. */
  readonly group: Fixed<string>;
}

/** What the gateway starts an execution with. */
export interface ScaleOutInput {
  readonly status: string;
  /** The caller's; no state after the first one sees it. */
  readonly token: string;
  /** For the reader of the execution. */
  readonly job: string;
  /** For the reader of the execution. */
  readonly project: string;
}

interface ScaleOut extends ScaleOutInput, ScalingDocument {
  readonly accepted: boolean;
}

const $ = document<ScaleOut>();

const unlessLost = swiftUnlessLost(conditionFailed.awsSdk);

/** A machine is there or on its way, or the group may not have one. */
const enough = [
  { Variable: group0.DesiredCapacity, NumericGreaterThanEquals: 1 },
  { Variable: group0.MaxSize, NumericLessThan: 1 },
] as const;

/**
 * Wakes the group from zero: counts the event, looks at the group, and if nobody is there to take the job sets the desired capacity to
 * one. Only that last part needs the lock, and an event that finds a machine, which is the usual one, enters seven states.
 */
export const scaleOut = ({ secretTokenHash, buildStatuses, lockTable, group }: ScaleOutProps) => {
  const item = theItem(lockTable);
  const describe = { AutoScalingGroupNames: [group] };
  const wanted = isLateBound(buildStatuses) ? States.Array<string>(buildStatuses) : States.Array(...buildStatuses);

  return machine({
    Comment: 'Wakes the Auto Scaling group when GitLab has a job and no machine is there to take it.',
    StartAt: 'ParseWebhook',
    TimeoutSeconds: patience.limitSeconds,
    States: {
      // Without a ResultPath the token is gone from here on.
      ParseWebhook: {
        Type: 'Pass',
        Parameters: {
          tokenHash: States.Hash($.token, 'SHA-256'),
          accepted: States.ArrayContains(wanted, $.status),
          turn: firstTurn,
        },
        Next: 'ValidateSecretToken',
      },
      ...validateSecretToken(secretTokenHash),
      CheckBuildStatus: {
        Type: 'Choice',
        Choices: [{ Variable: $.accepted, BooleanEquals: true, Next: 'RecordWake' }],
        Default: 'ExitStateMachine',
      },
      ExitStateMachine: { Type: 'Pass', Result: { outcome: 'this status wakes nobody' }, End: true },

      // Counted before the group is looked at: an agent that is about to leave then sees that it was.
      RecordWake: dynamodb(
        'updateItem',
        { ...item, ...recordWake },
        {
          ...patient,
          ResultSelector: (answer) => ({ Item: answer.Attributes }),
          ResultPath: $.lock,
          Next: 'GetCurrentCapacity',
        },
      ),
      GetCurrentCapacity: autoscaling('describeAutoScalingGroups', describe, {
        ...patient,
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.asg,
        Next: 'CheckDesiredCapacity',
      }),
      CheckDesiredCapacity: {
        Type: 'Choice',
        Choices: [
          { Not: { Variable: group0, IsPresent: true }, Next: 'AutoScalingGroupNotFound' },
          // Somebody has deleted the item, and this execution's wake-up with it.
          { Not: { Variable: releasesSeen, IsPresent: true }, Next: 'RecordWake' },
          { And: [{ Or: enough }, { Not: { And: agentHolds } }], Next: 'CapacityIsThere' },
          { Variable: holder, IsPresent: true, Next: 'IsHolderKnown' },
        ],
        Default: 'NameAcquisition',
      },
      AutoScalingGroupNotFound: groupMissing.AutoScalingGroupNotFound,
      ...capacityIsThere,

      NameAcquisition: {
        Type: 'Pass',
        Parameters: { name: acquisitionName },
        ResultPath: $.acquisition,
        Next: 'AcquireLock',
      },
      AcquireLock: dynamodb(
        'updateItem',
        { ...item, ...acquire($.acquisition.name, releasesSeen) },
        {
          ...unlessLost,
          Next: 'ConfirmCapacity',
        },
      ),
      ConfirmCapacity: autoscaling('describeAutoScalingGroups', describe, {
        ...swift,
        ResultSelector: (answer) => ({ groups: answer.AutoScalingGroups }),
        ResultPath: $.asg,
        Next: 'IsCapacityMissing',
      }),
      IsCapacityMissing: {
        Type: 'Choice',
        Choices: [
          { Not: { Variable: group0, IsPresent: true }, Next: 'GroupIsGone' },
          { Or: enough, Next: 'ReleaseLock' },
        ],
        Default: 'Fence',
      },
      GroupIsGone: groupMissing.GroupIsGone,
      // The last moment at which a takeover is noticed: what follows is one call.
      Fence: dynamodb('updateItem', { ...item, ...fence($.acquisition.name) }, { ...unlessLost, Next: 'ScaleUp' }),
      ScaleUp: autoscaling(
        'setDesiredCapacity',
        { AutoScalingGroupName: group, DesiredCapacity: 1, HonorCooldown: false },
        // Without an answer the lock stays, and lapses: by then the call has had its effect or never will.
        { ...changing({ ResultPath: $.error, Next: 'CountFailure' }), Next: 'ReleaseLock' },
      ),
      ...lettingGo(lockTable),
      ...countingRounds,

      ...watching,
      NameTakeOver: {
        Type: 'Pass',
        Parameters: { name: acquisitionName },
        ResultPath: $.acquisition,
        Next: 'TakeOver',
      },
      TakeOver: dynamodb(
        'updateItem',
        { ...item, ...takeOver($.acquisition.name, releasesSeen, $.turn.holder) },
        {
          ...unlessLost,
          Next: 'ConfirmCapacity',
        },
      ),

      ...waiting,
      IsWakeRecorded: {
        Type: 'Choice',
        Choices: [{ Variable: $.lock, IsPresent: true, Next: 'ReadLock' }],
        Default: 'RecordWake',
      },
      ReadLock: dynamodb(
        'getItem',
        { ...item, ConsistentRead: true, ProjectionExpression: `${lockItem.holder}, ${lockItem.releases}` },
        { ...patient, ResultPath: $.lock, Next: 'DoesAgentHold' },
      ),
      // Then the group's description settles nothing, and is not asked for: many may be waiting. An item that was deleted, and made anew
      // by an agent, has no `Releases`: it goes the way on which that is noticed.
      DoesAgentHold: {
        Type: 'Choice',
        Choices: [{ And: [...agentHolds, { Variable: releasesSeen, IsPresent: true }], Next: 'IsHolderKnown' }],
        Default: 'GetCurrentCapacity',
      },

      ...givingUp,
    },
  });
};
