import { describe, expect, it } from '@jest/globals';
import { responseHeaders, requestHeaders } from './headers.js';

describe('headers of a request', () => {
  it('the headers of a request pass in order, in their case, repeated, and before those that the facade adds', () => {
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
  ])('the headers of a connection do not pass to Nova: %s', (name) => {
    expect(requestHeaders('GET', [name, 'x', 'X-Else', '1'], [])).toEqual(['X-Else', '1']);
  });

  it('the headers that Connection names do not pass to Nova, except those that no request can do without', () => {
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

  it('similar names of headers are not taken for one another', () => {
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
    ['chunked', 'POST', ['Transfer-Encoding', 'chunked'], ['Transfer-Encoding', 'chunked']],
    ['of a length', 'POST', ['content-length', '3'], ['content-length', '3']],
    ['of a length on GET', 'GET', ['Content-Length', '3'], ['Content-Length', '3']],
    ['that is empty', 'PUT', ['Content-Length', '0'], ['Content-Length', '0']],
    ['that is empty on GET', 'GET', ['Content-Length', '0'], ['Content-Length', '0']],
    ['that is none where one belongs', 'POST', [], ['Content-Length', '0']],
    ['that is none', 'DELETE', [], []],
  ])('the headers of a request say about its body: %s', (_what, method, received, sent) => {
    expect(requestHeaders(method, received, [])).toEqual(sent);
  });
});

describe('headers of an answer', () => {
  it('the headers of a response pass in order, in their case and repeated, without those of the connection', () => {
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
