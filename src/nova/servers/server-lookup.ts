import type { InBraces, JoinedLookup } from '../../database/rows/lookup.js';

const SERVER = ['uuid', 'project_id', 'user_id', 'deleted']
  .map((column) => `server.${column} AS server_${column}`)
  .join(', ');

interface Lookups {
  readonly any: JoinedLookup;
  readonly ofProject: JoinedLookup;
}

/**
 * The cached lookups of servers. The key is the lookup whose rows are prefetched in the same query, or undefined
 * without a prefetch.
 */
const lookups = new Map<JoinedLookup | undefined, Lookups>();

/**
 * Returns the lookup that finds a server by its UUID and, unless `isAny`, by its project. Each lookup is created only
 * once.
 *
 * The key of the returned lookup consists of the UUID, then the project unless `isAny`, then the key of `prefetched`
 * without its first column (the UUID again).
 *
 * @param prefetched another lookup that the same query runs for the server. Each row then contains the server and a row
 *   of this other lookup. If the other lookup finds no row, the result is one row with the server only
 * @param isAny true to find the servers of all projects
 */
export function serverLookup(prefetched: JoinedLookup | undefined, isAny: boolean): JoinedLookup {
  let made = lookups.get(prefetched);
  if (made === undefined) {
    made = { any: lookupOf(prefetched, []), ofProject: lookupOf(prefetched, ['project_id']) };
    lookups.set(prefetched, made);
  }
  return isAny ? made.any : made.ofProject;
}

/**
 * @param required the columns of the server that the key contains in addition to the UUID. The server is found only if
 *   all of them match
 */
function lookupOf(prefetched: JoinedLookup | undefined, required: readonly string[]): JoinedLookup {
  const own = ['uuid', ...required];
  const server: InBraces = `{instances} server ON ${own.map((column) => `server.${column} = wanted.server_${column}`).join(' AND ')}`;
  const columns = own.map((column) => `server.${column} AS server_${column}`);
  const limits = { maxKeys: 100, maxInFlight: 4 };
  if (prefetched === undefined) {
    return { ...limits, key: { table: '{instances} server', columns }, select: SERVER, from: server };
  }
  const [uuid = '', ...others] = prefetched.key.columns;
  return {
    ...prefetched,
    key: {
      table: `{instances} server, ${prefetched.key.table} other`,
      columns: [...columns, ...others.map((column) => `other.${column}`)],
    },
    select: `${SERVER}, ${prefetched.select}`,
    // The join uses the UUID of the found server: if the database finds no server, it does not read the other tables.
    from: `${server} LEFT JOIN ${prefetched.from.replaceAll(`wanted.${uuid}`, 'server.uuid')}`,
  };
}
