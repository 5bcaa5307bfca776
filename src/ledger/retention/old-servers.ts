import { type DatabaseInteger, head } from '../record/record.js';
import { inChunks } from '../../database/rows/write-rows.js';
import { isTooOld, type Times } from './age.js';
import type { Deletion, OldRow } from './deletion.js';
import { pagesOf, type Part } from './pages.js';

type ServerRow = OldRow &
  Times & { readonly server_uuid: string | null; readonly deleted: DatabaseInteger | null };

const COLUMNS = `id, position, server_uuid, deleted, created_at, updated_at,
  launched_at AS start_time, terminated_at AS finish_time`;

/** Deletes the facts of the servers of an epoch that Nova has deleted, and that have no actions left in the copy. */
export async function deleteOldServers(deletion: Deletion, part: Part): Promise<void> {
  const { source, horizon } = deletion;
  let readAt = (await head(source)).position;
  for await (const page of pagesOf<ServerRow>(source, 'copied_instances', COLUMNS, part)) {
    const deleted = page.filter((row) => Number(row.deleted) !== 0 && isTooOld([row], horizon));
    const busy = await serversWithActions(
      deletion,
      deleted.map(({ server_uuid }) => server_uuid),
    );
    const old = deleted.filter(({ server_uuid }) => !busy.has(server_uuid?.toLowerCase() ?? ''));
    await deletion.servers(part, old, readAt);
    readAt = (await head(source)).position;
  }
}

async function serversWithActions(
  { source }: Deletion,
  uuids: readonly (string | null)[],
): Promise<ReadonlySet<string>> {
  const rows = await inChunks(uuids, (some, marks) =>
    source.query<{ instance_uuid: string }[]>(
      `SELECT DISTINCT instance_uuid FROM copied_instance_actions WHERE instance_uuid IN (${marks})`,
      some,
    ),
  );
  return new Set(rows.map(({ instance_uuid }) => instance_uuid.toLowerCase()));
}
