import base from './jest.config.js';

/**
 * End-to-end tests with real servers, such as Nova and Keystone. These servers start slowly, so Jest runs one file at a
 * time.
 */
export default {
  ...base,
  roots: ['<rootDir>/test'],
  testRegex: '\\.services\\.ts$',
  globals: { suite: 'services' },
  maxWorkers: 1,
};
