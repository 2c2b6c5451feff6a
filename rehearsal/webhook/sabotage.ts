import type { PlannedWorld } from '../planned-world.ts';

/** Breaks one part of the planned world, and names the first step that has to notice. */
interface Sabotage {
  readonly what: string;
  readonly noticedBy: string;
  readonly apply: (planned: PlannedWorld) => PlannedWorld;
}

const inDefinition = (planned: PlannedWorld, from: RegExp, to: string): PlannedWorld => {
  const definition = planned.machine.definition.replace(from, to);
  if (definition === planned.machine.definition) throw new Error(`The definition has nothing that matches ${from}.`);
  return { ...planned, machine: { ...planned.machine, definition } };
};

/** For `--break NAME`: shows that the rehearsal fails when a part does. */
export const sabotages: Readonly<Record<string, Sabotage>> = {
  secret: {
    what: 'the machine compares with the hash of another secret',
    noticedBy: 'cold-wake-up',
    apply: (planned) => inDefinition(planned, /"[0-9a-f]{64}"/, `"${'0'.repeat(64)}"`),
  },
  statuses: {
    what: 'the request template accepts no status',
    noticedBy: 'cold-wake-up',
    apply: (planned) => ({
      ...planned,
      webhook: {
        ...planned.webhook,
        requestTemplates: Object.fromEntries(
          Object.entries(planned.webhook.requestTemplates).map(([type, text]) => [
            type,
            text.replace(/^#set\(\$webhook_build_statuses = .*\)$/m, '#set($webhook_build_statuses = [])'),
          ]),
        ),
      },
    }),
  },
  'response-template': {
    what: 'the integration response has no template, as in upstream',
    noticedBy: 'cold-wake-up',
    apply: (planned) => ({
      ...planned,
      webhook: {
        ...planned.webhook,
        integrationResponses: planned.webhook.integrationResponses.map((response) => ({
          ...response,
          responseTemplates: null,
        })),
      },
    }),
  },
  'launch-hook': {
    what: 'the group has no lifecycle hooks',
    noticedBy: 'cold-wake-up',
    apply: (planned) => ({ ...planned, group: { ...planned.group, hooks: [] } }),
  },
  'max-size': {
    what: 'the group may have no instance',
    noticedBy: 'cold-wake-up',
    apply: (planned) => ({ ...planned, group: { ...planned.group, maxSize: 0 } }),
  },
  release: {
    what: 'nobody lets the lock go',
    noticedBy: 'cold-wake-up',
    apply: (planned) => inDefinition(planned, /REMOVE Holder ADD/g, 'ADD'),
  },
  'missing-group': {
    what: 'the machine does not see that the group is missing',
    noticedBy: 'group-missing',
    apply: (planned) =>
      inDefinition(planned, /("CheckDesiredCapacity": [\s\S]*?"Variable": "\$\.asg\.groups)\[0\]/, '$1'),
  },
};
