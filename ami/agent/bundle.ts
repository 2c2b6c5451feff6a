import { build, stop } from 'esbuild';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { contractVersion } from '../contract.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The agent as one file, which needs Node and nothing else; `npm run agent:bundle`. */
export async function bundleAgent(outfile = path('dist/agent.mjs')): Promise<string> {
  const { version } = JSON.parse(readFileSync(path('../../package.json'), 'utf8')) as { readonly version: string };
  await build({
    entryPoints: [path('main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'inline',
    define: { AGENT_VERSION: JSON.stringify(`${version} (contract ${contractVersion})`) },
    // commander and pino are CommonJS, which asks for Node's own modules by require.
    banner: {
      js: "import { createRequire as createRequireOfBundle } from 'node:module';const require = createRequireOfBundle(import.meta.url);",
    },
    logLevel: 'warning',
  });
  // Otherwise its helper process lives as long as this one.
  await stop();
  return outfile;
}

if (process.argv[1] === path('bundle.ts')) process.stdout.write(`${await bundleAgent(process.argv[2])}\n`);
