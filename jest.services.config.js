import base from './jest.config.js';

/** End-to-end tests against real servers that other projects make; they take long to start, so one file runs at a time. */
export default {
  ...base,
  roots: ['<rootDir>/test'],
  testRegex: '\\.services\\.ts$',
  globals: { suite: 'services' },
  maxWorkers: 1,
};
