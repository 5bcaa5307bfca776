import base from './jest.config.js';

/** Small tests. Each tests one unit in the process of the test. CONTRIBUTING.md explains the sizes. */
export default {
  ...base,
  roots: ['<rootDir>/src'],
  globals: { suite: 'small' },
  globalSetup: undefined,
  globalTeardown: undefined,
};
