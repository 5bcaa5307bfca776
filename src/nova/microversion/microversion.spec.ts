import { describe, expect, it } from '@jest/globals';
import { BadRequest, NotAcceptable } from '../fault/faults.js';
import { Microversion, NEWEST_MICROVERSION, OLDEST_MICROVERSION } from './microversion.js';
import { checkSupported, requestedVersion } from './negotiation.js';

describe('microversions', () => {
  it('microversions are ordered by their numbers, not by their digits', () => {
    const versions = ['2.9', '2.10', '2.1', '3.0', '2.100'].map((text) => Microversion.parse(text));
    const sorted = versions.filter((version) => version !== undefined).sort((a, b) => a.compare(b));
    expect(sorted.map(String)).toEqual(['2.1', '2.9', '2.10', '2.100', '3.0']);
    expect(NEWEST_MICROVERSION.atLeast(OLDEST_MICROVERSION)).toBe(true);
    expect(OLDEST_MICROVERSION.atLeast(NEWEST_MICROVERSION)).toBe(false);
    expect(NEWEST_MICROVERSION.atLeast(NEWEST_MICROVERSION)).toBe(true);
  });

  it.each([
    '',
    '2',
    '2.',
    '.1',
    '2.051',
    '02.1',
    '0.1',
    '-1',
    '2.1.0',
    '2.1 ',
    'abc',
    '2,1',
    'LATEST',
    '2.1\n',
  ])('microversions cannot be written as %j', (text) => {
    expect(Microversion.parse(text)).toBeUndefined();
  });
});

describe('negotiation of the microversion', () => {
  const negotiated = (standard?: string | string[], legacy?: string): string =>
    requestedVersion({
      'openstack-api-version': standard,
      'x-openstack-nova-api-version': legacy,
    }).toString();

  it.each([
    [undefined, undefined, '2.1'],
    ['compute 2.51', undefined, '2.51'],
    ['  COMPUTE \t 2.51  ', undefined, '2.51'],
    ['compute latest', undefined, '2.103'],
    ['volume 3.1, compute 2.51', undefined, '2.51'],
    ['compute 2.51, volume 3.1', undefined, '2.51'],
    ['compute 2.51,compute 2.1', undefined, '2.1'],
    [['compute 2.51', 'compute 2.60'], undefined, '2.60'],
    ['volume 3.1', undefined, '2.1'],
    ['volume 3.1', '2.60', '2.60'],
    ['compute', undefined, '2.1'],
    ['2.51', undefined, '2.1'],
    ['compute 2.62', 'abc', '2.62'],
    [undefined, ' 2.51 ', '2.51'],
    [undefined, '2.51, 2.60', '2.60'],
    [undefined, 'latest', '2.103'],
  ])(
    'negotiation of the microversion, with the header values %j and %j (older header), selects %s',
    (standard, legacy, expected) => {
      expect(negotiated(standard, legacy)).toBe(expected);
    },
  );

  it('negotiation of the microversion reads headers with 200,000 spaces', () => {
    const white = ' '.repeat(200_000);
    expect(negotiated(`${white}x${white}y${white}`, `${white}2.5${white}`)).toBe('2.5');
  });

  it.each([
    ['compute abc', undefined, 'abc'],
    ['compute LATEST', undefined, 'LATEST'],
    ['compute 2.51 2.52', undefined, '2.51 2.52'],
    [undefined, '', ''],
  ])(
    'negotiation of the microversion rejects the header values %j and %j (older header)',
    (standard, legacy, named) => {
      const message = `API Version String ${named} is of invalid format. Must be of format MajorNum.MinorNum.`;
      expect(() => negotiated(standard, legacy)).toThrow(new BadRequest(message));
    },
  );

  it.each(['2.0', '1.1', '2.104', '3.0', '2.99999999999999999999'])(
    'negotiation of the microversion rejects the unsupported version %s',
    (text) => {
      const version = requestedVersion({ 'openstack-api-version': `compute ${text}` });
      expect(() => {
        checkSupported(version);
      }).toThrow(
        new NotAcceptable(
          `Version ${text} is not supported by the API. Minimum is 2.1 and maximum is 2.103.`,
        ),
      );
    },
  );
});
