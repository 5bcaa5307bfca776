import type { DataSource, EntityManager } from 'typeorm';
import { insertRows } from '../../../src/database/rows/write-rows.js';
import { project } from '../../../src/ledger/copy/projection.js';
import { aboutSeveral, type NewEntry, Place } from '../../../src/ledger/record/entry.js';
import { ACTION_COLUMNS, EVENT_COLUMNS } from '../../../src/ledger/record/nova-rows.js';
import { append } from '../../../src/ledger/record/record.js';
import { actionEntry, serverEntry } from '../ledger/entries.js';
import { type GeneratedLog, isUnknown } from './generated-log.js';

const SERVER_COLUMNS = [
  'id',
  'uuid',
  'project_id',
  'user_id',
  'display_name',
  'created_at',
  'deleted_at',
  'deleted',
];

/** Inserts a generated log into a store with tables: its rows, and the entries about them. */
export async function insertLog(source: DataSource, log: GeneratedLog): Promise<void> {
  await source.transaction(async (manager) => {
    await insertOwn(manager, log);
    await insertCopied(manager, log);
  });
}

async function insertOwn(manager: EntityManager, { servers, actions }: GeneratedLog): Promise<void> {
  const own = actions.filter(({ cell }) => cell === 0);
  const rows = servers.filter(({ cell }) => cell === 0).map(({ row }) => row);
  await insertRows(
    manager,
    'instances',
    SERVER_COLUMNS,
    rows.map((row) => valuesOf(row, SERVER_COLUMNS)),
  );
  const actionRows = own.map(({ action }) => valuesOf(action, ACTION_COLUMNS));
  await insertRows(manager, 'instance_actions', ACTION_COLUMNS, actionRows);
  const events = own.flatMap((action) => action.events.map((event) => valuesOf(event, EVENT_COLUMNS)));
  await insertRows(manager, 'instance_actions_events', EVENT_COLUMNS, events);
  await append(
    manager,
    own.map(({ action, events: of }) => actionEntry(action, of, { cell: 0, epoch: 0 })),
  );
}

async function insertCopied(manager: EntityManager, { servers, actions }: GeneratedLog): Promise<void> {
  const copied = actions.filter(({ cell }) => cell > 0);
  const ofEpoch = (wanted: number): NewEntry[] =>
    copied
      .filter(({ epoch }) => epoch === wanted)
      .map(({ cell, epoch, action, events }) => actionEntry(action, events, { cell, epoch }));
  const known = servers.filter((server) => server.cell > 0 && !isUnknown(server));
  const entries: NewEntry[] = [
    ...known.map(({ cell, row, isMoved }) =>
      serverEntry(row, { cell, place: isMoved ? Place.removed : Place.main }),
    ),
    ...ofEpoch(0),
    {
      ...aboutSeveral({ cell: 2, epoch: 1 }),
      kind: 'epoch',
      body: { epoch: 1, from: { actions: 1, events: 1, servers: 1 }, reason: 'a restore' },
    },
    ...ofEpoch(1),
  ];
  for (let start = 0; start < entries.length; start += 500) {
    await project(manager, await append(manager, entries.slice(start, start + 500)));
  }
}

function valuesOf(row: object, columns: readonly string[]): unknown[] {
  return columns.map((column) => (row as Readonly<Record<string, unknown>>)[column] ?? null);
}
