/** All tests of `npm test`: the small ones in `src/` and the medium ones in `test/`. CONTRIBUTING.md names the sizes. */
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
  globals: { suite: 'test' }, // whose tools the setup looks for
  globalSetup: '<rootDir>/test/support/jest-global-setup.ts',
  globalTeardown: '<rootDir>/test/support/jest-global-teardown.ts',
  // No test measures how fast the service is.
  testTimeout: 600_000,
  // Many files wait more than they work.
  maxWorkers: '100%',
  // On a busy machine a worker takes longer than Jest's half second to exit. One that never exits is reported.
  workerGracefulExitTimeout: 30_000,
  // Each file leaves modules behind. A process that has gathered too many begins anew: collecting that much stops it
  // for so long that services in it miss their time limits.
  workerIdleMemoryLimit: '512MB',
};
