import { readFileSync, writeFileSync } from 'node:fs';
import { withDemandDiagram, withScaleOutDiagram } from '../../asl/diagram-page.ts';

describe.each([
  { page: 'scale-out', withDiagram: withScaleOutDiagram },
  { page: 'demand', withDiagram: withDemandDiagram },
])('docs/$page.md', ({ page, withDiagram }) => {
  const file = new URL(`../../docs/${page}.md`, import.meta.url);

  it('shows the machine as it is (UPDATE_DOCS=1 writes it)', () => {
    const text = readFileSync(file, 'utf8');
    const wanted = withDiagram(text);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
    else expect(text).toBe(wanted);
  });

  it('is refused when it has no place for the diagram', () => {
    expect(() => withDiagram('# Something else')).toThrow('has no place for the diagram');
  });
});
