import { LRUCache } from 'lru-cache';
import { fingerprintOf } from '../../ledger/record/entry-body.js';
import type { ActionBody, ServerBody } from '../../ledger/record/entry.js';

/** The maximum number of rows whose fingerprints the recorder keeps in memory. */
const MAX_ROWS = 50_000;

/** The fingerprints of actions and servers that the rounds have recorded. */
export class Fingerprints {
  private readonly recorded = new LRUCache<string, string>({ max: MAX_ROWS });

  /** Returns true if a row differs from the row that was recorded last. */
  hasChanged(body: ActionBody | ServerBody): boolean {
    return this.recorded.get(keyOf(body)) !== fingerprintOf(body);
  }

  /** Notes that a row was recorded. */
  add(body: ActionBody | ServerBody): void {
    this.recorded.set(keyOf(body), fingerprintOf(body));
  }

  /** Removes an action that Nova does not have any more. */
  deleteAction(id: number): void {
    this.recorded.delete(`action ${id}`);
  }
}

function keyOf(body: ActionBody | ServerBody): string {
  return 'server' in body ? `server ${body.server.id}` : `action ${body.action.id}`;
}
