import { IsBoolean, IsOptional } from 'class-validator';
import { parseDatabaseUrl } from '../addresses/database-url.js';
import { parseMysqlUrl } from '../addresses/mysql-address.js';
import { IsDatabaseUrl, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for the databases. */
export class StoreSettings {
  @Setting({
    meaning:
      "The address of the service's own store: `sqlite://path` or `mysql://user:password@host[:port][,host2…]/name`. It has no effect beside Nova.",
    example: 'mysql://actions:secret@db.example.org:3306/actions',
  })
  @IsDatabaseUrl(parseDatabaseUrl)
  DATABASE_URL = 'sqlite://data/actions.sqlite';

  @Setting({
    meaning:
      'If true, the service updates the tables of the own store when it starts. If false, it does not start with outdated tables. Then run `node dist/migrate.js` first, with a database user that may change tables.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  MIGRATE_ON_START = true;

  @Setting({
    meaning:
      "The address of Nova's API database, as in `[api_database] connection` of nova.conf. It makes the service run [beside Nova](deploy/beside-nova.md). The service reads the addresses of the cells from this database.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_api',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_API_DATABASE_URL?: string;

  @Setting({
    meaning:
      'Only beside Nova: the address in `[database] connection` of nova.conf. The service fills in cell addresses that are templates from its parts, and reads the task logs from its database.',
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_cell0',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_DATABASE_URL?: string;

  @WholeNumber({
    meaning:
      'Milliseconds that a request may wait for the databases; then the response is 503. The time limits for connections and for hosts that do not respond increase with it.',
    example: '5000',
    min: 500,
    max: 60_000,
  })
  DATABASE_TIMEOUT = 1_800;
}
