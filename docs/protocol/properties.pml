/* S1 and S3 are claims at the steps that could break them (item.pml, group.pml, agent.pml). */

#if LIVENESS
/* S2: every pending job is taken in the end. */
ltl taken { []<> (pending == 0) }
/* S4: the group returns to zero, again and again if events never end. */
ltl home { []<> (desired == 0) }
#else
/* S2, S4, S5 where nothing can happen any more. */
active proctype Judge() {
  atomic { timeout ->
    CLAIM(S5_nothing_locked, holder == NOBODY || LAPSED);
    CLAIM(S2_every_job_taken, pending == 0);
    CLAIM(S4_back_to_zero, LONG_JOB || (desired == 0 && at[0] == OFF && at[1] == OFF));
    CLAIM(S4_no_phantom, LONG_JOB || open == 0 || crashes + stalls + toldToGo < CRASHES + STALLS + TOLD_TO_GO) }
}
#endif
