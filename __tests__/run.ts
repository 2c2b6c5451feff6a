import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * `npm test`: everything that needs only Node and Terraform. `npm run test:full`: also the `*.full.test.ts` files, whose
 * tools (moto, Apache Velocity, terraform-docs) are installed into a cache folder at first use. Other arguments go to jest.
 */
const [...given] = process.argv.slice(2);
const full = given.includes('--full');
const passed = given.filter((argument) => argument !== '--full');

const plans = mkdtempSync(join(tmpdir(), 'plans-'));
process.on('exit', () => rmSync(plans, { recursive: true, force: true }));

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    // First, because jest's list options take every word that follows them.
    ...passed,
    ...(full ? [] : ['--testPathIgnorePatterns=\\.full\\.test\\.ts$', '--testPathIgnorePatterns=/node_modules/']),
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, PLANS_OF_THIS_RUN: plans, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
