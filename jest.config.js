/**
 * The tests of `npm test`: the small tests in `src/` and the medium tests in `test/`. CONTRIBUTING.md explains the
 * sizes.
 */
export default {
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
        },
        module: { type: 'es6' },
      },
    ],
  },
  testEnvironment: 'node',
  // The global setup reads the name of the suite, and checks that the tools for it are installed.
  globals: { suite: 'test' },
  globalSetup: '<rootDir>/test/support/jest-global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.ts',
  // The time limit is high, so that tests pass on a slow machine. No test measures the speed of the service.
  testTimeout: 600_000,
  // One worker for each core, because many test files mostly wait and use little CPU time.
  maxWorkers: '100%',
  // On a busy machine a worker needs more time to exit than Jest's default of 0.5 s. Jest still reports a worker that
  // never exits.
  workerGracefulExitTimeout: 30_000,
  // Each test file leaves modules in memory. Jest restarts a worker that uses more than this memory. Otherwise garbage
  // collection would pause the worker for so long that services in that worker exceed their time limits.
  workerIdleMemoryLimit: '512MB',
};
