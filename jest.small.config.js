import base from './jest.config.js';

/** Small tests: each is of one unit, in this process. CONTRIBUTING.md names the sizes. */
export default {
  ...base,
  roots: ['<rootDir>/src'],
  globals: { suite: 'small' },
  globalSetup: undefined,
  globalTeardown: undefined,
};
