import base from './jest.config.js';

/** Small tests: each tests one unit in one process. CONTRIBUTING.md explains the sizes. */
export default {
  ...base,
  roots: ['<rootDir>/src'],
  globals: { suite: 'small' },
  globalSetup: undefined,
  globalTeardown: undefined,
};
