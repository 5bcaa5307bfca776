import { copyId } from '../../../src/ledger/copy/copy-id.js';
import type { GeneratedAction, GeneratedLog, GeneratedServer } from './generated-log.js';

/** The number of ids of each action of the tenant and its foreign copies. */
const BLOCK = 32;

/**
 * Returns a log with the actions of one project in one cell, and a log that also has copies of them on servers of other
 * projects. The copies have the same users, hosts, requests and times. An action of the project has the same ids in both
 * logs.
 *
 * @param copies the number of copies of each action, at most 30
 */
export function crowdedLog(
  log: GeneratedLog,
  project: string,
  copies: number,
): { readonly alone: GeneratedLog; readonly crowded: GeneratedLog } {
  const own = log.actions.filter(({ isShown, server }) => isShown && server?.project_id === project);
  const rows = new Map(log.servers.map(({ row }) => [row.uuid, row]));
  const ownServers = [...new Set(own.map(({ action }) => action.instance_uuid))].map((uuid) =>
    rows.get(uuid),
  );
  const servers = (copy: number): GeneratedServer[] =>
    ownServers.flatMap((row, index) =>
      row === undefined
        ? []
        : [{ cell: 1, isMoved: false, row: copyOf({ ...row, id: (index + 1) * BLOCK }, copy) }],
    );
  const actions = (copy: number): GeneratedAction[] =>
    own.map((one, index) => {
      const id = (index + 1) * BLOCK - copy;
      const events = one.events.map((event, number) => ({
        ...event,
        id: id * BLOCK + number,
        action_id: id,
      }));
      const uuid = one.action.instance_uuid;
      return {
        ...{ ...one, cell: 1, epoch: 0, copyId: copyId({ cell: 1, epoch: 0, id }), events },
        action: { ...one.action, id, instance_uuid: uuid === null ? null : uuidOf(uuid, copy) },
        server: one.server && { ...one.server, ...copyOf({ uuid, project_id: project }, copy) },
      };
    });
  const all = Array.from({ length: copies + 1 }, (_value, copy) => copy);
  return {
    alone: { servers: servers(0), actions: actions(0) },
    crowded: { servers: all.flatMap(servers), actions: all.flatMap(actions) },
  };
}

/** Returns a row of a server for a copy. The copy with the number 0 is the server of the project itself. */
function copyOf<Row extends { readonly uuid: string | null; readonly project_id: string | null }>(
  row: Row,
  copy: number,
): Row {
  if (copy === 0) return row;
  const number = 'id' in row ? { id: Number(row.id) - copy } : {};
  return { ...row, ...number, uuid: uuidOf(row.uuid ?? '', copy), project_id: `p-foreign-${copy}` };
}

function uuidOf(uuid: string, copy: number): string {
  return copy === 0 ? uuid : `${String(copy).padStart(8, '0')}${uuid.slice(8)}`;
}
