import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generatedPages } from './pages.ts';
import { ToolError } from './terraform-docs.ts';

/**
 * `npm run docs` writes what is generated into the pages of the current folder; `npm run docs:check` (`--check`) changes nothing
 * and exits 1 when a page says something else than the code.
 */
const [...given] = process.argv.slice(2);
const check = given.includes('--check');
const unknown = given.filter((argument) => argument !== '--check');
if (unknown.length > 0) {
  console.error(`Unknown argument ${unknown.join(' ')}; the only one is --check.`);
  process.exit(2);
}

try {
  const outdated = [];
  for (const { file, render } of await generatedPages((line) => console.error(line))) {
    const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const after = await render(before);
    if (before === after) {
      console.log(`${file} is up to date`);
    } else if (check) {
      outdated.push(file);
    } else {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, after);
      console.log(`${file} written`);
    }
  }
  for (const file of outdated) console.error(`${file} is out of date; run npm run docs`);
  if (outdated.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof ToolError ? error.message : error);
  process.exitCode = 1;
}
