/* How much happens in one configuration, and which rules are in force. All are numbers or switches for spin's -D. */

#ifndef JOBS
#define JOBS 2         /* jobs that become pending, each announced by one webhook: at most 3 */
#endif
#ifndef REPEATS
#define REPEATS 0      /* further webhooks: repeated ones */
#endif
#ifndef FOREIGN
#define FOREIGN 0      /* webhooks for other fleets' jobs, one after the other without end: 0 or 1 */
#endif
#ifndef LONG_JOB
#define LONG_JOB 0     /* 1: the first job never ends */
#endif
#ifndef CRASHES
#define CRASHES 0      /* executions killed, machines lost, agents restarted: so many together, at any point */
#endif
#ifndef STALLS
#define STALLS 0       /* actors that sleep through their lease, calls that take effect after their caller has given up */
#endif
#ifndef STALE
#define STALE 0        /* 1: DescribeAutoScalingGroups may answer with what was there before */
#endif
#ifndef LAG
#define LAG 0          /* 1: GitLab's polls see a job some time after its webhook was sent */
#endif
#ifndef TOLD_TO_GO
#define TOLD_TO_GO 0   /* instances that the group takes out by itself, or that somebody takes out by lowering desired capacity */
#endif
#ifndef DEMAND
#define DEMAND 0       /* 1: scale_out_strategy = "demand" */
#endif

#define SLOTS 2        /* the group's max_size; an instance runs one job at a time */

/* Rule V, visible before letting go: the lock is held until Describe shows what was set, or the lease is over. */
#ifdef M_NO_V_WORKFLOW
#define V_WORKFLOW 0
#else
#define V_WORKFLOW DEMAND
#endif
#ifdef M_NO_V_AGENT
#define V_AGENT 0
#else
#define V_AGENT 1
#endif

/* The waiver: who has been idle for long leaves although WakeCount moved. Here that is after one drain that came to nothing. */
#ifdef M_NO_WAIVER
#define WAIVER 0
#else
#define WAIVER 1
#endif

/* request_concurrency + 1. As many polls as were in flight are waited for besides. */
#define POLLS 2

/* Timing assumptions: 1 takes one away. */
#ifndef SLOW_WRITE
#define SLOW_WRITE 0   /* an execution may sleep through its lease between the fence and the change */
#endif
#ifndef DIES_LEAVING
#define DIES_LEAVING 1 /* a machine may be lost between its decrement and the end of its second look */
#endif
#ifndef LONG_LAG
#define LONG_LAG 0     /* GitLab's polls lag behind the webhook for longer than the quiet */
#endif
#ifndef QUICK_BOOT
#define QUICK_BOOT 0   /* a machine may poll while Describe does not yet show why it was launched */
#endif
