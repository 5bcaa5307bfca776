import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FilterCondition, parseFilter } from './filters.js';

const STATUSES = ['success', 'error'];

describe('parseFilter', () => {
  it.each<readonly [text: string, condition: FilterCondition]>([
    ['reboot', { operator: 'in', values: ['reboot'] }],
    ['', { operator: 'in', values: [''] }],
    ['neq:reboot', { operator: 'nin', values: ['reboot'] }],
    ['in:reboot,start', { operator: 'in', values: ['reboot', 'start'] }],
    ['nin:reboot', { operator: 'nin', values: ['reboot'] }],
    ['in:"a,b",c,"",d', { operator: 'in', values: ['a,b', 'c', '', 'd'] }],
    ['in:"say \\"a\\" \\\\"', { operator: 'in', values: ['say "a" \\'] }],
    ['a,b', { operator: 'in', values: ['a,b'] }],
    ['"in:a"', { operator: 'in', values: ['in:a'] }],
    ['neq:"in:a"', { operator: 'nin', values: ['in:a'] }],
    ['fe80::1', { operator: 'in', values: ['fe80::1'] }],
    ['in:in:a', { operator: 'in', values: ['in:a'] }],
  ])('reads the text %s', (text, condition) => {
    expect(parseFilter('text', text)).toEqual(condition);
  });

  it.each<readonly [text: string, value: string]>([
    ['2026-11-01T00:00:00Z', '2026-11-01 00:00:00.000000'],
    ['2026-11-01T00:00:00.5+01:00', '2026-10-31 23:00:00.500000'],
    ['2026-11-01 00:00:00.1234567-00:30', '2026-11-01 00:30:00.123456'],
    ['2026-11-01t00:00:00.123z', '2026-11-01 00:00:00.123000'],
  ])('reads the time %s', (text, value) => {
    expect(parseFilter('time', `gte:${text}`)).toEqual({ operator: 'gte', values: [value] });
    expect(parseFilter('time', text)).toEqual({ operator: 'in', values: [value] });
    expect(parseFilter('time', `nin:${text},"${text}"`)).toEqual({ operator: 'nin', values: [value, value] });
  });

  it('reads a text of a list', () => {
    expect(parseFilter(STATUSES, 'nin:error,success')).toEqual({
      operator: 'nin',
      values: ['error', 'success'],
    });
  });

  it.each<readonly [kind: 'text' | 'time' | readonly string[], text: string, problem: string]>([
    ['text', 'gt:a', "'gt' is not one of the operators in, nin, neq; quote a value with a colon"],
    ['text', 'eq:a', "'eq' is not one of the operators in, nin, neq; quote a value with a colon"],
    ['text', 'IN:a', "'IN' is not one of the operators in, nin, neq; quote a value with a colon"],
    [
      'time',
      'after:2026',
      "'after' is not one of the operators in, nin, neq, gt, gte, lt, lte; quote a value with a colon",
    ],
    ['text', 'in:', 'a list must not have an empty value without quotes'],
    ['text', 'in:a,', 'a list must not have an empty value without quotes'],
    ['text', 'in:a,,b', 'a list must not have an empty value without quotes'],
    ['text', '"a', `'"a' has no quote at the end of a value`],
    ['text', '"a"b', `'"a"b' continues after the quoted value`],
    ['text', 'in:"a"b', `'"a"b' has no comma after a quoted value`],
    [
      'time',
      '2026-11-01T00:00:00',
      "'2026-11-01T00:00:00' is not a time with a zone such as 2026-11-01T00:00:00Z",
    ],
    [
      'time',
      'lt:2026-02-30T00:00:00Z',
      "'2026-02-30T00:00:00Z' is not a time with a zone such as 2026-11-01T00:00:00Z",
    ],
    [
      'time',
      '2026-11-01T00:00:00 01:00',
      "'2026-11-01T00:00:00 01:00' is not a time with a zone such as 2026-11-01T00:00:00Z; write %2B for the plus sign",
    ],
    [STATUSES, 'running', "'running' is not one of success, error"],
    [STATUSES, 'in:success,Error', "'Error' is not one of success, error"],
  ])('rejects a filter of the kind %s: %s', (kind, text, problem) => {
    expect(parseFilter(kind, text)).toBe(problem);
  });

  it('reads any quoted texts', () => {
    const quoted = (value: string): string => `"${value.replace(/[\\"]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (values) => {
        expect(parseFilter('text', `in:${values.map(quoted).join(',')}`)).toEqual({ operator: 'in', values });
        expect(parseFilter('text', `neq:${quoted(values[0] ?? '')}`)).toEqual({
          operator: 'nin',
          values: values.slice(0, 1),
        });
      }),
    );
  });

  it('reads or rejects any text, without another error', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('in:', 'nin:', 'neq:', 'gt:', ''), (text, prefix) => {
        for (const kind of ['text', 'time', STATUSES] as const) parseFilter(kind, prefix + text);
      }),
    );
  });
});
