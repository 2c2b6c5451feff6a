import { synthesized } from '../support/synthesized.ts';
import { read } from './markdown.ts';

const { json } = synthesized();
const readme = read('README.md');
const block = readme.slice(readme.indexOf('<!-- BEGIN_TF_DOCS -->'), readme.indexOf('<!-- END_TF_DOCS -->'));

/** terraform-docs escapes what Markdown would take for its own; single line breaks do not occur in descriptions. */
const plain = (text: string): string => text.replace(/\\([_*])/g, '$1');

/** Needs no terraform-docs, so that a forgotten `npm run docs` is noticed on every machine. */
describe('the README’s tables', () => {
  const inputs = [...block.matchAll(/<a name="input_[^"]+"><\/a> \[([^\]]+)\]\([^)]*\) \| (.*?) \| /g)];

  it('have every variable with its description, and no other', () => {
    const documented = Object.fromEntries(inputs.map(([, name = '', text = '']) => [plain(name), plain(text)]));
    const declared = Object.fromEntries(
      Object.entries(json.variable).map(([name, { description }]) => [name, String(description)]),
    );
    expect(documented).toEqual(declared);
  });

  it('have every resource and data source', () => {
    const addresses = [json.resource, json.data].flatMap((blocks) =>
      Object.entries(blocks).flatMap(([type, named]) => Object.keys(named).map((name) => `[${type}.${name}](`)),
    );
    expect(addresses).toHaveLength(39);
    expect(addresses.filter((address) => !block.includes(address))).toEqual([]);
  });

  it('have the output', () => {
    expect(Object.keys(json.output).filter((name) => !block.includes(`<a name="output_${name}">`))).toEqual([]);
  });
});
