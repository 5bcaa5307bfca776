import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeystoneHttp } from '../../src/identity/keystone/keystone-http.js';

const RESPONSE = JSON.stringify({ text: 'x'.repeat(1_000) });

let server: Server;
let http: KeystoneHttp;
let url: string;
let requests: IncomingMessage[];
/**
 * Functions that respond to the first requests: the first function to the first request, and so on. All later requests
 * get `RESPONSE`.
 */
let faults: ((response: ServerResponse) => void)[];

beforeEach(async () => {
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    const fault = faults.shift();
    if (fault === undefined) response.end(RESPONSE);
    else fault(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  http = new KeystoneHttp(10_000);
});

afterEach(async () => {
  await http.close();
  server.close();
});

const closed = (response: ServerResponse): void => void response.destroy();
function closedWithinBody(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': RESPONSE.length });
  response.write(RESPONSE.slice(0, 100), () => response.destroy());
}

describe('a request to Keystone on a closed connection', () => {
  it.each([
    ['before the response', closed],
    ['within the response body', closedWithinBody],
  ])(
    'the service sends a request to Keystone once more, completely, if Keystone closes the connection %s',
    async (_when, fault) => {
      faults = [fault];
      expect(await http.get('discovery', url, {})).toMatchObject({
        status: 200,
        body: { text: 'x'.repeat(1_000) },
      });
      expect(requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    },
  );

  it('the service does not send a request to Keystone a third time if Keystone has closed two connections', async () => {
    faults = [closed, closed];
    await expect(http.post('sign_in', url, {})).rejects.toThrow();
    expect(requests.length).toBe(2);
  });
});
