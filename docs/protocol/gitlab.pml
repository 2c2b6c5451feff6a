/* GitLab's queue, first come, first served, and its polls. A poll is held until the queue has told its runner of a change, and is then answered
   204 without a look; the next one looks. Until the queue tells the runners, a job is not there for them. */

byte created;          /* jobs so far */
byte pending;          /* those that no runner has taken */
byte untold;           /* those that the runners were not told of */
byte counted;          /* those of them whose event is in WakeCount */
byte running[SLOTS];       /* the job that an instance runs, as a set of one */
byte news = (1 << SLOTS) - 1; /* slots whose next poll looks; the first one of a runner does */
byte awaited[SLOTS];   /* jobs whose event was counted before step 1, and that the quiet is for */
byte closing;          /* demand: jobs whose closing event is on its way */

#define VISIBLE_JOBS (pending & ~untold)

inline tell(job) {
  untold = untold & ~job; counted = counted & ~job; news = (1 << SLOTS) - 1;
  awaited[0] = awaited[0] & ~job; awaited[1] = awaited[1] & ~job
}
/* CloseJob: DELETE Open {job}. No other rule comes in, and it may come before OpenJob. */
inline close(job) { open = open & ~job; closing = closing & ~job }
#define MAY_END(slot) (running[slot] && !(LONG_JOB && running[slot] == 1))
inline endJob(slot) {
  if :: DEMAND -> closing = closing | running[slot] :: else fi;
  running[slot] = 0
}

active proctype GitLab() {
end:
  do
  /* A job is created. */
  :: atomic { created < JOBS -> pending = pending | BIT(created); untold = untold | BIT(created);
       if :: LAG :: else -> tell(BIT(created)) fi;
       created++ }
  /* The queue tells the runners of it. */
  :: atomic { untold & 1 -> tell(1) }
  :: atomic { untold & 2 -> tell(2) }
  :: atomic { untold & 4 -> tell(4) }
  /* A job ends. */
  :: atomic { MAY_END(0) -> endJob(0); if :: at[0] == BUSY -> at[0] = POLLING :: else fi }
  :: atomic { MAY_END(1) -> endJob(1); if :: at[1] == BUSY -> at[1] = POLLING :: else fi }
  /* Its closing event arrives. */
  :: atomic { closing & 1 -> close(1) }
  :: atomic { closing & 2 -> close(2) }
  :: atomic { closing & 4 -> close(4) }
  od
}
