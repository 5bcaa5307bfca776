import base from './jest.config.js';

/** End-to-end tests of faults that need root, further packages or minutes; one file at a time. */
export default {
  ...base,
  roots: ['<rootDir>/test/faults'],
  testRegex: '\\.faults\\.ts$',
  globals: { suite: 'faults' },
  maxWorkers: 1,
};
