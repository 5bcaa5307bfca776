import { expect, it } from '@jest/globals';
import { prettyLines } from './pretty-lines.js';

const pretty = prettyLines(false);

/** Returns a log line as shown on a terminal, without its time. */
function shown(fields: object): string {
  const line = { level: 'info', time: '2026-01-02T03:04:05.006Z', pid: 1, logger: 'Access', ...fields };
  return pretty(`${JSON.stringify(line)}\n`).replace(/^\[.*?\] /, '');
}

const REQUEST = {
  address: '192.0.2.1',
  method: 'GET',
  path: '/events',
  route: '/events',
  request_id: 'req-1',
};

it('on a terminal, the log line of a request has the format of nova-api', () => {
  const end = { status: 200, length: 5, microversion: '2.1', seconds: 0.25, kind: 'stream', cut: true };
  expect(shown({ ...REQUEST, ...end, msg: 'request' })).toBe(
    'INFO: Access: 192.0.2.1 "GET /events" status: 200 len: 5 microversion: 2.1 time: 0.25 [req-1]\n',
  );
});

it('on a terminal, the log line for the start of a stream shows the request without a status', () => {
  expect(shown({ ...REQUEST, kind: 'stream', msg: 'stream starts' })).toBe(
    'INFO: Access: 192.0.2.1 "GET /events" stream starts [req-1]\n',
  );
});

it('on a terminal, a line of the audit log shows who has read what', () => {
  const audit = {
    ...REQUEST,
    method: undefined,
    logger: 'Audit',
    reason: 'all projects',
    user_id: 'u',
    query: 'a=b',
  };
  expect(shown({ ...audit, status: 200, items: 3, msg: 'audited read' })).toBe(
    'INFO: Audit: audited read: 192.0.2.1 "/events?a=b" reason: all projects user: u status: 200 items: 3 [req-1]\n',
  );
  expect(shown({ ...audit, msg: 'audited read starts' })).toBe(
    'INFO: Audit: audited read starts: 192.0.2.1 "/events?a=b" reason: all projects user: u [req-1]\n',
  );
});
