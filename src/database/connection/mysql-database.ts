import type { DataSource } from 'typeorm';
import type { MysqlAddress, MysqlHost } from '../../config/mysql-address.js';
import { DatabaseHost } from './database-host.js';
import { Database } from './database.js';
import { connectionTo } from './mysql-connection.js';

/**
 * A database of MySQL or MariaDB, on all its hosts. Each is connected to when it is first asked.
 *
 * @param name for the log
 * @param id for metrics
 * @param sourceOn makes the DataSource for one host, not yet connected
 */
export function mysqlDatabase(
  name: string,
  id: string,
  address: MysqlAddress,
  sourceOn: (address: MysqlAddress, host: MysqlHost) => DataSource,
): Database {
  const hosts = address.hosts.map((host) => {
    const nameOnHost = address.hosts.length === 1 ? name : `${name} on ${host.host}:${host.port}`;
    return new DatabaseHost(
      nameOnHost,
      () => sourceOn(address, host),
      () => connectionTo(address, host),
    );
  });
  return new Database(name, id, hosts);
}
