import { runnerVersion } from '../../../rehearsal/gitlab-runner/build.ts';
import type { Switches } from '../../../rehearsal/gitlab/server.ts';
import { random as randomFrom } from '../../protocol/random.ts';
import { describeWith } from '../../support/tools.ts';
import type { FleetJob } from './stage.ts';
import { onStage, realRunner, stepsOf, until } from './stage.ts';

const tool = await realRunner();
if (tool.isRefused) console.warn(`the real runner is skipped: ${tool.reason}`);

/** How GitLab makes it hard, and how many instances have to drain under it. */
const hardships: readonly (readonly [what: string, drains: number, switches: Partial<Switches>])[] = [
  ['gives a job and answers half a second later', 25, { assignBeforeDelayMilliseconds: 500 }],
  ['holds requests, and answers 204 when it sees a change', 25, { longPollMilliseconds: 2500 }],
  [
    'holds requests, hears late of jobs, and answers late',
    25,
    { longPollMilliseconds: 2500, tickDelayMilliseconds: 1500, assignBeforeDelayMilliseconds: 300 },
  ],
  ['is slow, and answers 409 now and then', 25, { replyDelayMilliseconds: 200 }],
];

const total = { polls: 0, assigned: 0, ended: 0, drains: 0 };

(tool.isRefused ? skipped : describeWith)(tool, 'a hundred drains', (runner) => {
  it.concurrent.each(hardships)(
    'lose no job and kill none while GitLab %s (%d of them)',
    (what, drains, switches) =>
      onStage(
        runner,
        { maxSize: 3, settings: { capacity_per_instance: 1, idle_threshold: 10 }, gitlab: { switches } },
        async ({ fleet, webhooks }) => {
          const random = randomFrom(what.length);
          const jobs: FleetJob[] = [];
          const gone = (): number => fleet.instances.filter(({ isGone }) => isGone).length;
          const come = async (): Promise<void> => {
            if (what.includes('409')) fleet.gitlab.switches.conflicts = 1;
            const job = fleet.gitlab.runners.addJob({ script: [`sleep ${(random() * 1.5).toFixed(2)}`] });
            jobs.push(job);
            // The webhook is a background job of its own.
            await new Promise((resolve) => setTimeout(resolve, random() * 1000));
            void webhooks.send('pending', job.id);
          };
          const end = performance.now() + 600_000;
          while (gone() < drains && performance.now() < end) {
            for (let left = Math.floor(random() * 3); left >= 0; left -= 1) void come();
            // From the middle of a job to long after the drain.
            await new Promise((resolve) => setTimeout(resolve, 1000 + random() * 9000));
          }
          const open = (): readonly string[] =>
            jobs.flatMap(({ id, status, systemId, pendingAt, assignedAt, runningAt, endedAt }) =>
              endedAt === undefined ? [JSON.stringify({ id, status, systemId, pendingAt, assignedAt, runningAt })] : [],
            );
          await until('every job is over', () => open().length === 0, 120).catch((error: unknown) => {
            throw new Error(`${(error as Error).message}: ${open().join(', ')}`);
          });
          expect(gone()).toBeGreaterThanOrEqual(drains);
          expect(
            jobs
              .filter(({ status }) => status !== 'success')
              .map(({ id, status, failureReason }) => [id, status, failureReason]),
          ).toEqual([]);
          const unexpected = fleet.instances
            .flatMap(stepsOf)
            .filter((step) => step === 'abort jobs' || step === 'count boot failure');
          expect(unexpected).toEqual([]);
          total.polls += fleet.gitlab.asked.filter(({ path }) => path === '/jobs/request').length;
          total.assigned += jobs.filter(({ assignedAt }) => assignedAt !== undefined).length;
          total.ended += jobs.filter(({ status }) => status === 'success').length;
          total.drains += gone();
        },
      ),
    900_000,
  );

  afterAll(() => {
    process.stderr.write(
      `gitlab-runner ${runnerVersion}: ${total.drains} drains, ${total.polls} polls seen, ${total.assigned} jobs assigned, ${total.ended} jobs ended well\n`,
    );
  });
});

function skipped(_: unknown, title: string): void {
  describe.skip(`${title} (skipped: ${tool.reason})`, () => {
    it('have the real runner', () => undefined);
  });
}
