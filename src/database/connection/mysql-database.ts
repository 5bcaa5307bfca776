import type { MysqlAddress } from '../../config/addresses/mysql-address.js';
import type { SourceOn } from './data-source.js';
import { DatabaseHost } from './database-host.js';
import { Database } from './database.js';
import { connectionTo } from './mysql-connection.js';

/**
 * A database of MySQL or MariaDB, on all its hosts. The service connects to a host at the first query.
 *
 * @param name for the log
 * @param id for metrics
 * @param sourceOn makes the DataSource to read from one host, not yet connected
 * @param toWriteOn likewise to write to it; undefined where the service only reads
 */
export function mysqlDatabase(
  name: string,
  id: string,
  address: MysqlAddress,
  sourceOn: SourceOn,
  toWriteOn?: SourceOn,
): Database {
  const hosts = address.hosts.map((host) => {
    const nameOnHost = address.hosts.length === 1 ? name : `${name} on ${host.host}:${host.port}`;
    return new DatabaseHost(nameOnHost, {
      open: () => sourceOn(address, host),
      ...(toWriteOn !== undefined && { openToWrite: () => toWriteOn(address, host) }),
      readAddress: () => connectionTo(address, host),
    });
  });
  return new Database(name, id, hosts);
}
