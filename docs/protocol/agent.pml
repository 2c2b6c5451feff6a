/* One place in the group, and the agent of the machine that fills it. Step numbers are those of the drain in the README. */

#define AT(state) (at[me] == state)
#define ME AGENT(me)
#ifdef M_NO_COUNT
#define I_MOVED 0
#else
#define I_MOVED (moved & BIT(me))
#endif
#define STAYS (running[me] -> BUSY : POLLING)
#define DOOMED (doomed & BIT(me))
#define MY_LEASE (inLease & BIT(ME))
#define MY_CHANGE_SHOWS (!(unseen & BIT(ME)))

inline mark() { marked = marked | BIT(me); moved = moved & ~BIT(me); awaited[me] = untold & counted }
inline forget() { marked = marked & ~BIT(me); moved = moved & ~BIT(me); awaited[me] = 0; polls = 0; last = false }
inline takeJob() {
  running[me] = VISIBLE_JOBS & ~(VISIBLE_JOBS - 1); pending = pending & ~running[me];
  forget(); tired = false; justFull = true; at[me] = BUSY
}
inline back() { if :: I_MOVED -> tired = true :: else fi; forget(); at[me] = POLLING }
inline gone() {
  CLAIM(S3_no_job_killed, running[me] == 0);
  forget(); tired = false; seen = 0; doomed = doomed & ~BIT(me); early = early & ~BIT(me); unseen = unseen & ~BIT(ME);
  lateTerminate = lateTerminate & ~BIT(me); news = news | BIT(me); at[me] = OFF
}
inline wantByOpen() { seen = SIZE(open); if :: seen > SLOTS -> seen = SLOTS :: else fi }

/* At max_size the full rule does nothing, and keeps Asked as it is. */
#ifdef M_ASKED_AT_MAX
#define MAY_GROW true
#else
#define MAY_GROW (shown < SLOTS)
#endif
/* Open is removed only if WakeCount is that of step 1: it has no job then that nobody has seen. */
#ifdef M_CLEARS_ALWAYS
#define CLEARS_OPEN last
#else
#ifdef M_NEVER_CLEARS
#define CLEARS_OPEN false
#else
#define CLEARS_OPEN (last && !I_MOVED)
#endif
#endif
/* A SetDesiredCapacity is about to be sent, or has been. */
#define SETTING ((AT(ASK_SET) || AT(WAKE_SET)) && MY_LEASE)
#define MAY_BE_LOST (crashes > 0 && !AT(OFF) && (DIES_LEAVING || !DOOMED))
#define MAY_RESTART (crashes > 0 && !AT(OFF) && !AT(BOOT) && !AT(POLLING))
inline crash() {
  crashes--;
  if :: AT(ASK_LOOK) || AT(ASK_SET) || AT(ASK_RELEASE) -> unasked = true :: else fi
}
inline machineIsLost() { crash(); endJob(me); abandon(ME); justFull = false; unmoved = false; gone() }
inline restart() {
  crash();
#ifdef M_RESTART_RELEASES
  release(ME);
#else
  abandon(ME);
#endif
  forget(); tired = false; unmoved = false; seen = 0; at[me] = STAYS
}

proctype Agent(byte me) {
  byte polls;          /* that must still end with 204 */
  byte seen;           /* what the item, or Describe, led to */
  bool unmoved;        /* WakeCount in the item that the acquisition returned is that of step 1 */
  bool last;           /* this instance brings desired to zero */
  bool tired;          /* idle for so long that the waiver holds */
  bool justFull;
end:
  do
  /* Registered: polls from now on. */
  :: atomic { AT(BOOT) && (QUICK_BOOT || !(early & BIT(me)) || DOOMED) -> at[me] = POLLING }

  /* A poll that looks finds a job, or ends with 204. */
  :: atomic { (AT(POLLING) || AT(QUIET)) && !DOOMED && (news & BIT(me)) ->
       if :: VISIBLE_JOBS -> takeJob() :: else -> news = news & ~BIT(me) fi }
#ifdef M_TOLD_TO_GO_AT_ONCE
  :: atomic { AT(BUSY) && DOOMED -> gone() }
#endif

  /* Full: one more machine under the lock, if it just became full or WakeCount is not Asked; the release writes Asked.
     A crash or a lost answer leaves Asked as it was. */
#ifndef M_NO_FULL_RULE
  :: atomic { AT(BUSY) && !DOOMED && (justFull || unasked) && MAY_GROW && LOCK_FREE ->
       grab(ME); justFull = false; unasked = false; if :: DEMAND -> wantByOpen() :: else fi; at[me] = ASK_LOOK }
#endif
  /* First-instance asks for one more if none is pending, demand for what Open wants. */
  :: atomic { AT(ASK_LOOK) ->
       if :: !DEMAND -> seen = (NONE_PENDING && shown < SLOTS -> shown + 1 : 0) :: else fi;
       if :: !MAY_GROW -> unasked = true :: else fi;
       at[me] = (seen > shown -> ASK_SET : ASK_RELEASE) }
  /* The fence and the change, only within the lease. */
  :: atomic { AT(ASK_SET) -> if :: MY_LEASE && holder == ME -> setDesired(ME, seen) :: else -> unasked = true fi; at[me] = ASK_RELEASE }
  /* No answer: the lock is left to its lease. */
  :: atomic { AT(ASK_SET) && MY_LEASE && stalls > 0 && lateSet == 0 -> stalls--; lateSet = seen;
       abandon(ME); unasked = true; seen = 0; at[me] = STAYS }
  /* Rule V, release. */
  :: atomic { AT(ASK_RELEASE) && (!V_AGENT || MY_CHANGE_SHOWS || !MY_LEASE) -> release(ME); seen = 0; at[me] = STAYS }

#ifndef M_NO_DRAIN
  /* 1. Idle: read WakeCount, then quiet until the polls were told of what was counted, then polls that end with 204. */
  :: atomic { AT(POLLING) && !DOOMED && desired > 0 -> mark(); justFull = false;
#ifdef M_NO_QUIET
       polls = POLLS; at[me] = COUNTING
#else
       at[me] = QUIET
#endif
     }
#endif
  :: atomic { AT(QUIET) && !DOOMED && (LONG_LAG || !awaited[me]) -> awaited[me] = 0;
       polls = POLLS; at[me] = COUNTING }
  /* One was in flight when the quiet ended: it does not count. */
  :: atomic { AT(QUIET) && !DOOMED && (LONG_LAG || !awaited[me]) -> awaited[me] = 0;
#ifdef M_TOO_FEW_POLLS
       polls = POLLS - 1;
#else
       polls = POLLS + 1;
#endif
       at[me] = HELD }
  /* A counted poll is held, or looks at once. */
  :: atomic { AT(COUNTING) && !DOOMED && polls > 0 -> if
       :: !(news & BIT(me)) -> at[me] = HELD
       :: (news & BIT(me)) && VISIBLE_JOBS -> takeJob()
       :: (news & BIT(me)) && !VISIBLE_JOBS -> news = news & ~BIT(me); polls--
       fi }
  /* A held poll ends with 204. */
  :: atomic { AT(HELD) && !DOOMED -> polls--; at[me] = COUNTING }

  /* 2. Once more the item: the last instance does not even stop polling for a count that has moved. */
  :: atomic { AT(COUNTING) && !DOOMED && polls == 0 -> if
       :: I_MOVED && shown <= 1 && !(WAIVER && tired) -> back()
       :: else -> at[me] = STOPPING
       fi }
  /* Told to go: a drain that was not at its end has not seen every job, so its count is as good as moved. */
  :: atomic { (AT(POLLING) || AT(QUIET) || AT(COUNTING) || AT(HELD)) && DOOMED -> forget(); marked = marked | BIT(me);
#ifndef M_TOLD_TO_GO_TRUSTS
       moved = moved | BIT(me);
#endif
       at[me] = STOPPING }
  /* 2b. Stop polling; a request that was in flight may still bring a job. */
  :: atomic { AT(STOPPING) && (news & BIT(me)) && VISIBLE_JOBS -> takeJob() }
  :: atomic { AT(STOPPING) -> polls = 0; at[me] = STOPPED }

  /* 3. The lock, and the item from the acquisition; then Describe, and the rule. */
  :: atomic { AT(STOPPED) && DOOMED -> at[me] = SECOND_LOOK }
  :: atomic { AT(STOPPED) && !DOOMED && LOCK_FREE -> grab(ME);
       seen = (DEMAND -> SIZE(open) : 1); unmoved = (I_MOVED == 0); at[me] = DECIDE }
  :: atomic { AT(DECIDE) -> if
       :: shown > 0 && MY_LEASE && (shown - 1 >= seen || unmoved || (WAIVER && tired)) -> last = (shown == 1); at[me] = TERMINATE
       :: else -> at[me] = RELEASE_BACK
       fi; seen = 0; unmoved = false }

  /* 4. Out, only within the lease. */
  :: atomic { AT(TERMINATE) -> if
       :: DOOMED -> at[me] = RELEASE_OUT
       :: !DOOMED && MY_LEASE && desired > 0 -> terminateWithDecrement(me); at[me] = RELEASE_OUT
       :: !DOOMED && !(MY_LEASE && desired > 0) -> at[me] = RELEASE_BACK
       fi }
  /* Outcome unknown: looks until it shows, or until the lease is over and this instance is still in service. */
  :: atomic { AT(TERMINATE) && !DOOMED && MY_LEASE && stalls > 0 -> stalls--; lateTerminate = lateTerminate | BIT(me); at[me] = UNKNOWN }
  :: atomic { AT(UNKNOWN) && DOOMED -> at[me] = RELEASE_OUT }
  :: atomic { AT(UNKNOWN) && MY_LEASE && lateSet == 0 -> leaseIsOver(ME) }
  :: atomic { AT(UNKNOWN) && !MY_LEASE && !DOOMED -> at[me] = RELEASE_BACK }
  /* Release when Describe shows it; demand: the last one removes Open in the same write. */
  :: atomic { AT(RELEASE_OUT) && (!V_AGENT || MY_CHANGE_SHOWS || !MY_LEASE) ->
       if :: DEMAND && CLEARS_OPEN && holder == ME && !orphan -> open = 0 :: else fi;
       release(ME); last = false; at[me] = SECOND_LOOK }
  /* Turned back: release, and [[runners]] is put back. */
  :: atomic { AT(RELEASE_BACK) -> release(ME); back() }

  /* 5. The second look, when the decrement is visible. */
  :: atomic { AT(SECOND_LOOK) && MY_CHANGE_SHOWS -> if
#ifndef M_NO_SECOND_LOOK
       :: I_MOVED && shown == 0 -> at[me] = WAKE_LOCK
       :: else -> gone()
#else
       :: gone()
#endif
       fi }
  /* Under the lock it sets one, or what Open wants. */
  :: atomic { AT(WAKE_LOCK) && LOCK_FREE -> grab(ME); seen = 1;
       if :: DEMAND -> wantByOpen(); if :: seen == 0 -> seen = 1 :: else fi :: else fi; at[me] = WAKE_LOOK }
  :: atomic { AT(WAKE_LOOK) -> at[me] = (shown > 0 -> WAKE_RELEASE : WAKE_SET) }
  :: atomic { AT(WAKE_SET) -> if
       :: MY_LEASE && holder == ME -> setDesired(ME, seen); at[me] = WAKE_RELEASE
       :: else -> at[me] = WAKE_LOCK
       fi }
  /* No answer: the lock is left to its lease, and then looked at again. */
  :: atomic { AT(WAKE_SET) && MY_LEASE && stalls > 0 && lateSet == 0 -> stalls--; lateSet = seen; abandon(ME); at[me] = WAKE_LOCK }
  /* Rule V, release, and the hook is completed. */
  :: atomic { AT(WAKE_RELEASE) && (!V_AGENT || MY_CHANGE_SHOWS || !MY_LEASE) -> release(ME); gone() }

  /* The agent sleeps through its lease. */
  :: atomic { MY_LEASE && stalls > 0 && lateSet == 0 -> stalls--; leaseIsOver(ME) }
  /* The machine is lost, with the job that it ran; what it last sent may take effect. */
  :: atomic { MAY_BE_LOST -> machineIsLost() }
  :: atomic { MAY_BE_LOST && SETTING && lateSet == 0 -> lateSet = seen; machineIsLost() }
  /* The agent dies and is started again: it begins anew, and leaves a lock of its former life to its lease. */
  :: atomic { MAY_RESTART -> restart() }
  :: atomic { MAY_RESTART && SETTING && lateSet == 0 -> lateSet = seen; restart() }
  :: atomic { MAY_RESTART && AT(TERMINATE) && !DOOMED && MY_LEASE -> lateTerminate = lateTerminate | BIT(me); restart() }
  od
}
