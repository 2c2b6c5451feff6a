import {
  assertNoTerraformExpression,
  requestTemplate,
  responseTemplate,
} from '../../../stacks/templates/mapping-templates.ts';

describe('the mapping templates as the stack embeds them', () => {
  const late = '${jsonencode(var.webhook_build_statuses)}';

  it('put the wanted statuses on a line of their own, before the template', () => {
    const [first, second] = requestTemplate('["created","pending"]').split('\n');
    expect(first).toBe('#set($webhook_build_statuses = ["created","pending"])');
    expect(second).toMatch(/^##/);
  });

  it('leave one expression to Terraform: the statuses', () => {
    const text = requestTemplate(late);
    expect(text.match(/[$%]\{[^}]*\}/g)).toEqual([late]);
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
    for (const template of [requestTemplate('[]'), responseTemplate()]) {
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
