import base from './jest.config.js';

/** End-to-end tests of faults that need root, additional packages or several minutes. One file runs at a time. */
export default {
  ...base,
  roots: ['<rootDir>/test/faults'],
  testRegex: '\\.faults\\.ts$',
  globals: { suite: 'faults' },
  maxWorkers: 1,
};
