import { IsBoolean, IsIn, IsOptional, IsString, Matches, MinLength } from 'class-validator';
import { parseDatabaseUrl } from './database-url.js';
import { parseMysqlUrl } from './mysql-address.js';
import { AreNetworks, IsDatabaseUrl, IsHttpAddress, OptionalText, WholeNumber } from './setting-kinds.js';
import { Setting } from './setting.decorator.js';

/** Messages name paths and are one line. */
const PATH = /^[^\0\r\n]+$/;

/** Of a period that can never begin nothing could be told. A 31st that some months lack is Nova's to allow. */
const AUDIT_PERIOD =
  /^(hour(@0*[0-5]?[0-9])?|day(@0*(1?[0-9]|2[0-3]))?|month(@0*([12]?[0-9]|3[01]))?|year(@0*([0-9]|1[0-2]))?)$/;

/**
 * Everything a deployment can set, from the environment or a `.env` file, each also as `NAME_FILE`.
 * The property names are the variables' names: one word to search for, from the shell to the code.
 */
export class Settings {
  @Setting({ meaning: 'The address to listen on.', example: '127.0.0.1' })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  HOST = '127.0.0.1';

  @WholeNumber({
    meaning: 'The TCP port to listen on; 0 takes a free one.',
    example: '8774',
    min: 0,
    max: 65535,
  })
  PORT = 8774;

  @WholeNumber({
    meaning: 'How many processes share the port. Each has its own connections to the databases.',
    example: '2',
    min: 1,
    max: 256,
  })
  WORKERS = 1;

  @Setting({
    meaning:
      "The service's own store: sqlite://path or mysql://user:password@host[:port][,host2…]/name; not used beside Nova.",
    example: 'mysql://actions:secret@db.example.org:3306/actions',
  })
  @IsDatabaseUrl(parseDatabaseUrl)
  DATABASE_URL = 'sqlite://data/actions.sqlite';

  @Setting({
    meaning:
      "Beside Nova: Nova's API database, as in Nova's [api_database] connection. The cells come from there.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_api',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_API_DATABASE_URL?: string;

  @Setting({
    meaning:
      "Beside Nova: Nova's [database] connection, from which cell mappings that are templates are filled.",
    example: 'mysql+pymysql://actions:secret@db.example.org/nova_cell0',
  })
  @IsOptional()
  @IsDatabaseUrl(parseMysqlUrl)
  NOVA_DATABASE_URL?: string;

  @Setting({
    meaning:
      'Makes the service a facade: whatever is not its own is passed to the nova-api at this address, path included.',
    example: 'http://127.0.0.1:18774',
  })
  @IsOptional()
  @IsHttpAddress()
  UPSTREAM_NOVA_URL?: string;

  @Setting({
    meaning: 'Identity without Keystone: a JSON file, token to user, project and roles.',
    example: '/etc/nova-action-log/tokens.json',
  })
  @IsOptional()
  @IsString()
  TOKENS_FILE?: string;

  @Setting({
    meaning:
      'Serve a tokens file on an address that is not loopback. Whoever reads the file can be anyone in it.',
    example: 'true',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  TOKENS_FILE_BEYOND_LOOPBACK = false;

  @Setting({
    meaning: 'Turns Keystone on: its address, with or without /v3.',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  OS_AUTH_URL?: string;

  @OptionalText({ meaning: "The service's own user at Keystone, by name.", example: 'nova-action-log' })
  OS_USERNAME?: string;

  @OptionalText({
    meaning: "The service's own user, by id instead of name and domain.",
    example: '4f5e8c1d2a7b49c0',
  })
  OS_USER_ID?: string;

  @OptionalText({ meaning: "The password of the service's own user.", example: 'secret' })
  OS_PASSWORD?: string;

  @OptionalText({ meaning: "The domain of the service's user, by name.", example: 'Default' })
  OS_USER_DOMAIN_NAME?: string;

  @OptionalText({
    meaning: "The domain of the service's user, by id.",
    example: 'default',
  })
  OS_USER_DOMAIN_ID?: string;

  @OptionalText({ meaning: "The project of the service's user, by name.", example: 'service' })
  OS_PROJECT_NAME?: string;

  @OptionalText({
    meaning: "The project of the service's user, by id instead of name and domain.",
    example: '9d0b6a54c3f2',
  })
  OS_PROJECT_ID?: string;

  @OptionalText({ meaning: 'The domain of that project, by name.', example: 'Default' })
  OS_PROJECT_DOMAIN_NAME?: string;

  @OptionalText({
    meaning: 'The domain of that project, by id.',
    example: 'default',
  })
  OS_PROJECT_DOMAIN_ID?: string;

  @OptionalText({
    meaning: 'An application credential instead of a password, by id.',
    example: '21dced0fd20347869b93',
  })
  OS_APPLICATION_CREDENTIAL_ID?: string;

  @OptionalText({
    meaning: "An application credential, by name and the user's name or id.",
    example: 'action-log',
  })
  OS_APPLICATION_CREDENTIAL_NAME?: string;

  @OptionalText({ meaning: 'The secret of the application credential.', example: 'secret' })
  OS_APPLICATION_CREDENTIAL_SECRET?: string;

  @OptionalText({
    meaning: 'The region whose Keystone is used, of those in the catalogue.',
    example: 'RegionOne',
  })
  OS_REGION_NAME?: string;

  @Setting({ meaning: "Which of Keystone's endpoints in the catalogue is used.", example: 'internal' })
  @IsIn(['public', 'internal', 'admin'], { message: 'must be one of public, internal, admin' })
  OS_INTERFACE = 'internal';

  @OptionalText({
    meaning: "Certificates that Keystone's is checked against, in PEM.",
    example: '/etc/ssl/cloud.pem',
  })
  OS_CACERT?: string;

  @Setting({
    meaning: 'Where callers without a token are sent, in WWW-Authenticate.',
    example: 'https://keystone.example.org:5000',
  })
  @IsOptional()
  @IsHttpAddress()
  WWW_AUTHENTICATE_URI?: string;

  @WholeNumber({
    meaning: 'How long Keystone may take for an answer, in milliseconds.',
    example: '2000',
    min: 100,
    max: 60_000,
  })
  KEYSTONE_TIMEOUT = 2_000;

  @WholeNumber({
    meaning:
      'How long a token is taken for valid without asking again, in seconds; a revoked one is good for so long.',
    example: '300',
    min: 0,
    max: 300,
  })
  TOKEN_CACHE_TIME = 300;

  @Setting({
    meaning: 'Roles of which a service must have one to pass on requests by X-Service-Token.',
    example: 'service',
    type: 'list',
  })
  @IsString({ each: true })
  SERVICE_TOKEN_ROLES: string[] = ['service'];

  @Setting({ meaning: "This service's type in Keystone's catalogue, for access rules.", example: 'compute' })
  @IsString()
  @MinLength(1, { message: 'must not be empty' })
  SERVICE_TYPE = 'compute';

  @Setting({
    meaning:
      "The operator's policy file, YAML or JSON. It need not exist, and is read again when it changes.",
    example: '/etc/nova-action-log/policy.yaml',
  })
  @Matches(PATH, { message: 'must be a path' })
  POLICY_FILE = 'policy.yaml';

  @Setting({
    meaning: 'Folders of further policy files, comma-separated; of two rules of one name the later counts.',
    example: '/etc/nova-action-log/policy.d',
    type: 'list',
  })
  @Matches(PATH, { each: true, message: 'must be paths' })
  POLICY_DIRS: string[] = ['policy.d'];

  @WholeNumber({
    meaning: "The most items that one page of a list holds (Nova's [api] max_limit).",
    example: '1000',
    min: 1,
    max: 1_000_000,
  })
  MAX_LIMIT = 1000;

  @Setting({
    meaning: "The address written into links (Nova's [api] compute_link_prefix).",
    example: 'https://compute.example.org',
  })
  @IsOptional()
  @IsHttpAddress()
  PUBLIC_URL?: string;

  @Setting({
    meaning: 'Proxies whose X-Forwarded-* headers are believed: addresses or networks, comma-separated.',
    example: '10.0.0.0/8,127.0.0.1',
    type: 'list',
  })
  @AreNetworks()
  TRUSTED_PROXIES: string[] = [];

  @Setting({ meaning: "How long Nova's instance_usage_audit_period is.", example: 'month@15' })
  @Matches(AUDIT_PERIOD, {
    message:
      'must be hour, day, month or year, or with a minute, hour, day or month that there is, such as day@18',
  })
  INSTANCE_USAGE_AUDIT_PERIOD = 'month';

  @Setting({ meaning: 'The least severe level that is logged.', example: 'info' })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug'], {
    message: 'must be one of fatal, error, warn, info, debug',
  })
  LOG_LEVEL = 'info';
}
