import { ArrayNotEmpty, IsIn, IsOptional, Matches, MaxLength } from 'class-validator';
import { IsHttpAddress, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The pattern of a path. The service writes paths into messages of one line, so a path must not contain line breaks. */
const PATH = /^[^\0\r\n]+$/;

/** The pattern of the name of a module. */
const MODULE = /^[a-z0-9-]+$/;

/**
 * The pattern of a period and its start. It rejects a start that does not exist, such as `day@24`. As Nova does, it
 * accepts `month@31`, although not every month has a 31st day.
 */
const AUDIT_PERIOD =
  /^(hour(@0*[0-5]?[0-9])?|day(@0*(1?[0-9]|2[0-3]))?|month(@0*([12]?[0-9]|3[01]))?|year(@0*([0-9]|1[0-2]))?)$/;

/**
 * The settings of the API: policies, page sizes, recorded actions, audit periods, and the address of nova-api for
 * requests that the service passes on.
 */
export class ApiSettings {
  @Setting({
    meaning:
      'The path of a file with your own policy rules ([policy.md](policy.md)), in YAML or JSON. The file may be absent. The service reads the file again when it changes.',
    example: '/etc/nova-action-log/policy.yaml',
  })
  @Matches(PATH, { message: 'must be a path' })
  POLICY_FILE = 'policy.yaml';

  @Setting({
    meaning:
      'Folders with more policy files, comma-separated. If several files contain a rule with the same name, the service uses the rule in the last file.',
    example: '/etc/nova-action-log/policy.d',
    type: 'list',
  })
  @Matches(PATH, { each: true, message: 'must be paths' })
  POLICY_DIRS: string[] = ['policy.d'];

  @Setting({
    meaning:
      'The modules whose routes the service serves, comma-separated, by the names of their folders. The default is all modules. A [facade](deploy/facade.md) passes requests for the routes of all other modules to nova-api. Any other deployment returns 404 for them.',
    example: 'instance-actions,server-groups',
    type: 'list',
  })
  @IsOptional()
  @ArrayNotEmpty({ message: 'must be names of modules' })
  @Matches(MODULE, { each: true, message: 'must be names of modules' })
  MODULES?: string[];

  @WholeNumber({
    meaning: "The maximum number of items on one page of a list (Nova's `[api] max_limit`).",
    example: '1000',
    min: 1,
    max: 1_000_000,
  })
  MAX_LIMIT = 1000;

  @WholeNumber({
    meaning:
      "The maximum number of server groups of a project (Nova's `[quota] server_groups`). -1 means no limit.",
    example: '20',
    min: -1,
    max: 1_000_000,
  })
  SERVER_GROUPS_QUOTA = 10;

  @OptionalText({
    meaning:
      "The host name in the events of actions that the service records (Nova's `[DEFAULT] host`). The default is the host name of the machine.",
    example: 'api-1.example.org',
  })
  @MaxLength(255, { message: 'must have 255 characters or fewer' })
  HOST_NAME?: string;

  @Setting({
    meaning:
      'If it is `on`, services may record actions over HTTP below `/action-log/v1`. If it is `off`, the service has no routes for these requests. The default `auto` is `on` for a service with its own store, and `off` [beside Nova](deploy/beside-nova.md). There, `on` needs `DATABASE_URL` and [more privileges](keeping-the-log.md#grants), because the service otherwise only reads its database.',
    example: 'on',
  })
  @IsIn(['auto', 'on', 'off'], { message: 'must be auto, on or off' })
  HTTP_RECORDING: 'auto' | 'on' | 'off' = 'auto';

  @Setting({
    meaning:
      "The length of the periods of `os-instance_usage_audit_log` (Nova's `instance_usage_audit_period`): `hour`, `day`, `month` or `year`. After `@` you can add the start of a period: the minute of the hour, the hour of the day, the day of the month or the month of the year. For example, with `day@18` each period starts at 18:00 UTC.",
    example: 'month@15',
  })
  @Matches(AUDIT_PERIOD, {
    message:
      'must be hour, day, month or year, optionally with @ and a valid minute, hour, day or month, such as day@18',
  })
  INSTANCE_USAGE_AUDIT_PERIOD = 'month';

  @Setting({
    meaning:
      'The address of nova-api. If it is set, the service passes all requests that it does not answer itself to nova-api (it is a [facade](deploy/facade.md)). If the address has a path, the service puts this path before the path of each request.',
    example: 'http://127.0.0.1:18774',
  })
  @IsOptional()
  @IsHttpAddress()
  UPSTREAM_NOVA_URL?: string;

  @WholeNumber({
    meaning:
      'The maximum number of connections from one process of a [facade](deploy/facade.md) to nova-api, including idle connections. When all connections are in use, further requests wait.',
    example: '100',
    min: 1,
    max: 10_000,
  })
  UPSTREAM_CONNECTIONS = 100;
}
