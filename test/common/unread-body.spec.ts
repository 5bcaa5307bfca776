import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { closeWhenRead, hasBody } from '../../src/common/http/unread-body.js';

describe('hasBody', () => {
  it.each([
    ['the transfer coding chunked', { 'transfer-encoding': 'chunked' }, true],
    ['another transfer coding', { 'transfer-encoding': 'gzip, chunked' }, true],
    ['a length', { 'content-length': '3' }, true],
    ['the length 0', { 'content-length': '0' }, false],
    ['neither a length nor a coding', {}, false],
  ])('hasBody detects from the headers if a request has a body: %s', (_what, headers, expected) => {
    expect(hasBody({ headers } as IncomingMessage)).toBe(expected);
  });
});

describe('closeWhenRead', () => {
  it('closeWhenRead closes a connection only after the responses to 30,000 pipelined requests with bodies', async () => {
    const count = 30_000;
    const server = createServer((request, response) => {
      closeWhenRead(request);
      setTimeout(() => response.end(), 500);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let responses = 0;
    client.on('data', (data) => (responses += data.toString('latin1').split('HTTP/1.1 200').length - 1));
    const one = 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n';
    client.write(`${`${one}\r\nx`.repeat(count)}${one}Connection: close\r\n\r\nx`);
    await once(client, 'close');
    server.close();
    // Some status lines are split between two chunks. They are not counted, so fewer than `count` are expected.
    expect(responses).toBeGreaterThan(0.9 * count);
  });
});
