import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyId } from '../copy/copy-id.js';
import { ID_KEY_LENGTH, isPublicId, PublicIds } from './public-ids.js';

const ids = new PublicIds(Buffer.alloc(ID_KEY_LENGTH, 7));
const anyId = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyKind = fc.constantFrom('action' as const, 'event' as const);

it('public ids lead back to the ids of the copy', () => {
  fc.assert(
    fc.property(anyKind, fc.array(anyId), (kind, copyIds) => {
      const shown = ids.permute(kind, copyIds);
      expect(shown.every(isPublicId)).toBe(true);
      expect(ids.original(kind, shown)).toEqual(copyIds);
    }),
  );
});

it('an id has the same public id alone and among others', () => {
  fc.assert(
    fc.property(fc.array(anyId, { minLength: 1 }), (copyIds) => {
      expect(ids.permute('action', copyIds)).toEqual(copyIds.flatMap((id) => ids.permute('action', [id])));
    }),
  );
});

it('public ids never change while the key stays', () => {
  expect(ids.permute('action', [1, 2, copyId({ cell: 1, epoch: 0, id: 1 })])).toEqual([
    7_099_252_850_638_765, 592_876_492_881_515, 2_041_465_672_985_752,
  ]);
});

it('public ids depend on the key and on the kind, and have no order', () => {
  const copyIds = Array.from({ length: 1_000 }, (_value, index) => index + 1);
  const shown = ids.permute('action', copyIds);
  expect(new Set(shown).size).toBe(1_000);
  expect(new PublicIds(Buffer.alloc(ID_KEY_LENGTH, 8)).permute('action', copyIds)).not.toEqual(shown);
  expect(ids.permute('event', copyIds)).not.toEqual(shown);
  const rising = shown.filter((id, index) => index > 0 && id > (shown[index - 1] ?? 0)).length;
  expect(rising).toBeGreaterThan(400);
  expect(rising).toBeLessThan(600);
});
