import base from './jest.config.js';

/**
 * End-to-end tests that build and run the container image. They need root and Debian packages, but no database. They
 * take minutes.
 */
export default {
  ...base,
  roots: ['<rootDir>/test'],
  testRegex: '\\.image\\.ts$',
  globals: { suite: 'image' },
  maxWorkers: 1,
  testTimeout: 1_200_000,
};
