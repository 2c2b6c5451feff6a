import { agentUnit, lockItem, paths } from '../../../ami/contract.ts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '../../support/tools.ts';
import { onStage, realRunner, until } from './stage.ts';

const tool = await realRunner();
if (tool.isRefused) console.warn(`the real runner is skipped: ${tool.reason}`);

/** Every step of a life from boot to end; the agent is killed as soon as it has told of it. */
const steps: readonly (readonly [step: string, hook: string])[] = [
  ['fetch token', ''],
  ['check executor', ''],
  ['create runner', ''],
  ['configure runner', ''],
  ['start runner', ''],
  ['verify runner', ''],
  ['note registration', ''],
  ['complete lifecycle action', 'launch'],
  ['poll again', ''],
  ['stop polling', ''],
  ['acquire lock', ''],
  ['fence', ''],
  ['terminate instance', ''],
  ['release lock', ''],
  ['stop runner', ''],
];

(tool.isRefused ? skipped : describeWith)(tool, 'an agent that is killed', (runner) => {
  it.concurrent.each(steps)(
    'after the step "%s"%s leaves no zombie, no second registration, no lock beyond a lease',
    (step, hook) =>
      onStage(
        runner,
        { token: 'glpat-api', settings: { group_id: 5 } },
        async ({ fleet, webhooks, instance, isAtZero }) => {
          fleet.gitlab.runners.apiTokens.set('glpat-api', ['api']);
          let made = 0;
          const add = fleet.gitlab.runners.addRunner.bind(fleet.gitlab.runners);
          fleet.gitlab.runners.addRunner = (given) => {
            made += 1;
            return add(given);
          };
          const ours = fleet.gitlab.runners.addJob({ script: ['sleep 1'] });
          await webhooks.send('pending', ours.id);
          await until('there is an instance', () => fleet.instances.length > 0);
          const has = (): boolean =>
            instance()
              .log()
              .some((line) => line.step === step && (hook === '' || line.hook === hook));
          await until(`it has done "${step}"`, has);
          expect(instance().host.service(agentUnit).kill('SIGKILL')).toBe(true);
          await until('it runs again', () => instance().host.service(agentUnit).restarts === 1 || instance().isGone);
          await until('the job is over', () => ours.endedAt !== undefined);
          expect(ours).toMatchObject({ status: 'success' });
          const config = join(instance().host.root, paths.config);
          if (['poll again', 'stop polling'].includes(step) && !instance().isGone && existsSync(config))
            await until(
              'its runners are back, or it has gone',
              () => instance().isGone || readFileSync(config, 'utf8').includes('[[runners]]'),
            );
          await until('the fleet is at zero', isAtZero, 120);
          // One that was making its runner may have made it: then it is deleted before it is made anew.
          expect(made).toBeLessThanOrEqual(fleet.instances.length + (step === 'check executor' ? 1 : 0));
          expect(fleet.gitlab.runners.runners).toEqual([]);
          await until(
            'the lock is free, or its lease is over',
            async () =>
              (await fleet.dynamodb.item())?.[lockItem.holder] === undefined ||
              webhookTakesOver(webhooks.send('pending', 2)),
            30,
          );
        },
      ),
    240_000,
  );
});

/** A lock of a killed agent is left to its lease, by which the next webhook takes it over. */
const webhookTakesOver = async (sent: Promise<{ readonly status: string }>): Promise<boolean> =>
  (await sent).status === 'SUCCEEDED';

function skipped(_: unknown, title: string): void {
  describe.skip(`${title} (skipped: ${tool.reason})`, () => {
    it('has the real runner', () => undefined);
  });
}
