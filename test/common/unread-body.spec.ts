import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { closeWhenRead, hasBody } from '../../src/common/http/unread-body.js';

describe('a body', () => {
  it.each([
    ['is there in chunks', { 'transfer-encoding': 'chunked' }, true],
    ['is there by any coding', { 'transfer-encoding': 'gzip, chunked' }, true],
    ['is there by its length', { 'content-length': '3' }, true],
    ['is not there where it is empty', { 'content-length': '0' }, false],
    ['is not there where nothing tells of it', {}, false],
  ])('a body %s', (_what, headers, follows) => {
    expect(hasBody({ headers } as IncomingMessage)).toBe(follows);
  });
});

describe('the end of a connection', () => {
  it('the end of a connection comes in order, however many requests with bodies wait for their responses', async () => {
    const count = 30_000;
    const server = createServer((request, response) => {
      closeWhenRead(request);
      setTimeout(() => response.end(), 500);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let answers = 0;
    client.on('data', (data) => (answers += data.toString('latin1').split('HTTP/1.1 200').length - 1));
    const one = 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n';
    client.write(`${`${one}\r\nx`.repeat(count)}${one}Connection: close\r\n\r\nx`);
    await once(client, 'close');
    server.close();
    // An answer that two pieces share is not seen.
    expect(answers).toBeGreaterThan(0.9 * count);
  });
});
