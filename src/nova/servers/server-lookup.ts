import type { JoinedLookup } from '../../database/rows/lookup.js';

const SERVER = ['uuid', 'project_id', 'deleted']
  .map((column) => `server.${column} AS server_${column}`)
  .join(', ');

interface Lookups {
  readonly any: JoinedLookup;
  readonly ofProject: JoinedLookup;
}

/** By the prefetched lookup. */
const lookups = new Map<JoinedLookup | undefined, Lookups>();

/**
 * Finds a server by its UUID and, unless it may be `any` server, by the project that has to be its own. With it comes what
 * another lookup finds of it, or one row of the server alone where that finds nothing. Made once.
 *
 * Its key is the UUID, the project unless it may be any, and what follows the UUID in the key of the other lookup.
 */
export function serverLookup(prefetched: JoinedLookup | undefined, isAny: boolean): JoinedLookup {
  let made = lookups.get(prefetched);
  if (made === undefined) {
    made = { any: lookupOf(prefetched, []), ofProject: lookupOf(prefetched, ['project_id']) };
    lookups.set(prefetched, made);
  }
  return isAny ? made.any : made.ofProject;
}

/** @param required the columns of the server beside its UUID that are compared with values of the key */
function lookupOf(prefetched: JoinedLookup | undefined, required: readonly string[]): JoinedLookup {
  const own = ['uuid', ...required];
  const server = `instances server ON ${own.map((column) => `server.${column} = wanted.server_${column}`).join(' AND ')}`;
  const columns = own.map((column) => `server.${column} AS server_${column}`);
  const limits = { maxKeys: 100, maxInFlight: 4 };
  if (prefetched === undefined) {
    return { ...limits, key: { table: 'instances server', columns }, select: SERVER, from: server };
  }
  const [uuid = '', ...others] = prefetched.key.columns;
  return {
    ...prefetched,
    key: {
      table: `instances server, ${prefetched.key.table} other`,
      columns: [...columns, ...others.map((column) => `other.${column}`)],
    },
    select: `${SERVER}, ${prefetched.select}`,
    // By the UUID of the server that was found: where none is, no other table is read.
    from: `${server} LEFT JOIN ${prefetched.from.replaceAll(`wanted.${uuid}`, 'server.uuid')}`,
  };
}
