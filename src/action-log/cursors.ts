import type { RecordKeys } from '../ledger/actions/record-keys.js';
import type { ProblemKind } from '../nova/fault/problem-kind.js';
import { ValidationFailed } from '../nova/fault/validation-failed.js';
import {
  type CursorContent,
  type CursorKey,
  type CursorProblem,
  openCursor,
  sealCursor,
} from '../nova/pagination/cursor.js';

/** The bytes of the secret of a key. */
const KEY_LENGTH = 32;

const PROBLEMS: Readonly<Record<CursorProblem, { readonly title: string; readonly detail: string }>> = {
  invalid: {
    title: 'The cursor is invalid',
    detail: 'the service has not made this cursor',
  },
  mismatch: {
    title: 'The cursor belongs to another list',
    detail: 'the cursor belongs to a list with other filters, another order, or other projects',
  },
};

/** The service cannot use the cursor of the request. */
export class CursorRejected extends ValidationFailed {
  override readonly problem: ProblemKind;

  constructor(problem: CursorProblem) {
    const { title, detail } = PROBLEMS[problem];
    super([{ parameter: 'cursor', detail }]);
    this.problem = { slug: `cursor-${problem}`, title };
  }
}

/** Seals a cursor with the newest key of the store. @param binding as in `sealCursor` */
export function sealedCursor(keys: RecordKeys, content: CursorContent, binding: string): string {
  const key = keyWith(keys, keys.newest);
  if (key === undefined) throw new Error('the newest key of the store does not exist');
  return sealCursor(key, content, binding);
}

/** Opens a cursor. @param binding as in `sealCursor` @throws CursorRejected */
export function openedCursor(keys: RecordKeys, text: string, binding: string): CursorContent {
  const content = openCursor((number) => keyWith(keys, number), text, binding);
  if (typeof content === 'string') throw new CursorRejected(content);
  return content;
}

function keyWith(keys: RecordKeys, number: number): CursorKey | undefined {
  const secret = keys.keyFor('cursor', number, KEY_LENGTH);
  return secret && { number, secret };
}
