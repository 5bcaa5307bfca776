/** The parameters of a query string: name → value. */
type Query = Readonly<Record<string, string>>;

/** The ids of rows to which the query strings refer. */
export interface MigrationIds {
  /** The UUID of a server that has migrations. */
  readonly server: string;
  readonly projectId: string;
  /** The UUID of a migration, for the parameter `marker`. */
  readonly marker: string;
}

/**
 * Returns query strings for each filter of the lists of migrations. For each filter, one value is in many rows and one
 * is in few rows.
 */
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

/** Returns query strings for all filters, and for the paging parameters of microversions 2.59, 2.66 and 2.80. */
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
