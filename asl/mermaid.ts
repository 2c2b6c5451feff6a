import type { Machine } from './machine.ts';
import { transitions } from './transitions.ts';

/** In a label, Mermaid takes these for the end of the statement, the start of an entity, or markup. */
const label = (words: string): string => words.replace(/[#;:<>]/g, (sign) => `#${sign.charCodeAt(0)};`);

/** The machine as a Mermaid state diagram (https://mermaid.js.org/syntax/stateDiagram.html); the same machine, the same text. */
export const mermaid = (machine: Machine): string =>
  [
    'stateDiagram-v2',
    `    [*] --> ${machine.StartAt}`,
    ...transitions(machine).map(
      ({ from, to, when }) => `    ${from} --> ${to ?? '[*]'}${when === undefined ? '' : `: ${label(when)}`}`,
    ),
    '',
  ].join('\n');
