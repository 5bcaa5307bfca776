/** The parameters of a query string. */
type Query = Readonly<Record<string, string>>;

/** Ids of rows that the queries name. */
export interface MigrationIds {
  /** A server with migrations. */
  readonly server: string;
  readonly projectId: string;
  /** The UUID of a migration. */
  readonly marker: string;
}

/** Returns the query of each filter of the lists, with values that many rows have and values that few rows have. */
export function filterQueries({ server }: MigrationIds): readonly Query[] {
  return [
    {},
    { hidden: '0' },
    { migration_type: 'live-migration' },
    { migration_type: 'evacuation' },
    { status: 'completed' },
    { status: 'running' },
    { host: 'compute-1' },
    { host: 'compute-77' },
    { source_compute: 'compute-1' },
    { source_compute: 'compute-77' },
    { instance_uuid: server },
    { instance_uuid: server, status: 'running' },
  ];
}

/** Returns all queries of the lists: the filters and the paging parameters of microversions 2.59, 2.66 and 2.80. */
export function listQueries(ids: MigrationIds): readonly Query[] {
  const { server, projectId, marker } = ids;
  return [
    ...filterQueries(ids),
    { user_id: 'nobody' },
    { project_id: projectId },
    { project_id: 'none' },
    { limit: '5' },
    { limit: '5', marker },
    { limit: '5', marker, status: 'completed' },
    { limit: '5', instance_uuid: server },
    { 'changes-since': '2025-01-05T00:00:00Z' },
    { 'changes-before': '2025-01-01T11:00:00Z' },
  ];
}
