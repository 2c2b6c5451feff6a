/* The Auto Scaling group. */

byte desired;
byte shown;            /* what Describe answers */
byte unseen;           /* actors whose own change Describe does not show yet */
byte early;            /* slots filled by a change that Describe does not show yet */
byte doomed;           /* slots in Terminating:Wait */
byte lateTerminate;    /* slots whose terminate call may yet take effect */
byte lateSet;          /* a SetDesiredCapacity that may yet take effect; 0 is none */
byte toldToGo = TOLD_TO_GO, crashes = CRASHES, stalls = STALLS;

mtype:agent = { OFF, BOOT, POLLING, BUSY, QUIET, COUNTING, HELD, STOPPING, STOPPED, DECIDE, TERMINATE, UNKNOWN, RELEASE_OUT, RELEASE_BACK,
  SECOND_LOOK, WAKE_LOCK, WAKE_LOOK, WAKE_SET, WAKE_RELEASE, ASK_LOOK, ASK_SET, ASK_RELEASE };
mtype:agent at[SLOTS] = OFF;

#define WORKING(slot) (at[slot] != OFF && !(doomed & BIT(slot)))
#define LIVE (WORKING(0) + WORKING(1))
#define NONE_PENDING (at[0] != BOOT && at[1] != BOOT && LIVE >= shown)

/* Those who look until their own change shows. */
#define LOOKING (V_WORKFLOW -> 63 : (3 << W))

/* Describe lags behind, but never goes back: once it has shown a change it keeps showing it. */
inline visible() { shown = desired; unseen = 0; early = 0 }
inline change(who, n) {
  desired = n;
  if :: !STALE || shown == desired -> visible() :: else -> unseen = unseen | (BIT(who) & LOOKING) fi
}
inline setDesired(who, n) {
  CLAIM(S1_never_lowered, desired <= n);
  if :: desired != n -> change(who, n) :: else fi
}
/* TerminateInstanceInAutoScalingGroup with decrement. */
inline terminateWithDecrement(slot) { change(AGENT(slot), desired - 1); doomed = doomed | BIT(slot) }

/* A lease takes so long that every change from before it is visible. */
inline leaseIsOver(who) { inLease = inLease & ~BIT(who); if :: holder == who -> orphan = false :: else fi; visible() }

inline launch(slot) { at[slot] = BOOT; if :: shown != desired -> early = early | BIT(slot) :: else fi }
inline lateEffect(slot) {
  lateTerminate = lateTerminate & ~BIT(slot);
  if
  :: at[slot] != OFF && !(doomed & BIT(slot)) && desired > 0 -> terminateWithDecrement(slot)
  :: else
  fi
}

active proctype Group() {
end:
  do
  /* Slots are alike, so the first one is filled first. */
  :: atomic { LIVE < desired && at[0] == OFF -> launch(0) }
  :: atomic { LIVE < desired && at[0] != OFF && at[1] == OFF -> launch(1) }
  /* Desired capacity was lowered. */
  :: atomic { LIVE > desired && WORKING(0) -> doomed = doomed | BIT(0) }
  :: atomic { LIVE > desired && WORKING(1) -> doomed = doomed | BIT(1) }
  /* A change shows. */
  :: atomic { shown != desired -> visible() }

  /* Calls whose callers have given up. A SetDesiredCapacity takes effect before its lease is over, or never. */
  :: atomic { lateSet -> setDesired(NOBODY, lateSet); lateSet = 0 }
  :: atomic { lateSet -> lateSet = 0 }
  :: atomic { lateTerminate & 1 -> lateEffect(0) }
  :: atomic { lateTerminate & 2 -> lateEffect(1) }

  /* The lease of a lock that nobody stands behind runs out. */
#ifndef M_NO_LEASE
  :: atomic { orphan && lateSet == 0 -> leaseIsOver(holder) }
#endif

  /* An instance refresh; somebody lowers desired capacity by hand. */
  :: atomic { WORKING(0) && toldToGo > 0 -> toldToGo--; doomed = doomed | BIT(0) }
  :: atomic { WORKING(1) && toldToGo > 0 -> toldToGo--; doomed = doomed | BIT(1) }
  :: atomic { WORKING(0) && desired > 0 && toldToGo > 0 -> toldToGo--; terminateWithDecrement(0) }
  :: atomic { WORKING(1) && desired > 0 && toldToGo > 0 -> toldToGo--; terminateWithDecrement(1) }
  od
}
