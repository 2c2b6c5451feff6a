import { fleetRunner, jobEvent, type SentStatus } from '../../../rehearsal/gitlab/job-events.ts';

const statuses: readonly SentStatus[] = ['created', 'pending', 'running', 'success', 'failed', 'canceled'];

describe('a job event', () => {
  it.each(statuses)('of a %s job says who, what and where', (status) => {
    expect(jobEvent({ status, jobId: 1977, projectId: 380, pipelineId: 2366, ref: 'feature/x' })).toMatchObject({
      object_kind: 'build',
      build_status: status,
      build_id: 1977,
      project_id: 380,
      project: { id: 380 },
      pipeline_id: 2366,
      // Not the commit's id, but the pipeline's.
      commit: { id: 2366 },
      ref: 'feature/x',
      tag: false,
    });
  });

  it('names a runner only once one has taken the job', () => {
    const hasRunner = statuses.filter((status) => jobEvent({ status, jobId: 1 }).runner !== null);
    expect(hasRunner).toEqual(['running', 'success', 'failed']);
    const other = { ...fleetRunner, id: 5 };
    expect(jobEvent({ status: 'running', jobId: 1, runner: other }).runner).toEqual(other);
    expect(jobEvent({ status: 'pending', jobId: 1, runner: other }).runner).toBeNull();
    // Canceled while it ran; failed because it waited for too long.
    expect(jobEvent({ status: 'canceled', jobId: 1, runner: other })).toMatchObject({
      runner: other,
      build_duration: 41.5,
    });
    expect(jobEvent({ status: 'failed', jobId: 1, runner: null })).toMatchObject({
      runner: null,
      build_duration: null,
    });
  });

  it('gives times as far as the job has come, each with a form without fractions', () => {
    const createdAt = new Date('2026-01-05T08:15:30.886Z');
    const times = (status: SentStatus) => {
      const event = jobEvent({ status, jobId: 1, createdAt });
      return [event.build_created_at, event.build_started_at, event.build_finished_at, event.build_duration];
    };
    expect(times('pending')).toEqual(['2026-01-05T08:15:30.886Z', null, null, null]);
    expect(times('running')).toEqual(['2026-01-05T08:15:30.886Z', '2026-01-05T08:15:43.136Z', null, null]);
    expect(times('failed')).toEqual([
      '2026-01-05T08:15:30.886Z',
      '2026-01-05T08:15:43.136Z',
      '2026-01-05T08:16:24.636Z',
      41.5,
    ]);
    expect(times('canceled')).toEqual(['2026-01-05T08:15:30.886Z', null, '2026-01-05T08:15:43.136Z', null]);
    expect(jobEvent({ status: 'running', jobId: 1, createdAt }).build_started_at_iso).toBe('2026-01-05T08:15:43Z');
  });

  it('has a source pipeline only when it is told of one', () => {
    const sourcePipeline = {
      project: { id: 41, web_url: 'https://gitlab.example.com/acme/base', path_with_namespace: 'acme/base' },
      pipeline_id: 30,
      job_id: 3401,
    };
    expect(jobEvent({ status: 'pending', jobId: 1 })).not.toHaveProperty('source_pipeline');
    expect(jobEvent({ status: 'pending', jobId: 1, sourcePipeline })).toHaveProperty('source_pipeline', sourcePipeline);
  });
});
