import { errorText } from '../../common/error-text.js';
import { fitsCopyId } from '../copy/copy-id.js';
import { bodyText } from '../record/entry-body.js';
import type { NewEntry, UnreadableBody } from '../record/entry.js';
import { batchesOf } from '../../database/rows/write-rows.js';

/** The maximum number of entries in a transaction, and of characters in their bodies. */
const MAX_ENTRIES = 1_000;
const MAX_LENGTH = 2_000_000;

/**
 * The maximum number of bytes of a body. A statement has at most twice as many, and MariaDB rejects statements of more
 * than 16 MiB.
 */
const MAX_BYTES = 7 * 2 ** 20;

/** Distributes entries over transactions. */
export function transactionsOf(entries: readonly NewEntry[]): NewEntry[][] {
  return batchesOf(entries, { items: MAX_ENTRIES, length: MAX_LENGTH }, ({ text }) => text?.length ?? 0);
}

/** Returns the entry with its text; if the store cannot store it, returns an entry of the kind `unreadable`. */
export function writable(entry: NewEntry): NewEntry {
  const id = copiedIdsOf(entry).find((one) => !fitsCopyId({ ...entry, id: one }));
  if (id !== undefined) return unreadable(entry, `the copy has no id for ${id}`);
  try {
    const { text = bodyText(entry.body) } = entry;
    // A character has at most three bytes, so the bytes of most texts need not be counted.
    const bytes = 3 * text.length > MAX_BYTES ? Buffer.byteLength(text) : 0;
    return bytes > MAX_BYTES ? unreadable(entry, `the entry has ${bytes} bytes`, null) : { ...entry, text };
  } catch (error) {
    return unreadable(entry, error, null);
  }
}

/** Returns an entry about a row that the store rejects. */
export function unreadable(
  entry: NewEntry,
  error: unknown,
  row: UnreadableBody['row'] = rowOf(entry),
): NewEntry {
  const reason = typeof error === 'string' ? error : errorText(error);
  const body = { table: tableOf(entry), reason, row };
  return { ...entry, kind: 'unreadable', body, text: bodyText(body) };
}

function copiedIdsOf({ kind, body }: NewEntry): number[] {
  if (kind === 'action' || kind === 'corrected') return [body.action.id, ...body.events.map(({ id }) => id)];
  return kind === 'server' ? [body.server.id] : [];
}

function rowOf({ kind, body }: NewEntry): UnreadableBody['row'] {
  if (kind === 'action' || kind === 'corrected') return { ...body.action, events: body.events };
  return kind === 'server' ? { ...body.server } : { ...body };
}

function tableOf({ kind }: NewEntry): string {
  if (kind === 'action' || kind === 'corrected') return 'instance_actions';
  return kind === 'server' ? 'instances' : 'entries';
}
