import { describe, expect, it } from '@jest/globals';
import { responseHeaders, requestHeaders } from './headers.js';

describe('the headers of a request', () => {
  it('the facade forwards the headers of a request in order, with their case and repetitions, before the headers that the facade adds', () => {
    const received = ['Host', 'a', 'x-B', '1', 'X-b', '2', 'Cookie', 'c'];
    expect(requestHeaders('GET', received, [['X-Forwarded-For', '192.0.2.1']])).toEqual([
      ...received,
      'X-Forwarded-For',
      '192.0.2.1',
    ]);
  });

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Forwarded',
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-Forwarded-Anything',
    'X_Forwarded_For',
    'x-forwarded_prefix',
  ])('the facade does not forward the request header %s', (name) => {
    expect(requestHeaders('GET', [name, 'x', 'X-Else', '1'], [])).toEqual(['X-Else', '1']);
  });

  it('the facade does not forward headers that Connection lists, except Host and Content-Length', () => {
    const received = [
      'Connection',
      'close, X-A',
      'X-A',
      '1',
      'connection',
      ' x-b ,host,content-length',
      'X-B',
      '2',
    ];
    const essential = ['Host', 'a', 'Content-Length', '3'];
    expect(requestHeaders('POST', [...received, ...essential], [])).toEqual(essential);
  });

  it('the facade forwards headers whose names only resemble those of dropped headers', () => {
    const received = [
      'X-Forward',
      '1',
      'My-Forwarded',
      '2',
      'Proxy',
      '3',
      'Content-TE',
      '4',
      'X-Expect',
      '5',
    ];
    expect(requestHeaders('GET', received, [])).toEqual(received);
  });

  it.each([
    ['in chunks', 'POST', ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'chunked']],
    ['with a length', 'POST', ['content-length', '3'], ['content-length', '3']],
    ['of GET with a length', 'GET', ['Content-Length', '3'], ['Content-Length', '3']],
    ['of PUT with length 0', 'PUT', ['Content-Length', '0'], ['Content-Length', '0']],
    ['of GET with length 0', 'GET', ['Content-Length', '0'], ['Content-Length', '0']],
    ['of POST without framing headers', 'POST', [], ['Content-Length', '0']],
    ['of DELETE without framing headers', 'DELETE', [], []],
  ])(
    'the facade sends Nova the Content-Length or Transfer-Encoding of a body %s',
    (_what, method, received, sent) => {
      expect(requestHeaders(method, received, [])).toEqual(sent);
    },
  );
});

describe('the headers of a response', () => {
  it('the facade forwards the headers of a response in order, with their case and repetitions, without connection headers', () => {
    const passed = [
      'Set-Cookie',
      'a',
      'set-cookie',
      'b',
      'Content-Length',
      '0',
      'X-Forwarded-For',
      'x',
      'Expect',
      'y',
    ];
    const ofTheConnection = [
      'Transfer-Encoding',
      'chunked',
      'Connection',
      'X-A',
      'X-A',
      '1',
      'Keep-Alive',
      't',
    ];
    expect(responseHeaders([...passed, ...ofTheConnection])).toEqual(passed);
  });
});
