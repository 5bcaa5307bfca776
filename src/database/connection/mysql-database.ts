import type { MysqlAddress } from '../../config/addresses/mysql-address.js';
import type { DataSourceOnHost } from './data-source.js';
import { DatabaseHost } from './database-host.js';
import { Database } from './database.js';
import { connectionTo } from './mysql-connection.js';

/**
 * Makes a `Database` on MySQL or MariaDB, with all hosts of the address. The database connects to a host at the first
 * query.
 *
 * @param name the name of the database in the log
 * @param id the identifier of the database in metrics and health checks
 * @param sourceOnHost makes the DataSource for reading from one host
 * @param writableSourceOnHost makes the DataSource for writing to one host; undefined if the service only reads
 */
export function mysqlDatabase(
  name: string,
  id: string,
  address: MysqlAddress,
  sourceOnHost: DataSourceOnHost,
  writableSourceOnHost?: DataSourceOnHost,
): Database {
  const hosts = address.hosts.map((host) => {
    const nameOnHost = address.hosts.length === 1 ? name : `${name} on ${host.host}:${host.port}`;
    return new DatabaseHost(nameOnHost, {
      open: () => sourceOnHost(address, host),
      ...(writableSourceOnHost !== undefined && { openToWrite: () => writableSourceOnHost(address, host) }),
      readAddress: () => connectionTo(address, host),
    });
  });
  return new Database(name, id, hosts);
}
