import base from './jest.config.js';

/** The medium tests that run in one process, on SQLite, and without any other server. */
const IN_PROCESS = [
  'common/.*',
  'config/(endless-files|settings-page)',
  'conformance/(cases|compare|digest|replay|rules)',
  'database/(older-store|schema)',
  'facade/(bodies|connecting|forwarded|forwarding|loops|responses|routes)',
  'identity/(access-rules|discovery|keystone|slow-keystone)',
  'instance-actions/(answers|policy-matrix)',
  'nova/(api-routes|bounded-texts|hosts|routes|unservable-routes)',
  'operations/(client-errors|connections|documentation|drain|line-output|openapi|transfer-codings)',
  'os-migrations/migrations',
  'repository/architecture',
];

/** The tests to run after each change. They need no MariaDB, install nothing and take less than a minute. */
export default {
  ...base,
  testRegex: ['/src/.*\\.spec\\.ts$', `/test/(${IN_PROCESS.join('|')})\\.spec\\.ts$`],
  globals: { suite: 'quick' },
  globalSetup: undefined,
  globalTeardown: undefined,
};
