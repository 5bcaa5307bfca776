import { IsBoolean, IsOptional } from 'class-validator';
import { parseDatabaseUrl } from '../addresses/database-url.js';
import { parseMysqlUrl } from '../addresses/mysql-address.js';
import { IsDatabaseUrl, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for the databases. */
export class StoreSettings {
  @Setting({
    meaning:
      "The address of the service's own database (the [own store](glossary.md)): `sqlite://path` or `mysql://user:password@host[:port][,host2…]/name`. With NOVA_API_DATABASE_URL, it has no effect, unless a module needs its own tables.",
    example: 'mysql://actions:secret@db.example.org:3306/actions',
  })
  @IsDatabaseUrl(parseDatabaseUrl)
  DATABASE_URL = 'sqlite://data/actions.sqlite';

  @Setting({
    meaning:
      'If true, the service updates the tables of its own database when it starts. If false, the service does not start with outdated tables. In this case, run `node dist/migrate.js` before the start, with a database account that may change tables.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  MIGRATE_ON_START = true;

  @Setting({
    meaning:
      "The address of Nova's API database, as in `[api_database] connection` of nova.conf. With this setting, the service runs [beside Nova](deploy/beside-nova.md): it reads Nova's databases. The service reads the addresses of the cells from the API database.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_api',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_API_DATABASE_URL?: string;

  @Setting({
    meaning:
      'The address in `[database] connection` of nova.conf. It has an effect only with NOVA_API_DATABASE_URL. If the address of a cell is a template, the parts of this address fill it in. The service reads the results of usage audits from this database.',
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_cell0',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_DATABASE_URL?: string;

  @WholeNumber({
    meaning:
      'Milliseconds that a request may wait for the databases; then the response is 503. The time limits for connections, and for hosts that do not respond, grow in proportion to this setting.',
    example: '5000',
    min: 500,
    max: 60_000,
  })
  DATABASE_TIMEOUT = 1_800;
}
