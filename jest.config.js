/** The tests of `npm test`: small tests in `src/` and medium tests in `test/`. CONTRIBUTING.md explains the sizes. */
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
  globals: { suite: 'test' }, // the setup checks the tools that this suite needs
  globalSetup: '<rootDir>/test/support/jest-global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.ts',
  // A high limit, because no test measures the speed of the service.
  testTimeout: 600_000,
  // Many test files mostly wait.
  maxWorkers: '100%',
  // On a busy machine a worker needs more than Jest's default of 0.5 s to exit. Jest reports a worker that never exits.
  workerGracefulExitTimeout: 30_000,
  // Each test file leaves modules in memory. Above this limit Jest restarts the worker. Otherwise garbage collection
  // would pause the worker for so long that services in it exceed their time limits.
  workerIdleMemoryLimit: '512MB',
};
