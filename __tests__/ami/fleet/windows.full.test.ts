import { describeWith } from '../../support/tools.ts';
import { onStage, realRunner, until } from './stage.ts';

const tool = await realRunner();
if (tool.isRefused) console.warn(`the real runner is skipped: ${tool.reason}`);

/** The steps of a drain; a job and its webhook come as soon as the agent has told of one. */
const windows = [
  'stop polling',
  'acquire lock',
  'fence',
  'terminate instance',
  'release lock',
  'stop runner',
  'unregister',
];

(tool.isRefused ? skipped : describeWith)(tool, 'a job that comes while an instance drains', (runner) => {
  it.concurrent.each(windows)(
    'after its step "%s" is run, here or on another one (B7)',
    (step) =>
      onStage(runner, {}, async ({ fleet, job, instance, isAtZero }) => {
        const first = await job(['true']);
        await until('the first job is over', () => first.endedAt !== undefined);
        await until(`it has done "${step}"`, () =>
          instance()
            .log()
            .some((line) => line.step === step),
        );
        const second = await job(['true']);
        await until('the second job is over', () => second.endedAt !== undefined, 90);
        expect(second).toMatchObject({ status: 'success' });
        await until('the fleet is at zero', isAtZero, 90);
        expect(fleet.instances.length).toBeLessThanOrEqual(2);
      }),
    240_000,
  );
});

function skipped(_: unknown, title: string): void {
  describe.skip(`${title} (skipped: ${tool.reason})`, () => {
    it('has the real runner', () => undefined);
  });
}
