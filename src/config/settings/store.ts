import { IsBoolean, IsOptional } from 'class-validator';
import { parseDatabaseUrl } from '../addresses/database-url.js';
import { parseMysqlUrl } from '../addresses/mysql-address.js';
import { IsDatabaseUrl, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** Where the rows are. */
export class StoreSettings {
  @Setting({
    meaning:
      "The service's own store: `sqlite://path` or `mysql://user:password@host[:port][,host2…]/name`; not used beside Nova.",
    example: 'mysql://actions:secret@db.example.org:3306/actions',
  })
  @IsDatabaseUrl(parseDatabaseUrl)
  DATABASE_URL = 'sqlite://data/actions.sqlite';

  @Setting({
    meaning:
      'Whether a start updates the tables of the own store. If false, the service does not start with old tables: run `node dist/migrate.js` first, with a login that may change tables.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  MIGRATE_ON_START = true;

  @Setting({
    meaning:
      "Turns on cells ([beside Nova](deploy/beside-nova.md)): Nova's API database, as in nova.conf's `[api_database] connection`. The cells come from there.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_api',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_API_DATABASE_URL?: string;

  @Setting({
    meaning:
      "Beside Nova: nova.conf's `[database] connection`. It fills in cell addresses that are templates, and its database holds the task logs.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_cell0',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_DATABASE_URL?: string;

  @WholeNumber({
    meaning:
      'How long a caller waits for the databases in one request, in milliseconds; then the answer is 503. The times after which the service doubts a silent host and gives up a connection grow with it.',
    example: '5000',
    min: 500,
    max: 60_000,
  })
  DATABASE_TIMEOUT = 1_800;
}
