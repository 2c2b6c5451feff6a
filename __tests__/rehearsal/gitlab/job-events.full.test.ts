import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JobEvent, jobEvent, type SentStatus } from '../../../rehearsal/gitlab/job-events.ts';
import { gitlabJson } from '../../../rehearsal/gitlab/webhook-delivery.ts';
import { builtGoTool, go, requiredModule } from '../../support/go-tool.ts';
import { describeWith } from '../../support/tools.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
type Leaves = ReadonlyMap<string, string>;

/** The path of every value in a document, and its type; null leaves the type open. */
function leavesOf(value: Json, path = ''): Leaves {
  if (Array.isArray(value)) return new Map([[path, 'array']]);
  if (typeof value === 'object' && value !== null) {
    return new Map(Object.entries(value).flatMap(([name, member]) => [...leavesOf(member, `${path}.${name}`)]));
  }
  return new Map([[path, value === null ? 'null' : typeof value]]);
}

/** An event in which nothing that can be there is left out. */
const fullest = (status: SentStatus): JobEvent =>
  jobEvent({
    status,
    jobId: 3580121225,
    projectId: 31537070,
    retriesCount: 1,
    environment: { name: 'production', action: 'start', deployment_tier: 'production' },
    sourcePipeline: {
      project: { id: 41, web_url: 'https://gitlab.example.com/acme/base', path_with_namespace: 'acme/base' },
      pipeline_id: 30,
      job_id: 3401,
    },
  });

describeWith(go(), "a job event, read by GitLab's own Go client", (goProgram) => {
  const name = 'gitlab-webhook-check';
  let check: string;
  beforeAll(async () => {
    check = await builtGoTool(goProgram, name);
  }, 300_000);

  const readBack = (body: string, eventName = 'Job Hook'): Promise<Json> =>
    new Promise((resolve, reject) => {
      const child = execFile(check, [eventName], (error, stdout, stderr) =>
        error ? reject(new Error(stderr)) : resolve(JSON.parse(stdout) as Json),
      );
      child.stdin?.end(body);
    });

  it.each(['created', 'pending', 'running', 'success', 'failed', 'canceled'] as const)(
    'says the same of a %s job',
    async (status) => {
      const sent = fullest(status) as unknown as Readonly<Record<string, Json>>;
      const understood = (await readBack(gitlabJson(sent))) as Readonly<Record<string, Json>>;
      // Go has zero values where JSON has null, and its client leaves out what it has no field for.
      const withoutNulls = JSON.parse(JSON.stringify(sent, (_key, value: unknown) => value ?? undefined)) as object;
      const known = (members: Json, of: Json): Json =>
        typeof members === 'object' &&
        members !== null &&
        !Array.isArray(members) &&
        typeof of === 'object' &&
        of !== null
          ? Object.fromEntries(
              Object.entries(members)
                .filter(([member]) => member in of)
                .map(([member, value]) => [member, known(value, (of as Record<string, Json>)[member] ?? null)]),
            )
          : members;
      expect(understood).toMatchObject(known(withoutNulls as Json, understood) as object);
      expect(understood).toMatchObject({ build_id: 3580121225, build_status: status, project_id: 31537070 });
    },
  );

  it("has every member of the event that GitLab's client carries as a fixture, of the same type", async () => {
    const folder = await requiredModule(goProgram, name, 'gitlab.com/gitlab-org/api/client-go');
    const theirs = leavesOf(JSON.parse(readFileSync(join(folder, 'testdata', 'webhooks', 'job.json'), 'utf8')) as Json);
    const ours = leavesOf(fullest('success') as unknown as Json);
    const missing = [...theirs].filter(([path, type]) => {
      const mine = ours.get(path);
      return mine === undefined || (mine !== 'null' && mine !== type);
    });
    expect(theirs.size).toBeGreaterThan(50);
    expect(missing).toEqual([]);
  });

  it('would be refused with a member of the wrong type, or under another event name', async () => {
    await expect(readBack(gitlabJson({ ...fullest('pending'), build_id: '7' }))).rejects.toThrow('build_id');
    await expect(readBack(gitlabJson(fullest('pending')), 'Push Hook')).rejects.toThrow('not as a job event');
  });
});
