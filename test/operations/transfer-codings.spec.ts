import { describe, expect, it } from '@jest/globals';
import { startedFacade } from '../support/service/started-facade.js';
import { type WireAnswer, WireClient } from '../support/http/wire-client.js';

const OWN = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';
const FORWARDED = '/v2.1/servers';
const CHUNKS = '4\r\nbody\r\n0\r\n\r\n';
/** A server that ignored the transfer coding would parse this text as the next request. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n';

const REJECTED_CODINGS: readonly (readonly [version: string, ...headers: string[]])[] = [
  ['1.1', 'Transfer-Encoding: xchunked'],
  ['1.1', 'Transfer-Encoding: identity'],
  ['1.1', 'Transfer-Encoding: gzip, chunked'],
  ['1.1', 'Transfer-Encoding: chunked, gzip'],
  ['1.1', 'Transfer-Encoding: chunked, chunked'],
  ['1.1', 'Transfer-Encoding: chunked,'],
  ['1.1', 'Transfer-Encoding: ,chunked'],
  ['1.1', 'Transfer-Encoding: chunked;q=1'],
  ['1.1', 'Transfer-Encoding: "chunked"'],
  ['1.1', 'Transfer-Encoding:\tchunked\t'],
  ['1.1', 'Transfer-Encoding: '],
  ['1.1', 'Transfer-Encoding:\r\n chunked'],
  ['1.1', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  ['1.1', 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'],
  ['1.1', 'Transfer-Encoding: ', 'Transfer-Encoding: chunked'],
  ['1.1', 'Transfer-Encoding: chunked', 'Content-Length: 14'],
  ['1.0', 'Transfer-Encoding: chunked'],
  ['1.0', 'Transfer-Encoding: '],
];

const REJECTED_LENGTHS = ['', '+4', '-4', '4, 4', '4.0', '0x4', '4 4', '9'.repeat(30)];

const facade = startedFacade();
const { nova } = facade;

/** Sends bytes, and waits until the service closes the connection. */
async function answerTo(bytes: string): Promise<WireAnswer & { readonly all: string }> {
  const client = await WireClient.connect(facade.service.url);
  client.send(bytes);
  const answer = await client.answer();
  return { ...answer, all: client.text };
}

async function expectRejection(head: readonly string[], body: string): Promise<void> {
  const accepted = nova.accepted;
  const { line, all } = await answerTo(`${[...head, 'Host: a'].join('\r\n')}\r\n\r\n${body}${HIDDEN}`);
  expect(line).toBe('HTTP/1.1 400 Bad Request');
  expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  expect(nova.accepted).toBe(accepted);
}

describe('a request with a transfer coding other than chunked', () => {
  it.each(REJECTED_CODINGS)(
    'a request with a transfer coding other than chunked gets 400 and a closed connection, and does not reach nova-api: HTTP/%s %j %j',
    async (version, ...headers) => {
      const given = headers.filter(Boolean);
      await expectRejection([`POST ${FORWARDED} HTTP/${version}`, ...given], CHUNKS);
      await expectRejection([`OPTIONS ${FORWARDED} HTTP/${version}`, ...given], CHUNKS);
      await expectRejection([`GET ${OWN} HTTP/${version}`, ...given], CHUNKS);
      await expectRejection([`GET /docs HTTP/${version}`, ...given], CHUNKS);
    },
  );
});

describe('a request with an invalid Content-Length', () => {
  it.each(REJECTED_LENGTHS)(
    'a request whose Content-Length is not one plain number gets 400 and a closed connection, and does not reach nova-api: %j',
    async (length) => {
      await expectRejection([`POST ${FORWARDED} HTTP/1.1`, `Content-Length: ${length}`], 'body');
      await expectRejection([`GET ${OWN} HTTP/1.1`, `Content-Length: ${length}`], 'body');
    },
  );
});

describe('a request with a malformed first chunk', () => {
  it('a request whose malformed first chunk arrives with the headers gets 400 and does not reach nova-api', async () => {
    await expectRejection([`POST ${FORWARDED} HTTP/1.1`, 'Transfer-Encoding: chunked'], 'zz\r\n');
  });

  it('an invalid request does not affect the response to an earlier request of the same connection', async () => {
    const { all } = await answerTo(
      `GET /before HTTP/1.1\r\nHost: a\r\n\r\n` +
        `POST ${FORWARDED} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n${CHUNKS}`,
    );
    expect(all.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(nova.request.line).toBe('GET /before HTTP/1.1');
  });
});

describe('a chunked request', () => {
  it.each(['chunked', 'CHUNKED', ' chunked '])(
    'a chunked request reaches nova-api, however the client spells Transfer-Encoding: %j',
    async (coding) => {
      await answerTo(
        `POST ${FORWARDED} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: ${coding}\r\n\r\n${CHUNKS}`,
      );
      expect(nova.request.body).toBe(CHUNKS);
    },
  );
});
