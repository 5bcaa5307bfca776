import type { Conversation } from '../../conformance/conversations.js';
import { serialisedFlavor } from '../nova/objects.js';
import type { Cell, NovaTables, RandomRows } from '../nova/rows.js';

/** Returns the rows in Nova's databases of the servers of conversations, alternately in cell1 and cell2. */
export function rowsOfServers(conversations: readonly Conversation[]): Pick<RandomRows, 'databases'> {
  const databases: Record<'api' | Cell, NovaTables> = {
    api: { instance_mappings: [] },
    ...{ cell0: {}, cell1: emptyCell(), cell2: emptyCell() },
  };
  const servers = conversations.flatMap((one) => one.servers);
  for (const [index, { uuid, project_id, user_id }] of servers.entries()) {
    const cell = index % 2 === 0 ? 'cell1' : 'cell2';
    const created_at = '2026-01-01 00:00:00';
    const owner = { project_id, user_id };
    databases.api['instance_mappings']?.push({
      ...owner,
      ...{ created_at, instance_uuid: uuid, cell_id: cell, queued_for_delete: 0 },
    });
    databases[cell]['instances']?.push({
      ...owner,
      // Nova deletes a server without a host itself. For another one, it would need a compute host.
      ...{ id: index + 1, uuid, created_at, display_name: `server-${index}`, host: null, deleted: 0 },
      ...{ vm_state: 'active', power_state: 1, availability_zone: 'nova', instance_type_id: 1 },
    });
    databases[cell]['instance_extra']?.push({ instance_uuid: uuid, deleted: 0, flavor: serialisedFlavor() });
    databases[cell]['instance_info_caches']?.push({ instance_uuid: uuid, deleted: 0, network_info: '[]' });
  }
  return { databases };
}

function emptyCell(): NovaTables {
  return { instances: [], instance_extra: [], instance_info_caches: [] };
}
