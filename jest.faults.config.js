import base from './jest.config.js';

/**
 * End-to-end tests of faults. They need root or additional packages, or take several minutes. Jest runs one file at a
 * time.
 */
export default {
  ...base,
  roots: ['<rootDir>/test/faults'],
  testRegex: '\\.faults\\.ts$',
  globals: { suite: 'faults' },
  maxWorkers: 1,
};
