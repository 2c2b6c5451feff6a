import { holderPrefix } from '../ami/contract.ts';
import { States } from './intrinsic.ts';
import type { Machine } from './machine.ts';
import { lockNeverFree, turn } from './patience.ts';
import { document } from './path.ts';
import type { Fixed } from './payload.ts';
import { anything, conditionFailed, never, once } from './retries.ts';
import type { ScalingDocument } from './scaling-document.ts';
import { holder } from './scaling-document.ts';
import { lease, release, theItem } from './scaling-lock.ts';
import { dynamodb } from './services.ts';
import { worstCaseSeconds } from './worst-case.ts';

const $ = document<ScalingDocument>();

/** A name for one acquisition. It is made in a state before the call, because parameters are evaluated again at each retry. */
export const acquisitionName = States.Format(`${holderPrefix.workflow}{}`, States.UUID());

/** Waits for somebody else to let go, and takes the lock over from who has been seen for a whole lease. */
export const watching = {
  IsHolderKnown: {
    Type: 'Choice',
    Choices: [{ Variable: holder, StringEqualsPath: $.turn.holder, Next: 'KeepWatching' }],
    Default: 'StartWatching',
  },
  StartWatching: {
    Type: 'Pass',
    Parameters: { ...turn('short', lockNeverFree), holder, held: 0 },
    ResultPath: $.turn,
    Next: 'IsPatienceLeft',
  },
  KeepWatching: {
    Type: 'Pass',
    Parameters: turn('watching', lockNeverFree),
    ResultPath: $.turn,
    Next: 'IsLeaseOver',
  },
  IsLeaseOver: {
    Type: 'Choice',
    Choices: [{ Variable: $.turn.held, NumericGreaterThanEquals: lease, Next: 'NameTakeOver' }],
    Default: 'IsPatienceLeft',
  },
} as const;

/** Lets the lock go: after the work is done, and after it has failed. */
export const lettingGo = (lockTable: Fixed<string>) => {
  const call = { ...theItem(lockTable), ...release($.acquisition.name) };
  const lost = never(conditionFailed.awsSdk);
  return {
    ReleaseLock: dynamodb('updateItem', call, {
      TimeoutSeconds: 5,
      ResultPath: null,
      Retry: [lost, { ...once, MaxAttempts: 5 }],
      // The capacity is set. A lock that stays lapses with its lease.
      Catch: [{ ErrorEquals: anything, ResultPath: $.lost, Next: 'CapacityIsThere' }],
      Next: 'CapacityIsThere',
    }),

    LetGo: dynamodb('updateItem', call, {
      TimeoutSeconds: 5,
      ResultPath: null,
      Retry: [lost, once],
      Catch: [{ ErrorEquals: anything, ResultPath: $.lost, Next: 'CountFailure' }],
      Next: 'CountFailure',
    }),
  };
};

/** The seconds from asking for the lock to the end of the call that changes capacity, at worst. Must be less than a lease. */
export const criticalSectionSeconds = (scalingMachine: Machine, change = 'ScaleUp'): number =>
  worstCaseSeconds(scalingMachine, ['AcquireLock', 'TakeOver'], change);
