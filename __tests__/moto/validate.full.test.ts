import { synthesized } from '../support/synthesized.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

describe('the whole configuration, by the real provider', () => {
  const before = process.env.CDKTF_BACKEND;
  let workspace: Workspace;

  beforeAll(async () => (workspace = await openWorkspace({})));
  afterAll(() => workspace.close());
  afterEach(() => {
    if (before === undefined) delete process.env.CDKTF_BACKEND;
    else process.env.CDKTF_BACKEND = before;
  });

  it.each(['cloud', 's3', 'local'])(
    'is valid with the backend %s',
    async (backend) => {
      process.env.CDKTF_BACKEND = backend;
      const { text, json } = synthesized();
      expect(json.terraform[backend === 'cloud' ? 'cloud' : 'backend']).toBeDefined();
      workspace.configure({ configuration: text });
      await workspace.terraform('init', '-backend=false', '-input=false', '-no-color');
      const { stdout } = await workspace.terraform('validate', '-json');
      expect(JSON.parse(stdout)).toMatchObject({ valid: true, error_count: 0, warning_count: 0, diagnostics: [] });
    },
    30_000,
  );
});
