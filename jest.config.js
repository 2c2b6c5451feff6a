export default {
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  setupFiles: ['<rootDir>/rehearsal/step-functions/promise-with-resolvers.ts'],
  // Most of the time a test waits for Terraform: two files at once on a machine of two cores.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/__tests__/support/reporter.js'],
  modulePathIgnorePatterns: ['<rootDir>/cdktf.out'],
  testTimeout: 20_000,
};
