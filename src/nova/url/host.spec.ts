import { describe, expect, it } from '@jest/globals';
import { isValidHost } from './host.js';

describe('the value of a Host header', () => {
  it.each([
    '',
    'nova',
    'nova.example.org:8774',
    'nova_api-1.example.org.',
    'nova:',
    'xn--e1afmkfd.example:443',
    'a%C3%A9.example',
    "a!$&'()*+;=~.example",
    '192.0.2.1:80',
    '[::1]',
    '[2001:db8::1]:8774',
    '[::ffff:192.0.2.1]:80',
  ])('a Host header is valid: %j', (text) => {
    expect(isValidHost(text)).toBe(true);
  });

  it.each([
    'a/b@c, d',
    'a, b',
    'a,b',
    'a b',
    'user@nova',
    'user:secret@nova',
    'http://nova',
    'nova/',
    'nova?x',
    'nova#x',
    'nova\\x',
    'nova:80:90',
    'nova:port',
    'nova:123456',
    'nova:-1',
    'a%zz',
    'a%2',
    '<nova>',
    '"nova"',
    'a\tb',
    'a\0b',
    'nova\n',
    'nov\xe4',
    '::1',
    '[::1',
    '::1]',
    '[]',
    '[nova]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    '[::1]x',
    '[::1]:x',
  ])('a Host header is invalid: %j', (text) => {
    expect(isValidHost(text)).toBe(false);
  });
});
