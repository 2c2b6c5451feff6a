import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

/**
 * `npm test`: everything that needs only Node and Terraform. `npm run test:full`: also the `*.full.test.ts` files, whose
 * tools (moto, Apache Velocity, terraform-docs) are installed into a cache folder at first use. Other arguments go to jest.
 */
const [...given] = process.argv.slice(2);
const full = given.includes('--full');
const passed = given.filter((argument) => argument !== '--full');

const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const child = spawn(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    ...(full ? [] : ['--testPathIgnorePatterns', '\\.full\\.test\\.ts$', '/node_modules/']),
    ...passed,
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
