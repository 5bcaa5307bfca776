import { describe, expect, it } from '@jest/globals';
import { prefersPage } from './accept.js';

describe('prefersPage', () => {
  it.each([
    'text/html',
    'TEXT/HTML ; charset=utf-8',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'text/html, application/xhtml+xml, image/jxr, */*',
    'application/json;q=0.5, text/html',
  ])('prefersPage returns true for an Accept header that prefers an HTML page: %s', (accept) => {
    expect(prefersPage(accept)).toBe(true);
  });

  it.each([
    '',
    '*/*',
    'text/*',
    'text/plain',
    'application/json',
    'application/json, text/html',
    'text/html, application/json',
    'application/json, text/plain, */*',
    'text/html;q=0.5, */*',
    'text/html;q=0',
    'text/html;q=x',
    'application/xhtml+xml',
    'nottext/html',
  ])('prefersPage returns false for an Accept header that does not prefer an HTML page: "%s"', (accept) => {
    expect(prefersPage(accept)).toBe(false);
  });
});
