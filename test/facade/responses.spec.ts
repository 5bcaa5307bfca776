import { describe, expect, it } from '@jest/globals';
import { responseBytes } from '../support/nova/fake.js';
import { startedFacade } from '../support/service/started-facade.js';
import { sendWireRequest, headerValues } from '../support/http/wire-client.js';

const facade = startedFacade();
const { nova } = facade;

describe('a response of nova-api', () => {
  const responseFor = async (
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
  ])('the facade forwards the status and the reason phrase of nova-api: %s', async (status) => {
    const { line, body } = await responseFor(responseBytes(status, [], 'x'));
    expect([line, body]).toEqual([`HTTP/1.1 ${status}`, 'x']);
  });

  it.each(['301 Moved Permanently', '302 Found', '307 Temporary Redirect', '308 Permanent Redirect'])(
    'the facade forwards a redirection and does not follow it: %s',
    async (status) => {
      const { line, headers } = await responseFor(responseBytes(status, [`Location: ${nova.url}/elsewhere`]));
      expect(line).toBe(`HTTP/1.1 ${status}`);
      expect(headerValues({ headers }, 'location')).toEqual([`${nova.url}/elsewhere`]);
      expect(nova.requests).toHaveLength(1);
    },
  );

  it('the facade forwards the headers of nova-api in order, with repetitions and non-ASCII bytes, and adds only Connection', async () => {
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
    const { headers } = await responseFor(responseBytes('200 OK', sent, '{}'));
    expect(headers.map(([name, value]) => `${name}: ${value}`)).toEqual([...sent, 'Connection: close']);
  });

  it('the facade does not forward response headers that apply only to the connection to nova-api', async () => {
    const { headers } = await responseFor(
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

  it('the facade forwards a compressed body unchanged', async () => {
    const { headers, body } = await responseFor(
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
  ])('the facade forwards a response to %s without a body: %s', async (method, status, headers) => {
    const bytes = Buffer.from(`HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n`);
    const answer = await responseFor(bytes, `${method} /v2.1/servers HTTP/1.1`);
    expect([answer.line, answer.body, answer.error]).toEqual([`HTTP/1.1 ${status}`, '', undefined]);
    const sent = answer.headers.map(([name, value]) => `${name}: ${value}`);
    expect(sent).toEqual(expect.arrayContaining(headers));
  });

  it('the facade forwards the final response and drops the informational responses before it', async () => {
    const { line, body } = await responseFor(
      Buffer.concat([
        Buffer.from('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'),
        responseBytes('200 OK', [], 'at last'),
      ]),
    );
    expect([line, body]).toEqual(['HTTP/1.1 200 OK', 'at last']);
  });
});
