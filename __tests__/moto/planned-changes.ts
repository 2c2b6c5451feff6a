import { differences } from '../stacks/differences.ts';
import type { PlanOverState } from './workspace.ts';

/** One attribute that a plan changes, `aws_lifecycle_hook.start role_arn` for example. */
export interface ChangedLeaf {
  readonly at: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface PlannedChange {
  readonly address: string;
  /** `['update']`; `['create', 'delete']` is a replacement that creates first. */
  readonly actions: readonly string[];
  readonly leaves: readonly ChangedLeaf[];
}

/**
 * What a plan shows although nothing is to be done, because moto 5.2.5 does not give attributes back as they were set: it describes
 * every lifecycle hook with one queue and one role, and forgets the description of a rule whose source is another group.
 */
export const artefactsOfMoto: readonly ChangedLeaf[] = [
  ...['start', 'stop'].flatMap((end) => [
    {
      at: `aws_autoscaling_lifecycle_hook.gitlab_runners_${end} notification_target_arn`,
      before: 'arn:aws:sqs:us-east-1:123456789012:my-queue',
      after: '(not there)',
    },
    {
      at: `aws_autoscaling_lifecycle_hook.gitlab_runners_${end} role_arn`,
      before: 'arn:aws:iam::1234567890:role/my-auto-scaling-role',
      after: '(not there)',
    },
  ]),
  {
    at: 'aws_vpc_security_group_ingress_rule.runner_ssh description',
    before: '(not there)',
    after: 'Access from the bastion.',
  },
];

const isArtefact = (leaf: ChangedLeaf): boolean =>
  artefactsOfMoto.some((artefact) => JSON.stringify(artefact) === JSON.stringify(leaf));

/** The older of the provider's two frameworks writes an absent text as an empty one. */
const isNothing = (value: unknown): boolean => value === '' || value === '(not there)';

/** All that a plan would do to resources, leaf by leaf. */
export const changesOf = ({ resource_changes }: PlanOverState): readonly PlannedChange[] =>
  resource_changes
    .filter(({ mode, change: { actions } }) => mode === 'managed' && actions.join() !== 'no-op')
    .map(({ address, change: { actions, before, after, after_unknown } }) => ({
      address,
      actions,
      leaves: differences(
        { [address]: { actions, after: before, after_unknown: {} } },
        { [address]: { actions, after, after_unknown } },
      )
        .filter(({ upstream, ours }) => !isNothing(upstream) || !isNothing(ours))
        .map(({ at, upstream, ours }) => ({ at, before: upstream, after: ours })),
    }));

/** The same without the artefacts of moto, and without the updates that have nothing else. */
export const realChanges = (plan: PlanOverState): readonly PlannedChange[] =>
  changesOf(plan)
    .map((change) => ({ ...change, leaves: change.leaves.filter((leaf) => !isArtefact(leaf)) }))
    .filter(({ actions, leaves }) => actions.join() !== 'update' || leaves.length > 0);
