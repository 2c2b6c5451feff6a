import { readdirSync, readFileSync } from 'node:fs';
import { actions } from '../../../../ami/agent/ports/rights.ts';
import { synthesized } from '../../../support/synthesized.ts';

const ports = new URL('../../../../ami/agent/ports/', import.meta.url);
const sent = readdirSync(ports)
  .filter((name) => name.endsWith('.ts') && name !== 'rights.ts')
  .flatMap((name) =>
    [...readFileSync(new URL(name, ports), 'utf8').matchAll(/new (\w+)Command\(/g)].map(([, command]) => command!),
  );

interface Statement {
  readonly sid?: string;
  readonly effect?: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly condition?: readonly unknown[];
}
const statements = (): readonly Statement[] =>
  (
    synthesized().json.data.aws_iam_policy_document?.gitlab_cache as unknown as {
      readonly statement: readonly Statement[];
    }
  ).statement;

describe('the rights of the agent', () => {
  it('are those that its ports use', () => {
    expect([...new Set(sent)].sort()).toEqual(actions.map((action) => action.split(':')[1]!).sort());
  });

  it('are all allowed by the policy of the stack, and nothing else of these services is', () => {
    const services = new Set(actions.map((action) => action.split(':')[0]!));
    const allowed = statements()
      .flatMap((statement) => statement.actions)
      .filter((action) => services.has(action.split(':')[0]!));
    expect([...allowed].sort()).toEqual([...actions].sort());
  });

  it('are allowed on what belongs to the fleet alone, or under a condition; describing groups knows no resource', () => {
    const wide = statements().filter(({ resources, condition }) => resources.includes('*') && condition === undefined);
    expect(wide.flatMap((statement) => statement.actions)).toEqual(['autoscaling:DescribeAutoScalingGroups']);
    expect(
      statements()
        .flatMap((statement) => statement.actions)
        .filter((action) => action.includes('*')),
    ).toEqual([]);
  });
});
