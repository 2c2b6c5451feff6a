/* One execution of the scale-out machine; asl/scale-out.ts and, with DEMAND, asl/demand.ts name the states.
   A failed call, a retry and a lost answer are one thing here: the step is taken or not. An execution does not run out of patience. */

mtype:webhook = { START, LOOK, WAIT, ACQUIRE, CONFIRM, FENCE, SCALE_UP, RELEASE, LET_GO, DONE };
mtype:webhook exec[W] = START;

#define IS(state) (exec[me] == state)
/* Which job an event opens: a repeated one its own again, a foreign one one that no runner of ours takes. */
#define EVENT_OF (me < JOBS -> BIT(me) : (me < JOBS + REPEATS -> 1 : BIT(me)))

/* wanted = the length of Open in parts of one instance's capacity, at most MaxSize; first-instance wants one. */
inline want() {
  wanted = (DEMAND -> (SIZE(open) < SLOTS -> SIZE(open) : SLOTS) : 1)
}
/* RecordWake or OpenJob return the item, ReadLock reads it again. */
inline readItem() {
  saw = KIND(holder); want();
  if :: saw -> watching = watching | BIT(me) :: else -> watching = watching & ~BIT(me) fi
}
inline standAside() { inLease = inLease & ~BIT(me); watching = watching & ~BIT(me); exec[me] = WAIT }
inline endAs(state) { watching = watching & ~BIT(me); saw = 0; wanted = 0; exec[me] = state }

proctype Webhook(byte me) {
  byte saw;            /* Holder, as read: 1 a workflow's, 2 an agent's */
  byte wanted;
end:
  do
  /* RecordWake; demand: OpenJob, refused when Open is full. */
  :: atomic { IS(START) && (me >= JOBS || created > me) ->
       countWake(); counted = counted | (untold & EVENT_OF);
       if :: DEMAND && SIZE(open) < SLOTS -> open = open | EVENT_OF :: else fi;
       readItem(); exec[me] = LOOK }

  /* GetCurrentCapacity, CheckDesiredCapacity: while an agent holds the lock nothing is settled. */
  :: atomic { IS(LOOK) -> if
       :: saw != 2 && shown >= wanted -> endAs(DONE)
       :: saw == 0 && shown < wanted -> exec[me] = ACQUIRE
       :: saw == 2 || (saw == 1 && shown < wanted) -> exec[me] = WAIT
       fi }

  /* WaitForTurn, ReadLock, GetCurrentCapacity: to read what has not changed would lead back to here. */
  :: atomic { IS(WAIT) && (!(watching & BIT(me)) || (saw == 1 && shown >= wanted)) -> readItem(); exec[me] = LOOK }
  /* TakeOver. */
  :: atomic { IS(WAIT) && (watching & BIT(me)) && LAPSED -> grab(me); saw = 0; want(); exec[me] = CONFIRM }
#ifdef M_WAITER_GIVES_UP
  :: atomic { IS(WAIT) -> endAs(DONE) }
#endif

  /* AcquireLock; ConditionalCheckFailedException leads to StandAside. */
  :: atomic { IS(ACQUIRE) -> if
       :: holder == NOBODY -> grab(me); saw = 0; want(); exec[me] = CONFIRM
       :: else ->
#ifdef M_UPSTREAM_ERROR_NAME
          holder = NOBODY; orphan = false; watching = 0; endAs(DONE)
#else
#ifdef M_LOSER_RELEASES
          holder = NOBODY; orphan = false; watching = 0;
#endif
          standAside()
#endif
       fi }

  /* ConfirmCapacity, IsCapacityMissing. */
  :: atomic { IS(CONFIRM) -> if
       :: shown >= wanted -> exec[me] = RELEASE
       :: else -> exec[me] = FENCE
       fi }
  /* Fence: a conditional write right before the change. It gives the acquisition a new name, so that its lease begins anew. */
  :: atomic { IS(FENCE) -> if
#ifdef M_NO_FENCE
       :: exec[me] = SCALE_UP
#else
       :: holder == me && !orphan -> exec[me] = SCALE_UP;
#ifndef M_FENCE_KEEPS_NAME
          inLease = inLease | BIT(me); watching = 0
#endif
       :: else -> standAside()
#endif
       fi }
  /* ScaleUp. */
  :: atomic { IS(SCALE_UP) -> setDesired(me, wanted); exec[me] = RELEASE }
  /* No answer from ScaleUp: it takes effect later or never, so the lock is left to its lease. */
  :: atomic { IS(SCALE_UP) && stalls > 0 && lateSet == 0 -> stalls--; lateSet = wanted;
#ifdef M_UNKNOWN_LETS_GO
       exec[me] = LET_GO }
#else
       abandon(me); standAside() }
#endif
  /* ReleaseLock; with rule V only when Describe shows what was set, or the lease is over. */
  :: atomic { IS(RELEASE) && (!V_WORKFLOW || !(unseen & BIT(me)) || !(inLease & BIT(me))) -> release(me); endAs(DONE) }
  /* Another call under the lock fails for good: LetGo, which waits and begins again. */
  :: atomic { (IS(CONFIRM) || IS(FENCE)) && stalls > 0 -> stalls--; exec[me] = LET_GO }
  :: atomic { IS(LET_GO) -> release(me); standAside() }

  /* The execution sleeps through its lease; not between the fence and the change. */
  :: atomic { (inLease & BIT(me)) && stalls > 0 && lateSet == 0 && (!IS(SCALE_UP) || SLOW_WRITE) -> stalls--; leaseIsOver(me) }
  /* It is killed. Its alarm makes the operator send the event again. */
  :: atomic { IS(SCALE_UP) && crashes > 0 && lateSet == 0 -> crashes--; lateSet = wanted; abandon(me); endAs(START) }
  :: atomic { !IS(START) && !IS(DONE) && crashes > 0 -> crashes--; abandon(me); endAs(START) }
  /* CloseForeignJob: running on a runner that is not in Runners, or its end; then the next event for other fleets. */
  :: atomic { FOREIGN && IS(DONE) && me == W - 1 -> open = open & ~BIT(me); exec[me] = START }
  od
}
