/* The item ScalingLock. WakeCount is only ever compared with a value read before, so one bit for each reader says all there is to know:
   it has grown since. Asked likewise. Releases is left out: it only refuses acquisitions that the model allows. */

#define W (JOBS + REPEATS + FOREIGN)  /* webhooks are actors 0 to W - 1, agents W and W + 1 */
#define AGENT(slot) (W + (slot))
#define NOBODY 7
#define BIT(x) (1 << (x))
#define SIZE(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))

byte holder = NOBODY;  /* Holder */
bool orphan;           /* nobody stands behind Holder any more, and its lease is not over */
byte inLease;          /* actors for whom, by their own clock, the lease of their acquisition is not over */
byte watching;         /* webhooks that would now see the Holder that they saw before */
byte marked;           /* slots whose agent has a WakeCount to compare with */
byte moved;            /* those that would now see another one */
bool unasked;          /* WakeCount is not Asked */
byte open;             /* Open: a bit for each job */

/* Whoever has seen one Holder for a whole lease may take over. That is at the earliest when the lease is over. */
#define LAPSED (holder != NOBODY && !orphan && !(inLease & BIT(holder)))
#define LOCK_FREE (holder == NOBODY || LAPSED)
#define KIND(who) (who == NOBODY -> 0 : (who < W -> 1 : 2))

/* A claim is an assertion that pan's report calls by its name. */
#define CLAIM(name, holds) assert((holds) || name)
byte S1_one_holder, S1_never_lowered, S2_every_job_taken, S3_no_job_killed, S4_back_to_zero, S4_no_phantom, S5_nothing_locked;

inline grab(who) {
  CLAIM(S1_one_holder, (inLease & ~BIT(who)) == 0);
  holder = who; orphan = false; inLease = inLease | BIT(who); watching = 0
}

/* Release: REMOVE Holder, on condition that Holder is this acquisition. */
inline release(who) {
  inLease = inLease & ~BIT(who);
  if
  :: holder == who && !orphan -> holder = NOBODY; watching = 0
  :: else
#ifdef M_RELEASE_UNCONDITIONAL
     -> holder = NOBODY; orphan = false; watching = 0
#endif
  fi
}

/* Leaves the lock to its lease: the actor is dead, or does not know what its call will do. */
inline abandon(who) {
  if :: holder == who && (inLease & BIT(who)) -> orphan = true :: else fi;
  inLease = inLease & ~BIT(who)
}

/* RecordWake's ADD WakeCount. */
inline countWake() { moved = moved | marked; unasked = true }
