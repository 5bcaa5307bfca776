import fc from 'fast-check';
import { personaTokens } from '../../support/service/service.js';
import { headerNoise, mostly, oneOf, utf8 } from './texts.js';

/** The name and the value of a header. Each character of the value represents one byte. */
export type Header = readonly [name: string, value: string];

/** Generates a header that has one of the given names. */
export function header(names: readonly string[], value: fc.Arbitrary<string>): fc.Arbitrary<Header> {
  return fc.tuple(oneOf(...names), value);
}

/** Generates one header (with the given weight), no header (weight 3), or two headers (weight 1). */
export function upToTwo(one: fc.Arbitrary<Header>, weightOfOne: number): fc.Arbitrary<Header[]> {
  return fc.oneof<fc.MaybeWeightedArbitrary<Header[]>[]>(
    { weight: weightOfOne, arbitrary: fc.tuple(one) },
    { weight: 3, arbitrary: fc.constant<Header[]>([]) },
    { weight: 1, arbitrary: fc.tuple(one, one) },
  );
}

/** Generates the header with the caller's token. */
export const tokenHeader = header(
  ['X-Auth-Token', 'X-Auth-Token', 'x-auth-token', 'X-AUTH-TOKEN'],
  mostly(
    oneOf(...Object.values(personaTokens)),
    30,
    oneOf('', 'a-token-that-nobody-knows', 'Token-of-admin', 'token-of-', '__proto__', 'constructor'),
    oneOf(...Object.values(personaTokens)).map((token) => `  ${token}\t`),
    headerNoise,
  ),
);

const version = mostly(
  fc.oneof(
    fc.integer({ min: 1, max: 103 }).map((minor) => `2.${minor}`),
    oneOf('latest', '2.1', '2.50', '2.51', '2.58', '2.66', '2.84', '2.102', '2.103'),
  ),
  20,
  oneOf(
    '2.0',
    '2.104',
    '3.0',
    '1.1',
    '2',
    '2.01',
    '2.1.1',
    '-2.1',
    'LATEST',
    '',
    '2.-1',
    utf8('٢.١'),
    '2.5\xa0',
  ),
  fc.nat().map((minor) => `2.${minor}`),
  fc.constant(`2.${'9'.repeat(400)}`),
  headerNoise,
);

/** Generates the headers with the requested microversion. */
export const versionHeader = fc.oneof(
  header(
    ['OpenStack-API-Version', 'openstack-api-version'],
    mostly(
      version.map((text) => `compute ${text}`),
      8,
      version,
      fc.tuple(version, version).map(([a, b]) => `volume ${a}, compute ${b}`),
      version.map((text) => ` COMPUTE \t ${text} `),
    ),
  ),
  header(['X-OpenStack-Nova-API-Version'], version),
);

/** Generates a value of `Accept` or `Content-Type`. */
export const mediaType = fc.oneof(
  oneOf(
    'application/json',
    'text/html',
    'text/plain',
    '*/*',
    'text/*',
    'application/*;q=0.5, text/html;q=0.9',
  ),
  oneOf(
    'application/json; charset=utf-8',
    'application/vnd.openstack.compute+json',
    'application/xml',
    'image/png',
  ),
  oneOf('', ';', '/', 'application', 'text/html;q=', 'text/html;q=NaN, application/json;q=-1', 'a/b/c', ','),
  headerNoise,
);

/** Generates headers that proxies, browsers and caches send, and unusual headers. */
export const otherHeader = fc.oneof(
  header(['X-Forwarded-For', 'Forwarded'], oneOf('10.0.0.1', '::1, 127.0.0.1', 'for=_x', '', utf8('☃'))),
  header(['X-Forwarded-Proto'], oneOf('https', 'http', 'gopher', 'https, http', '"', '')),
  header(['X-Forwarded-Host'], oneOf('a.example.org', 'a.example.org:443, b', '', '/', '"><b>', '\xfc')),
  header(['Connection'], oneOf('close', 'keep-alive', 'Upgrade', 'X-Auth-Token')),
  header(['Upgrade'], oneOf('websocket', 'h2c')),
  header(['Expect'], fc.constant('100-continue')),
  header(['Range', 'If-Range'], oneOf('bytes=0-10', 'bytes=-1', 'bytes=9-1', 'items=0', '"x"')),
  header(
    ['If-None-Match', 'If-Match', 'If-Modified-Since'],
    oneOf('*', '"x"', 'Mon, 23 Nov 2026 13:13:13 GMT', 'x'),
  ),
  header(
    ['Accept-Encoding', 'Accept-Language', 'Accept-Charset', 'Accept-Version', 'TE'],
    oneOf('gzip', '*', '1.x'),
  ),
  header(
    ['X-HTTP-Method-Override', 'X-OpenStack-Request-ID', 'Origin', 'Cookie', 'X-Roles', 'X-Project-Id'],
    headerNoise,
  ),
  fc.tuple(fc.stringMatching(/^X-[A-Za-z0-9!#$&'*+.^_`|~-]{1,20}$/), headerNoise),
);

/** Generates a value of `Host`: usually the service's own address. */
export const host = (port: string): fc.Arbitrary<string> =>
  mostly(
    fc.constant(`127.0.0.1:${port}`),
    10,
    oneOf(
      'nova.example.org',
      'nova.example.org:80',
      '[::1]:8774',
      'localhost:99999',
      '',
      ':',
      '"><b>',
      '\xfc/../',
    ),
  );
