import {
  assertNoTerraformExpression,
  requestTemplate,
  responseTemplate,
} from '../../../stacks/templates/mapping-templates.ts';
import { wanted } from './wanted.ts';

describe('the mapping templates as the stack embeds them', () => {
  const late = { statuses: '${a}', projectIds: '${b}', jobNamePattern: '${c}' };

  it('put what is wanted on lines of their own, before the template', () => {
    const text = requestTemplate(wanted(['created', 'pending'], { projectIds: [380], jobNamePattern: 'a|b' }));
    const [statuses, projects, names, template] = text.split('\n');
    expect(statuses).toBe('#set($webhook_build_statuses = ["created","pending"])');
    expect(projects).toBe('#set($webhook_project_ids = ["380"])');
    expect(names).toBe("#set($webhook_job_name_pattern = '(?:a|b)')");
    expect(template).toMatch(/^##/);
  });

  it('leave three expressions to Terraform: what is wanted', () => {
    const text = requestTemplate(late);
    expect(text.match(/[$%]\{[^}]*\}/g)).toEqual(Object.values(late));
    expect(responseTemplate()).not.toMatch(/[$%]\{/);
  });

  it.each(['a $${escaped}', 'a ${name}', 'a $!{name}', 'a %{ if true }'])(
    'refuse %j where Terraform would read it',
    (text) => {
      const check = () => assertNoTerraformExpression('x.vtl', `#set($a = 1)\n${text}`);
      // `$!{` is no expression of Terraform's: the `!` stands between.
      if (text.includes('$!{')) expect(check()).toContain(text);
      else
        expect(check).toThrow(
          /^x\.vtl, line 2, contains [$%]\{, which Terraform would evaluate\. Write VTL references/,
        );
    },
  );

  it('fit into the 300 KB that API Gateway takes', () => {
    expect(requestTemplate(late).length).toBeLessThan(300_000);
    expect(responseTemplate().length).toBeLessThan(300_000);
  });

  it('ask nothing of API Gateway but its documented variables', () => {
    const documented =
      /^(input\.(params|path|json|body)|util\.escapeJavaScript|stageVariables\.\w+|context\.responseOverride\.status)$/;
    for (const template of [requestTemplate(wanted([])), responseTemplate()]) {
      const local = [...template.matchAll(/#set\(\$(\w+) =|#foreach\(\$(\w+) in/g)].map(([, set, each]) => set ?? each);
      const used = [...template.matchAll(/\$!?(\w+)((?:\.\w+)*)/g)].map(([, name = '', path = '']) => `${name}${path}`);
      const foreign = used.filter((name) => !local.includes(name.split('.')[0]));
      expect(foreign.length).toBeGreaterThan(0);
      for (const name of foreign)
        expect(
          name
            .split('.')
            .slice(0, name.startsWith('context') ? 3 : 2)
            .join('.'),
        ).toMatch(documented);
    }
  });
});
