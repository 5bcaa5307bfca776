import { randomMoment } from '../nova/rows-actions.js';
import type { Random } from '../random.js';

const LIMITS = [
  '0',
  '1',
  '2',
  '5',
  '17',
  '999',
  '1000',
  '1001',
  '100000',
  '99999999999999999999',
  '-1',
  '+5',
  '5%20',
  '1.5',
  '0x10',
  '05',
  'abc',
  '',
  // The next value is the digit five in full width (U+FF15).
  '%EF%BC%95',
  '5%0A',
  'null',
];

const ODD_PARAMETERS = [
  'foo=bar',
  'Limit=1',
  'all_tenants=1',
  'sort_key=id',
  'foo[]=1',
  'gr%C3%B6%C3%9Fe=1',
  '=1',
  'limit',
  'marker',
  'li%6Dit=1',
  'limit=%31',
  'limit=%zz',
  'limit=%ff',
  'marker=%00',
  'foo=%ff%fe',
  'limit=1;marker=2',
  '&&',
  '',
];

const ODD_TIMES = [
  '2025',
  '2025-01',
  '2025-1-5',
  '202501',
  '20250115',
  '20250115T101112Z',
  '2025-01-15T10',
  '2025-01-15T10:11',
  '2025-01-15T10:11:12,5Z',
  '2025-01-15T10:11:12.123456789Z',
  '2025-01-15t10:11:12z',
  '2025-01-15T24:00:00Z',
  '2025-01-15T10:11:60Z',
  '2025-13-01',
  '2025-02-29',
  '2025-W03-2',
  '0001-01-01T00:00:00Z',
  '0001-01-01T00:00:00%2B01:00',
  '9999-12-31T23:59:59-01:00',
  '0000-01-01',
  'now',
  '1736935872',
  '',
  // In the next value, Nova decodes the plus sign to a space.
  '2025-01-15T10:11:12+05:30',
  '%202025-01-15',
  '2025-01-15%0A',
];

const ZONES = ['', '', 'Z', 'Z', '%2B00:00', '%2B05:30', '-0800', '%2B14', '-00:00', '%2B23:59', '%2B24:00'];

/**
 * Returns a random query string that begins with `?`. It contains known and unknown parameters, with valid and invalid
 * values.
 */
export function randomQuery(random: Random, requestIds: readonly string[]): string {
  const parameters = Array.from({ length: random.weighted(PARAMETER_COUNTS) }, () =>
    random.weighted<() => string>([
      [5, () => `limit=${random.chance(0.7) ? String(random.int(1, 12)) : random.pick(LIMITS)}`],
      [4, () => `marker=${randomMarker(random, requestIds)}`],
      [4, () => `changes-since=${randomTime(random)}`],
      [3, () => `changes-before=${randomTime(random)}`],
      [1, () => random.pick(ODD_PARAMETERS)],
    ])(),
  );
  return `?${parameters.join('&')}`;
}

const PARAMETER_COUNTS: readonly (readonly [number, number])[] = [
  [1, 0],
  [40, 1],
  [35, 2],
  [20, 3],
  [4, 5],
];

function randomMarker(random: Random, requestIds: readonly string[]): string {
  const known = random.pick(requestIds);
  const encoded = encodeURIComponent(known);
  return random.weighted([
    [80, encoded],
    [5, `req-${random.uuid()}`],
    [4, encodeURIComponent(known.toUpperCase())],
    [2, encoded.replaceAll('-', '%2D')],
    [2, `${encoded}%20`],
    [1, `%20${encoded}`],
    [2, ''],
    [1, 'gr%C3%B6%C3%9Fe'],
    [4, `${encoded}~${random.int(0, 2)}`],
    [1, '%F0%9F%98%80'],
    [1, 'x'.repeat(300)],
  ]);
}

function randomTime(random: Random): string {
  if (random.chance(0.25)) return random.pick(ODD_TIMES);
  const [date = '', time = ''] = randomMoment(random).split(' ');
  const joined = random.weighted([
    [6, `${date}T${time}`],
    [2, `${date}%20${time}`],
    [1, date],
    [1, `${date.replaceAll('-', '')}T${time.replaceAll(':', '')}`],
  ]);
  if (joined === date) return date;
  return joined + random.pick(['', '', '.0', '.5', '.999999']) + random.pick(ZONES);
}
