import { type Connection, createConnection } from 'mysql2/promise';
import { numberFor, writeState } from '../../../src/ledger/cells/cell-states.js';
import { type ActionBody, type Entry, Place, type ServerBody } from '../../../src/ledger/record/entry.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../../src/ledger/record/nova-rows.js';
import { project } from '../../../src/ledger/copy/projection.js';
import { ownStore } from '../databases/own-store.js';
import type { CellName, NovaDatabases } from '../nova/databases.js';

const CELLS: readonly CellName[] = ['cell0', 'cell1', 'cell2'];

/** The start of the last reading of the cells. */
export const READ_AT = '2026-11-27 04:16:22.123456';

/**
 * Copies all rows of Nova's databases into a store, as the recorder does. The tables of the store must exist.
 *
 * @param place where the rows are in Nova; by default, Nova has deleted and archived all servers
 */
export async function copyRows(
  databases: NovaDatabases,
  storeUrl: string,
  place: Place = Place.shadow,
): Promise<void> {
  const source = await ownStore(storeUrl).initialize();
  try {
    let position = 0;
    for (const name of CELLS) {
      const { uuid } = databases.cells[name];
      const bodies = await bodiesOf(databases, name, place);
      await source.transaction(async (manager) => {
        const cell = await numberFor(manager, { uuid, name, created_at: null });
        await writeState(manager, cell, { readAt: READ_AT });
        await project(
          manager,
          bodies.map((body): Entry => {
            position += 1;
            const common = { cell, epoch: 0, position, recordedAt: READ_AT, previous: null, projectId: null };
            return 'server' in body
              ? { ...common, kind: 'server', novaId: body.server.id, serverUuid: body.server.uuid, body }
              : {
                  ...common,
                  kind: 'action',
                  novaId: body.action.id,
                  serverUuid: body.action.instance_uuid,
                  body,
                };
          }),
        );
      });
    }
  } finally {
    await source.destroy();
  }
}

async function bodiesOf(
  databases: NovaDatabases,
  cell: CellName,
  place: Place,
): Promise<(ServerBody | ActionBody)[]> {
  return onCell(databases, cell, async (connection) => {
    const read = async <Row>(table: string): Promise<Row[]> =>
      (await connection.query(`SELECT * FROM ${table} ORDER BY id`))[0] as Row[];
    const servers = await read<NovaServer>('instances');
    const events = await read<NovaEvent>('instance_actions_events');
    return [
      ...servers.map((row): ServerBody => ({
        place,
        server: {
          ...row,
          deleted: row.deleted === 0 && place !== Place.main ? row.id : row.deleted,
          flavor: null,
        },
      })),
      ...(await read<NovaAction>('instance_actions')).map((action): ActionBody => ({
        place,
        action,
        events: events.filter((event) => event.action_id === action.id),
      })),
    ];
  });
}

/** Deletes all servers, actions and events from Nova's databases, as archive and purge do. */
export async function deleteRows(databases: NovaDatabases, mappings: 'stay' | 'go'): Promise<void> {
  for (const cell of CELLS) {
    await onCell(databases, cell, async (connection) => {
      for (const table of ['instance_actions_events', 'instance_actions', 'migrations', 'instances'])
        await connection.query(`DELETE FROM ${table}`);
    });
  }
  const connection = await createConnection(databases.adminUrl('nova_api'));
  await connection.query(
    mappings === 'go'
      ? 'DELETE FROM instance_mappings'
      : 'UPDATE instance_mappings SET queued_for_delete = 1',
  );
  await connection.end();
}

export async function onCell<Result>(
  databases: NovaDatabases,
  cell: CellName,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const connection = await createConnection({ uri: databases.adminUrl(cell), dateStrings: true });
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
