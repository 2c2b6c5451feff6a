import type { Job } from './runners.ts';

/** What a runner is given with a 201 (lib/api/entities/ci/job_request/response.rb): as much as a script without a repository needs. */
export const jobPayload = (job: Job, url: string): object => ({
  id: job.id,
  token: job.token,
  allow_git_fetch: true,
  job_info: { name: job.name, stage: 'test', project_id: 7, project_name: 'rehearsal' },
  git_info: {
    repo_url: `${url}/rehearsal.git`,
    ref: 'main',
    sha: '0'.repeat(40),
    before_sha: '0'.repeat(40),
    ref_type: 'branch',
    refspecs: [],
    depth: 20,
  },
  runner_info: { timeout: job.timeoutSeconds },
  variables: [
    { key: 'GIT_STRATEGY', value: 'none', public: true },
    { key: 'CI_JOB_ID', value: String(job.id), public: true },
  ],
  steps: [
    { name: 'script', script: job.script, timeout: job.timeoutSeconds, when: 'on_success', allow_failure: false },
  ],
  services: [],
  artifacts: [],
  cache: [],
  credentials: [],
  dependencies: [],
  features: {
    trace_sections: true,
    failure_reasons: [
      'unknown_failure',
      'script_failure',
      'runner_system_failure',
      'job_execution_timeout',
      'runner_interrupted',
    ],
  },
});
