import base from './jest.config.js';

/** Builds the container image and runs it: takes root, Debian's packages and minutes. No database is needed. */
export default {
  ...base,
  roots: ['<rootDir>/test'],
  testRegex: '\\.image\\.ts$',
  globals: { suite: 'image' },
  maxWorkers: 1,
  testTimeout: 1_200_000,
};
