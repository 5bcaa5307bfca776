import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../fault/faults.js';
import { Microversion } from '../microversion/microversion.js';
import { type Moment, parseIsoTime } from './iso-time.js';
import { parseQuery } from '../url/parse-query.js';
import { pythonRepr } from '../python/repr.js';
import { QueryParameter } from './query-parameter.js';
import { checkQuery, NoParameters, type QueryStep, QuerySteps } from './query-steps.js';

class First {
  @QueryParameter({ kind: 'nonNegativeInteger', since: '2.10', description: 'The maximum number.' })
  limit?: number;

  @QueryParameter({ kind: 'text', since: '2.10', description: 'The last id of the previous page.' })
  marker?: string;
}

class Second extends First {
  @QueryParameter({ kind: 'isoTime', since: '2.20', description: 'The latest time.' })
  before?: Moment;
}

class Repeatable {
  @QueryParameter({ kind: 'text', since: '2.1', description: 'The status.', repeatable: true })
  status?: string;
}

class Filtered {
  @QueryParameter({ kind: 'boolean', since: '2.1', description: 'True to include servers.' })
  with_servers?: boolean;

  @QueryParameter({ kind: ['asc', 'desc'], since: '2.1', description: 'The order.', repeatable: true })
  sort_dir?: string;
}

describe('query parameters for ranges of microversions (query steps)', () => {
  it('the query parameters of a microversion are those of the declared range that contains the microversion', () => {
    const steps = new QuerySteps(
      { from: '2.1', to: '2.9', accepts: NoParameters, unknownParameters: 'ignore' },
      { from: '2.10', to: '2.19', accepts: First },
      { from: '2.20', accepts: Second },
    );
    const at = (minor: number): unknown => steps.read(Microversion.of(2, minor), '').constructor;
    expect([at(1), at(9), at(10), at(19), at(20), at(103)]).toEqual([
      NoParameters,
      NoParameters,
      First,
      First,
      Second,
      Second,
    ]);
    expect(steps.classes).toEqual([NoParameters, First, Second]);
  });

  it('query parameters cannot be read for a microversion above the newest one: an error is thrown', () => {
    const steps = new QuerySteps({ from: '2.1', accepts: NoParameters });
    expect(() => steps.read(Microversion.of(2, 9999), '')).toThrow('no query step covers 2.9999');
  });

  it.each([
    ['a gap', [{ from: '2.1', to: '2.9' }, { from: '2.11' }], /starts at 2.11, but must start at 2.10/],
    ['an overlap', [{ from: '2.1', to: '2.9' }, { from: '2.9' }], /starts at 2.9, but must start at 2.10/],
    ['a first step after 2.1', [{ from: '2.2' }], /starts at 2.2, but must start at 2.1/],
    [
      'a last step that ends before the newest version',
      [{ from: '2.1', to: '2.102' }],
      /no query step covers 2.103/,
    ],
    ['an end before the start', [{ from: '2.1', to: '2.0' }], /ends at 2.0, before its start at 2.1/],
    ['no steps', [], /no query step covers 2.1/],
    ['a text that is not a version', [{ from: 'x' }], /x is not a microversion/],
  ])(
    'query parameters for ranges of microversions (query steps) cannot be declared with %s',
    (_what, steps, message) => {
      expect(() => new QuerySteps(...steps.map((step) => ({ ...step, accepts: NoParameters })))).toThrow(
        message,
      );
    },
  );
});

describe('a query string', () => {
  const check = (
    query: string,
    accepts: QueryStep['accepts'] = Second,
    unknownParameters: QueryStep['unknownParameters'] = 'reject',
  ): object => checkQuery({ accepts, unknownParameters }, parseQuery(query));

  it.each([
    ['', {}],
    ['limit=5', { limit: 5 }],
    ['limit=01&marker=a%20b+c', { limit: 1, marker: 'a b c' }],
    ['limit=1%0A', { limit: 1 }],
    ['before=2026&marker=', { before: parseIsoTime('2026'), marker: '' }],
  ])('a query string is accepted: %j', (query, parameters) => {
    expect(check(query)).toEqual(parameters);
  });

  it.each([
    ['limit=-1', "Invalid input for query parameters limit. Value: -1. '-1' does not match '^[0-9]*$'"],
    ['limit=', "Invalid input for query parameters limit. Value: . '' should be non-empty"],
    ['limit', "Invalid input for query parameters limit. Value: . '' should be non-empty"],
    [
      'limit=1&limit=2',
      "Invalid input for query parameters limit. Value: ['1', '2']. ['1', '2'] is too long",
    ],
    ['limit=1&limit=x', "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"],
    ['before=x', "Invalid input for query parameters before. Value: x. 'x' is not a 'date-time'"],
    // Nova reports the first invalid declared parameter, and unknown parameters only if all declared ones are valid.
    ['before=x&limit=x', "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"],
    ['x=1&limit=x', "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"],
    ['x=1', "Additional properties are not allowed ('x' was unexpected)"],
    ['x=1&limit=1&a=', "Additional properties are not allowed ('a', 'x' were unexpected)"],
    ["it's=1", 'Additional properties are not allowed ("it\'s" was unexpected)'],
    ['__proto__=1', "Additional properties are not allowed ('__proto__' was unexpected)"],
    ['constructor=1', "Additional properties are not allowed ('constructor' was unexpected)"],
    ['toString=1', "Additional properties are not allowed ('toString' was unexpected)"],
  ])('a query string is rejected: %j', (query, message) => {
    expect(() => check(query)).toThrow(new BadRequest(message));
  });

  // The expected messages are those of Nova 26.2 for `os-hypervisors?with_servers=…` and `flavors?sort_dir=…`.
  it.each([
    ['True', true],
    ['on', true],
    ['0', false],
    ['NO', false],
  ])('a query string may contain %j as the boolean %j, and texts of an enum', (text, value) => {
    const query = { with_servers: value, sort_dir: 'desc' };
    expect(check(`with_servers=${text}&sort_dir=asc&sort_dir=desc`, Filtered)).toEqual(query);
  });

  it.each([
    [
      'with_servers=tRue',
      "with_servers. Value: tRue. 'tRue' is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes', False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no']",
    ],
    ['with_servers=1&with_servers=0', "with_servers. Value: ['1', '0']. ['1', '0'] is too long"],
    ['sort_dir=asc&sort_dir=', "sort_dir. Value: . '' is not one of ['asc', 'desc']"],
  ])(
    'a query string is rejected if it has an invalid boolean or a text that is not in the enum: %j',
    (query, message) => {
      const whole = `Invalid input for query parameters ${message}`;
      expect(() => check(query, Filtered)).toThrow(new BadRequest(whole));
    },
  );

  it('a query string may contain undeclared parameters if they are declared as ignored; of repeated values, the last one is used', () => {
    expect(check('x=1&limit=1&__proto__=2', Second, 'ignore')).toEqual({ limit: 1 });
    expect(() => check('x=1&limit=y', Second, 'ignore')).toThrow(BadRequest);
    expect(check('status=a&status=b', Repeatable)).toEqual({ status: 'b' });
  });

  it('if no query parameters are declared, the service either ignores the query string or rejects a non-empty one, as declared', () => {
    expect(check('limit=x&y', NoParameters, 'ignore')).toEqual({});
    expect(check('', NoParameters)).toEqual({});
    expect(() => check('limit=1', NoParameters)).toThrow(
      new BadRequest("Additional properties are not allowed ('limit' was unexpected)"),
    );
  });

  it('a query string must be UTF-8', () => {
    expect([...parseQuery('a=%C3%A9&%zz=%&&b')]).toEqual([
      ['a', ['é']],
      ['%zz', ['%']],
      ['b', ['']],
    ]);
    for (const query of ['a=%ff', '%C3=1', 'a=%ed%a0%80']) {
      expect(() => parseQuery(query)).toThrow(new BadRequest('Query string is not UTF-8 encoded'));
    }
  });
});

describe('a repeated query string', () => {
  class Limited {
    @QueryParameter({ kind: 'nonNegativeInteger', description: 'a number', since: '2.51' })
    limit?: number;
  }
  const steps = new QuerySteps(
    { from: '2.1', to: '2.50', accepts: NoParameters, unknownParameters: 'ignore' },
    { from: '2.51', accepts: Limited },
  );
  const [early, late] = [Microversion.of(2, 50), Microversion.of(2, 51)];

  it('a repeated query string gives the same values again, separately for each declared range of microversions', () => {
    for (let time = 0; time < 2; time += 1) {
      const query = steps.read(late, 'limit=5');
      expect([query, query instanceof Limited]).toEqual([{ limit: 5 }, true]);
      expect(steps.read(early, 'limit=5')).toEqual({});
      expect(steps.read(early, 'x=1')).toEqual({});
      expect(() => steps.read(late, 'x=1')).toThrow(BadRequest);
    }
  });
});

describe('an ISO 8601 time', () => {
  it.each([
    ['2026', '2026-01-01 00:00:00.000'],
    ['2026-03', '2026-03-01 00:00:00.000'],
    ['2026-3-7', '2026-03-07 00:00:00.000'],
    ['20260307', '2026-03-07 00:00:00.000'],
    ['2024-02-29', '2024-02-29 00:00:00.000'],
    ['2026-01-01T05', '2026-01-01 05:00:00.000'],
    ['2026-01-01 05:06', '2026-01-01 05:06:00.000'],
    ['20260101T050607Z', '2026-01-01 05:06:07.000'],
    ['2026-01-01T00:00:00.5', '2026-01-01 00:00:00.500'],
    ['2026-01-01T00:00:00,123456789Z', '2026-01-01 00:00:00.123456'],
    ['2026-01-01T00:00:00.000001Z', '2026-01-01 00:00:00.000001'],
    ['2026-01-01T00:00:00+05:30', '2025-12-31 18:30:00.000'],
    ['2026-01-01T00:00:00-0530', '2026-01-01 05:30:00.000'],
    ['0001-01-01T00:00:00+05', '0001-01-01 00:00:00.000'],
    ['9999-12-31T23:59:59-05', '9999-12-31 23:59:59.999999'],
  ])('an ISO 8601 time is parsed: %s is %s', (text, expected) => {
    expect(parseIsoTime(text)?.text).toBe(expected);
  });

  it.each([
    '',
    'abc',
    '202601',
    '2026-13',
    '2026-02-29',
    '2026-01-01T',
    '2026-01-01T24',
    '2026-01-01T00:60',
    '2026-01-01T00:00:60',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01t00:00:00',
    '2026-01-01T00:00:00 05:30',
    '0000-01-01',
    '1767225600',
  ])('an ISO 8601 time in another format is rejected: %j', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });
});

describe("texts in Python's form", () => {
  it.each([
    ['abc', "'abc'"],
    ["it's", '"it\'s"'],
    [`'"`, `'\\'"'`],
    ['a\\b\n\t', "'a\\\\b\\n\\t'"],
    ['\u0007\u007f\u00a0', "'\\x07\\x7f\\xa0'"],
    ['é😀', "'é😀'"],
    ['\u2028', "'\\u2028'"],
    ['\u{e0001}', "'\\U000e0001'"],
  ])("texts in Python's form: %j is %s", (text, printed) => {
    expect(pythonRepr(text)).toBe(printed);
  });

  it("a list of texts in Python's form has commas between the texts", () => {
    expect(pythonRepr(['1', "it's"])).toBe(`['1', "it's"]`);
  });
});
