import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { hasBody } from './unread-body.js';

describe('a body', () => {
  it.each([
    ['is there in chunks', { 'transfer-encoding': 'chunked' }, true],
    ['is there by any coding', { 'transfer-encoding': 'gzip, chunked' }, true],
    ['is there by its length', { 'content-length': '3' }, true],
    ['is not there where it is empty', { 'content-length': '0' }, false],
    ['is not there where nothing tells of it', {}, false],
  ])('%s', (_what, headers, follows) => {
    expect(hasBody({ headers } as IncomingMessage)).toBe(follows);
  });
});
