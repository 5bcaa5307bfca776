import { describe, expect, it } from '@jest/globals';
import { loadCases, loadFixture, personas, withoutLabel } from './cases.js';
import { digestOf } from './digest.js';

describe('the recorded cases', () => {
  it('the recorded cases are complete, and each is sent by a known persona (user)', () => {
    const all = [...loadCases('answers.jsonl'), ...loadCases('policies.jsonl')];
    expect(all).toHaveLength(1742 + 324);
    const known = new Set([...Object.keys(personas), 'empty', 'garbage', null]);
    expect(all.filter(({ persona }) => !known.has(persona))).toEqual([]);
  });

  it('withoutLabel excludes the recorded cases of each server that has the given label', () => {
    const all = loadCases('answers.jsonl');
    const { cases, leftOut } = withoutLabel(all, 'unmapped');
    expect(leftOut).toBe(30);
    expect(cases).toHaveLength(all.length - leftOut);
    expect(() => withoutLabel(all, 'nonsense')).toThrow('no label nonsense');
  });

  it('the digest in a recorded case equals the digest of the list built from the fixture', () => {
    const { labels, instance_actions } = loadFixture();
    const server = labels.many?.[0];
    const keys = ['action', 'instance_uuid', 'request_id', 'user_id', 'project_id'];
    const time = (value: string | number | null | undefined) => `${String(value).replace(' ', 'T')}.000000`;
    const actions = instance_actions
      .filter((row) => row.instance_uuid === server && row.deleted === 0)
      .sort((a, b) => String(b.created_at).localeCompare(String(a.created_at)) || Number(b.id) - Number(a.id))
      .map((row) => ({
        ...Object.fromEntries(keys.map((key) => [key, row[key] ?? null])),
        start_time: time(row.start_time),
        message: row.message ?? null,
      }));
    const all = loadCases('answers.jsonl');
    const recorded = all.find(({ id }) => id === 'open-1277')?.answer.body;
    expect(recorded).toMatchObject({ digest: digestOf({ instanceActions: actions }, 'http://host') });
  });
});
