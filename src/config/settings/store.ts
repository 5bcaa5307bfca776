import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { parseDatabaseUrl } from '../addresses/database-url.js';
import { parseMysqlUrl } from '../addresses/mysql-address.js';
import { IsDatabaseUrl, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for the databases. */
export class StoreSettings {
  @Setting({
    meaning:
      "The address of the service's own database: `sqlite://path` or `mysql://user:password@host[:port][,host2…]/name`. The default is `sqlite://data/actions.sqlite`. If NOVA_API_DATABASE_URL is also set, this database contains the copy of Nova's rows (COPY_FALLBACK); there is then no default.",
    example: 'mysql://actions:secret@db.example.org:3306/actions',
  })
  @IsOptional()
  @IsDatabaseUrl(parseDatabaseUrl)
  DATABASE_URL?: string;

  @Setting({
    meaning:
      'If true, the service updates the tables of its own database when it starts. If false, it does not start while the tables are outdated. To update them, run `node dist/migrate.js`, with a database account that can change tables.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  MIGRATE_ON_START = true;

  @Setting({
    meaning:
      "The address of Nova's API database, as in the option `[api_database] connection` of nova.conf. If it is set, the service reads Nova's databases instead of its own database (it runs [beside Nova](deploy/beside-nova.md)). The service reads the addresses of the cells from the API database.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_api',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_API_DATABASE_URL?: string;

  @Setting({
    meaning:
      'The address in the option `[database] connection` of nova.conf. The setting has an effect only if NOVA_API_DATABASE_URL is set. If the address of a cell is a template, the service fills it in with the parts of this address. The service also reads usage audits from this database.',
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_cell0',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_DATABASE_URL?: string;

  @Setting({
    meaning:
      "If it is `on`, NOVA_API_DATABASE_URL and DATABASE_URL are both set, and Nova's databases no longer have a server or are unreachable, the service returns the actions of the server from the copy in its own database. If it is `off`, the routes of Nova's API use only Nova's databases.",
    example: 'off',
  })
  @IsIn(['on', 'off'], { message: 'must be on or off' })
  COPY_FALLBACK: 'on' | 'off' = 'on';

  @WholeNumber({
    meaning:
      'The time, in milliseconds, for which a request waits for the databases. After this time, it gets 503. If you change this time, the service changes its time limits for connecting to databases, and for detecting unreachable hosts, in proportion.',
    example: '5000',
    min: 500,
    max: 60_000,
  })
  DATABASE_TIMEOUT = 1_800;
}
