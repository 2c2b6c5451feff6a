import { readFileSync, writeFileSync } from 'node:fs';
import { withScaleOutDiagram } from '../../asl/diagram-page.ts';

const file = new URL('../../docs/scale-out.md', import.meta.url);

describe('docs/scale-out.md', () => {
  it('shows the machine as it is (UPDATE_DOCS=1 writes it)', () => {
    const page = readFileSync(file, 'utf8');
    const wanted = withScaleOutDiagram(page);
    if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
    else expect(page).toBe(wanted);
  });

  it('is refused when it has no place for the diagram', () => {
    expect(() => withScaleOutDiagram('# Something else')).toThrow('has no place for the diagram');
  });
});
