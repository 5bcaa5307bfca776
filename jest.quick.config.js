import base from './jest.config.js';

/** End-to-end tests that need no other server: in this process, on SQLite. */
const IN_PROCESS = [
  'answers',
  'bounded-texts',
  'client-errors',
  'connections',
  'documentation',
  'facade',
  'facade-(answers|bodies|forwarded|loops|routes)',
  'hosts',
  'migrations',
  'older-store',
  'openapi',
  'policy-matrix',
  'routes',
  'schema',
  'settings-page',
  'transfer-codings',
  'unservable-routes',
];

/** What a contributor runs after each change: no MariaDB, nothing is installed, less than a minute. */
export default {
  ...base,
  testRegex: [
    '/src/.*\\.spec\\.ts$',
    '/test/conformance/(cases|compare|digest|replay)\\.spec\\.ts$',
    `/test/e2e/(${IN_PROCESS.join('|')})\\.spec\\.ts$`,
  ],
  globals: { suite: 'quick' },
  globalSetup: undefined,
  globalTeardown: undefined,
};
