/** One search of the model: small bounds that are explored to the end. */
export interface Configuration {
  readonly name: string;
  readonly defines: Readonly<Record<string, number>>;
  /** `claims`: the assertions S1 to S5; otherwise an LTL property, under weak fairness. */
  readonly property: 'claims' | 'taken' | 'home';
  /** More than a million states, roughly: worth an optimized program. */
  readonly large?: boolean;
}

const first = { STALE: 1 };
const demand = { DEMAND: 1, STALE: 1 };

/** Everything holds in these. The README's table has the states of each. */
export const configurations: readonly Configuration[] = [
  { name: 'two jobs, lagging polls', defines: { ...first, JOBS: 2, LAG: 1 }, property: 'claims' },
  { name: 'three jobs, lagging polls', defines: { JOBS: 3, LAG: 1 }, property: 'claims', large: true },
  { name: 'two jobs, a crash', defines: { ...first, JOBS: 2, CRASHES: 1 }, property: 'claims', large: true },
  { name: 'two jobs, a stall', defines: { ...first, JOBS: 2, STALLS: 1 }, property: 'claims', large: true },
  { name: 'two jobs, told to go', defines: { ...first, JOBS: 2, TOLD_TO_GO: 1 }, property: 'claims', large: true },
  {
    name: 'a repeated event, lagging polls, a crash',
    defines: { ...first, JOBS: 1, REPEATS: 1, LAG: 1, CRASHES: 1 },
    property: 'claims',
  },
  {
    name: 'two repeated events, lagging polls',
    defines: { ...first, JOBS: 1, REPEATS: 2, LAG: 1 },
    property: 'claims',
  },
  { name: 'a job, two stalls, lagging polls', defines: { ...first, JOBS: 1, STALLS: 2, LAG: 1 }, property: 'claims' },
  {
    name: 'two crashes, none of them in the second look',
    defines: { ...first, JOBS: 1, REPEATS: 1, CRASHES: 2, DIES_LEAVING: 0 },
    property: 'claims',
    large: true,
  },
  { name: 'demand, two jobs, lagging polls', defines: { ...demand, JOBS: 2, LAG: 1 }, property: 'claims' },
  { name: 'demand, two jobs, a crash', defines: { DEMAND: 1, JOBS: 2, CRASHES: 1 }, property: 'claims', large: true },
  { name: 'demand, two jobs, a stall', defines: { ...demand, JOBS: 2, STALLS: 1 }, property: 'claims', large: true },
  {
    name: 'demand, two jobs, told to go',
    defines: { ...demand, JOBS: 2, TOLD_TO_GO: 1 },
    property: 'claims',
    large: true,
  },
  {
    name: 'demand, a repeated event, lagging polls, a crash',
    defines: { ...demand, JOBS: 1, REPEATS: 1, LAG: 1, CRASHES: 1 },
    property: 'claims',
  },
  {
    name: 'demand, a job, a stall and a crash, lagging polls',
    defines: { ...demand, JOBS: 1, STALLS: 1, CRASHES: 1, LAG: 1 },
    property: 'claims',
  },

  { name: 'jobs are taken', defines: { ...first, JOBS: 2 }, property: 'taken' },
  {
    name: 'jobs are taken, a crash, lagging polls',
    defines: { ...first, JOBS: 1, REPEATS: 1, LAG: 1, CRASHES: 1 },
    property: 'taken',
  },
  { name: 'jobs are taken, a stall', defines: { ...first, JOBS: 2, STALLS: 1 }, property: 'taken', large: true },
  {
    name: 'jobs are taken beside a job without end',
    defines: { ...first, JOBS: 2, LONG_JOB: 1, LAG: 1 },
    property: 'taken',
  },
  {
    name: 'jobs are taken beside a job without end, a crash',
    defines: { ...first, JOBS: 2, LONG_JOB: 1, CRASHES: 1 },
    property: 'taken',
  },
  { name: 'jobs are taken under foreign load', defines: { JOBS: 1, FOREIGN: 1 }, property: 'taken' },
  { name: 'back to zero', defines: { ...first, JOBS: 2 }, property: 'home' },
  {
    name: 'back to zero, a crash, lagging polls',
    defines: { ...first, JOBS: 1, LAG: 1, CRASHES: 1 },
    property: 'home',
  },
  {
    name: 'again and again at zero under foreign load',
    defines: { JOBS: 1, FOREIGN: 1 },
    property: 'home',
    large: true,
  },
  { name: 'demand, jobs are taken', defines: { ...demand, JOBS: 2 }, property: 'taken' },
  {
    name: 'demand, jobs are taken beside a job without end, a crash',
    defines: { ...demand, JOBS: 2, LONG_JOB: 1, CRASHES: 1 },
    property: 'taken',
  },
  {
    name: 'demand, jobs are taken, a repeated event, a stall',
    defines: { ...demand, JOBS: 1, REPEATS: 1, STALLS: 1 },
    property: 'taken',
  },
  { name: 'demand, back to zero', defines: { DEMAND: 1, JOBS: 2 }, property: 'home', large: true },
  {
    name: 'demand, again and again at zero under foreign load',
    defines: { DEMAND: 1, JOBS: 0, FOREIGN: 1 },
    property: 'home',
  },
];

/** A configuration in which a property does not hold, and the claim or LTL property that spin must find broken. */
export interface CounterExample {
  readonly name: string;
  readonly defines: Readonly<Record<string, number>>;
  readonly violates: string;
  /** As in {@link Configuration}. */
  readonly large?: boolean;
}

/** One rule is taken away by a switch `M_…`. */
export const mutations: readonly CounterExample[] = [
  {
    name: 'WakeCount is compared nowhere',
    defines: { M_NO_COUNT: 1, ...first, JOBS: 2, LAG: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'no second look',
    defines: { M_NO_SECOND_LOOK: 1, JOBS: 1, REPEATS: 1, STALLS: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'no fence',
    defines: { M_NO_FENCE: 1, JOBS: 2, STALLS: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'the fence keeps the acquisition’s name, and its lease',
    defines: { M_FENCE_KEEPS_NAME: 1, JOBS: 2, STALLS: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'demand: the fence keeps the acquisition’s name, and its lease',
    defines: { M_FENCE_KEEPS_NAME: 1, DEMAND: 1, JOBS: 2, STALLS: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'an unconditional release',
    defines: { M_RELEASE_UNCONDITIONAL: 1, JOBS: 2, STALLS: 1 },
    violates: 'S1_one_holder',
  },
  {
    name: 'upstream’s error name: who loses the lock is sent to the handler that deletes it',
    defines: { M_UPSTREAM_ERROR_NAME: 1, JOBS: 2 },
    violates: 'S1_one_holder',
  },
  {
    name: 'a release by who does not hold the lock',
    defines: { M_LOSER_RELEASES: 1, JOBS: 2 },
    violates: 'S1_one_holder',
  },
  {
    name: 'too few polls: the one in flight counts',
    defines: { M_TOO_FEW_POLLS: 1, JOBS: 1, REPEATS: 1, LAG: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'polls without the quiet',
    defines: { M_NO_QUIET: 1, JOBS: 1, REPEATS: 1, LAG: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'demand: a workflow lets go before its change is visible',
    defines: { M_NO_V_WORKFLOW: 1, ...demand, JOBS: 2 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'an agent lets go before its change is visible',
    defines: { M_NO_V_AGENT: 1, ...first, JOBS: 1, REPEATS: 1, CRASHES: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'who has no answer from SetDesiredCapacity lets go',
    defines: { M_UNKNOWN_LETS_GO: 1, ...first, JOBS: 2, STALLS: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'demand: who has no answer from SetDesiredCapacity lets go',
    defines: { M_UNKNOWN_LETS_GO: 1, DEMAND: 1, JOBS: 2, STALLS: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'a restarted agent releases the lock of its former life',
    defines: { M_RESTART_RELEASES: 1, JOBS: 2, CRASHES: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'demand: Open is removed although WakeCount moved',
    defines: { M_CLEARS_ALWAYS: 1, DEMAND: 1, JOBS: 1, REPEATS: 1, CRASHES: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'told to go in the middle of a drain, its count is trusted',
    defines: { M_TOLD_TO_GO_TRUSTS: 1, JOBS: 1, TOLD_TO_GO: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'told to go, the job is not waited for',
    defines: { M_TOLD_TO_GO_AT_ONCE: 1, JOBS: 1, TOLD_TO_GO: 1 },
    violates: 'S3_no_job_killed',
  },
  {
    name: 'demand: nobody removes Open',
    defines: { M_NEVER_CLEARS: 1, DEMAND: 1, JOBS: 1, REPEATS: 1 },
    violates: 'S4_no_phantom',
  },
  { name: 'nobody drains', defines: { M_NO_DRAIN: 1, JOBS: 1 }, violates: 'S4_back_to_zero' },
  { name: 'a lease never ends', defines: { M_NO_LEASE: 1, JOBS: 1, CRASHES: 1 }, violates: 'S5_nothing_locked' },
  { name: 'a waiter gives up', defines: { M_WAITER_GIVES_UP: 1, JOBS: 1, CRASHES: 1 }, violates: 'taken' },
  { name: 'no full rule', defines: { M_NO_FULL_RULE: 1, JOBS: 2, LONG_JOB: 1 }, violates: 'taken' },
  {
    name: 'Asked is written although the group is at max_size',
    defines: { M_ASKED_AT_MAX: 1, JOBS: 2, LONG_JOB: 1 },
    violates: 'taken',
  },
  { name: 'no waiver', defines: { M_NO_WAIVER: 1, JOBS: 1, FOREIGN: 1 }, violates: 'home' },
];

/** What the protocol relies on, taken away. */
export const assumptions: readonly CounterExample[] = [
  {
    name: 'GitLab’s queue lags behind the webhook for longer than the quiet',
    defines: { LONG_LAG: 1, JOBS: 1, REPEATS: 1, LAG: 1 },
    violates: 'S2_every_job_taken',
  },
  {
    name: 'an execution sleeps through its lease between the fence and the change',
    defines: { SLOW_WRITE: 1, JOBS: 2, STALLS: 1 },
    violates: 'S1_never_lowered',
  },
  {
    name: 'a machine boots before Describe shows why it was launched',
    defines: { QUICK_BOOT: 1, ...first, JOBS: 2, LONG_JOB: 1 },
    violates: 'taken',
  },
];

/** Where the protocol ends: known, and told in the README. */
export const limits: readonly CounterExample[] = [
  {
    name: 'the machine that leaves by the waiver is lost before its second look',
    defines: { JOBS: 1, REPEATS: 2, CRASHES: 1 },
    violates: 'S2_every_job_taken',
    large: true,
  },
  {
    name: 'a terminate call takes effect late, and that machine is lost before its second look',
    defines: { ...first, JOBS: 1, REPEATS: 1, CRASHES: 2 },
    violates: 'S2_every_job_taken',
    large: true,
  },
  {
    name: 'somebody lowers desired capacity by hand while the rest is full with a long job',
    defines: { JOBS: 2, LONG_JOB: 1, TOLD_TO_GO: 1 },
    violates: 'taken',
  },
];
