import { describe, expect, it } from '@jest/globals';
import { responseBytes } from '../support/nova/fake.js';
import { startedFacade } from '../support/service/started-facade.js';
import { sendWireRequest, headerValues } from '../support/http/wire-client.js';

const facade = startedFacade();
const { nova } = facade;

describe('Nova’s answer', () => {
  const answered = async (
    bytes: Buffer,
    line = 'GET /v2.1/servers HTTP/1.1',
  ): ReturnType<typeof sendWireRequest> => {
    nova.respond = (socket) => socket.end(bytes);
    return sendWireRequest(facade.service.url, line);
  };

  it.each([
    '200 OK',
    '202 Accepted',
    '299 ',
    '404 Nicht \xe4hnlich',
    '409 Conflict',
    '500 Oh',
    '599 X',
    '999 Y',
  ])('the facade passes on the status and the reason of nova-api: %s', async (status) => {
    const { line, body } = await answered(responseBytes(status, [], 'x'));
    expect([line, body]).toEqual([`HTTP/1.1 ${status}`, 'x']);
  });

  it.each(['301 Moved Permanently', '302 Found', '307 Temporary Redirect', '308 Permanent Redirect'])(
    'the facade passes on a redirection and does not follow it: %s',
    async (status) => {
      const { line, headers } = await answered(responseBytes(status, [`Location: ${nova.url}/elsewhere`]));
      expect(line).toBe(`HTTP/1.1 ${status}`);
      expect(headerValues({ headers }, 'location')).toEqual([`${nova.url}/elsewhere`]);
      expect(nova.requests).toHaveLength(1);
    },
  );

  it('the facade passes on the headers of nova-api in order, repeated and in any bytes, and adds none', async () => {
    const sent = [
      'Content-Type: application/json',
      'Set-Cookie: a=1; Path=/',
      'set-cookie: b=2',
      'X-Bytes: \xe9\xff',
      'Vary: OpenStack-API-Version',
      'Vary: X-OpenStack-Nova-API-Version',
      'x-openstack-request-id: req-of-nova',
      'Date: Mon, 01 Jan 2024 00:00:00 GMT',
      'Server: nova',
      'Content-Length: 2',
    ];
    const { headers } = await answered(responseBytes('200 OK', sent, '{}'));
    expect(headers.map(([name, value]) => `${name}: ${value}`)).toEqual([...sent, 'Connection: close']);
  });

  it('the facade does not pass on the headers that are about its connection to nova-api', async () => {
    const { headers } = await answered(
      responseBytes('200 OK', [
        'Connection: keep-alive, X-Mine',
        'Keep-Alive: timeout=5',
        'X-Mine: 1',
        'Proxy-Authenticate: Basic',
        'Trailer: X-Sum',
        'Upgrade: h2c',
        'X-Else: 2',
        'Date: today',
      ]),
    );
    expect(headers).toEqual([
      ['X-Else', '2'],
      ['Date', 'today'],
      ['Content-Length', '0'],
      ['Connection', 'close'],
    ]);
  });

  it('the facade passes on a compressed body as it is', async () => {
    const { headers, body } = await answered(
      responseBytes('200 OK', ['Content-Encoding: gzip'], '\x1f\x8b\x08\x00no gzip really\xff'),
    );
    expect(body).toBe('\x1f\x8b\x08\x00no gzip really\xff');
    expect(headerValues({ headers }, 'content-encoding')).toEqual(['gzip']);
  });

  it.each([
    ['HEAD', '200 OK', ['Content-Length: 1234']],
    ['HEAD', '300 Multiple Choices', ['Content-Length: 0']],
    ['GET', '304 Not Modified', ['ETag: "x"', 'Content-Length: 99']],
    ['DELETE', '204 No Content', ['X-A: 1']],
  ])('the facade passes on a response to %s without a body: %s', async (method, status, headers) => {
    const bytes = Buffer.from(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n`);
    const answer = await answered(bytes, `${method} /v2.1/servers HTTP/1.1`);
    expect([answer.line, answer.body, answer.error]).toEqual([`HTTP/1.1 ${status}`, '', undefined]);
    const sent = answer.headers.map(([name, value]) => `${name}: ${value}`);
    expect(sent).toEqual(expect.arrayContaining(headers));
  });

  it('the facade passes on the final response and not the informational ones before it', async () => {
    const { line, body } = await answered(
      Buffer.concat([
        Buffer.from('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
        responseBytes('200 OK', [], 'at last'),
      ]),
    );
    expect([line, body]).toEqual(['HTTP/1.1 200 OK', 'at last']);
  });
});
