import { document } from './path.ts';
import type { ScalingDocument } from './scaling-document.ts';

const $ = document<ScalingDocument>();

/** The group was deleted or renamed: seen before the lock, and under it. */
export const groupMissing = {
  AutoScalingGroupNotFound: {
    Type: 'Fail',
    Error: 'AutoScalingGroupNotFound',
    Cause:
      'There is no Auto Scaling group of the name that this state machine was deployed with: apply the stack again, then send the event again.',
  },
  // The next look reports it; first the lock. Here no call has failed, and CountFailure wants to know why.
  GroupIsGone: {
    Type: 'Pass',
    Result: { Error: 'AutoScalingGroupNotFound', Cause: 'The group went while the lock was held.' },
    ResultPath: $.error,
    Next: 'LetGo',
  },
} as const;

/** A few words and no more: the group's description holds dates, with which some interpreters cannot end. */
export const capacityIsThere = {
  CapacityIsThere: { Type: 'Pass', Result: { outcome: 'the group has the capacity it needs' }, End: true },
} as const;
