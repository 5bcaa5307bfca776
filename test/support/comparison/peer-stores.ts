import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { ownStore } from '../databases/own-store.js';
import type { NovaApiDatabases } from '../nova/api-config.js';

/** The lock of a server, as the database contains it. */
export interface StoredLock {
  readonly uuid: string;
  readonly locked: unknown;
  readonly locked_by: string | null;
  readonly locked_reason: string | null;
}

/** The databases of a nova-api or a service that gets the requests of a conversation. */
export interface PeerStore {
  /** Adds a server to a group. No request does this: Nova adds a server only when it creates the server. */
  addMember(groupId: string, server: string): Promise<void>;
  removeMembers(): Promise<void>;
  locks(): Promise<readonly StoredLock[]>;
  close(): Promise<void>;
}

const ADD_MEMBER =
  'INSERT INTO instance_group_member (group_id, instance_uuid) SELECT id, ? FROM instance_groups WHERE uuid = ?';
const REMOVE_MEMBERS = 'DELETE FROM instance_group_member';
const OWN_LOCKS = 'SELECT uuid, locked, locked_by, locked_reason FROM instances';
const NOVA_LOCKS = `
  SELECT instances.uuid, locked, locked_by, value AS locked_reason FROM instances
  LEFT JOIN instance_system_metadata AS metadata
  ON metadata.instance_uuid = instances.uuid AND metadata.\`key\` = 'locked_reason' AND metadata.deleted = 0`;

/** Opens the API database and the cells of a Nova. */
export async function novaStore({ api, cell1, cell2 }: NovaApiDatabases): Promise<PeerStore> {
  const opened: Connection[] = [];
  for (const url of [api, cell1, cell2]) opened.push(await createConnection(url));
  const [database, ...cells] = opened;
  return {
    async addMember(groupId, server) {
      await database?.query(ADD_MEMBER, [server, groupId]);
    },
    async removeMembers() {
      await database?.query(REMOVE_MEMBERS);
    },
    async locks() {
      const found = await Promise.all(cells.map((cell) => cell.query<RowDataPacket[]>(NOVA_LOCKS)));
      return found.flatMap(([rows]) => rows as StoredLock[]);
    },
    async close() {
      for (const connection of opened) await connection.end();
    },
  };
}

/** Opens an own store. */
export async function ownPeerStore(url: string): Promise<PeerStore> {
  const source = await ownStore(url).initialize();
  return {
    async addMember(groupId, server) {
      await source.query(ADD_MEMBER, [server, groupId]);
    },
    async removeMembers() {
      await source.query(REMOVE_MEMBERS);
    },
    locks: () => source.query<StoredLock[]>(OWN_LOCKS),
    close: () => source.destroy(),
  };
}
