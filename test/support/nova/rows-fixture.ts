import { type FixtureRow, loadFixture } from '../../conformance/cases.js';
import type { Cell, NovaRow, NovaTables, RandomRows } from './rows.js';

/** The tables of a cell. Each table comes after the tables that its foreign keys reference. */
const TABLES = ['instances', 'instance_actions', 'instance_actions_events', 'migrations'] as const;

/** Returns the rows that Nova's databases contained when the answers were recorded, by database. */
export function fixtureRows(): Pick<RandomRows, 'databases'> {
  const fixture = loadFixture();
  const inCell = (cell: Cell): NovaTables =>
    Object.fromEntries(
      TABLES.map((table) => [table, fixture[table].filter((row) => row.cell === cell).map(withoutCell)]),
    );
  const deleted = new Set(fixture.instances.filter((row) => row.deleted !== 0).map((row) => row.uuid));
  const mappings = fixture.instance_mappings.map((row) => ({
    ...withoutCell(row),
    cell_id: row.cell,
    queued_for_delete: Number(deleted.has(row.instance_uuid ?? null)),
  }));
  return {
    databases: {
      api: { instance_mappings: mappings },
      cell0: inCell('cell0'),
      cell1: inCell('cell1'),
      cell2: inCell('cell2'),
    },
  };
}

function withoutCell(row: FixtureRow): NovaRow {
  return Object.fromEntries(Object.entries(row).filter(([column]) => column !== 'cell'));
}
