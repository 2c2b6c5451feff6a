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
  reporters: ['default', '<rootDir>/__tests__/support/reporter.js'],
  modulePathIgnorePatterns: ['<rootDir>/cdktf.out'],
  testTimeout: 20_000,
};
