import { IsOptional, Matches } from 'class-validator';
import { IsHttpAddress, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The pattern of a path. A path must not contain a line break, because one-line messages contain the paths. */
const PATH = /^[^\0\r\n]+$/;

/**
 * The pattern of an audit period: its unit and its start, such as `month@15`. It rejects a start that no period has
 * (`month@32`). As in Nova, it accepts `month@31`, although some months have no 31st day.
 */
const AUDIT_PERIOD =
  /^(hour(@0*[0-5]?[0-9])?|day(@0*(1?[0-9]|2[0-3]))?|month(@0*([12]?[0-9]|3[01]))?|year(@0*([0-9]|1[0-2]))?)$/;

/**
 * The settings of the API: policies, lists, audit periods, and the address of nova-api for requests that the service
 * passes on.
 */
export class ApiSettings {
  @Setting({
    meaning:
      "The path of the operator's own policy rules ([policy.md](policy.md)), in YAML or JSON. The file may be absent. The service reads the file again when the file changes.",
    example: '/etc/nova-action-log/policy.yaml',
  })
  @Matches(PATH, { message: 'must be a path' })
  POLICY_FILE = 'policy.yaml';

  @Setting({
    meaning:
      'Folders with further policy files, comma-separated. If two files contain a rule of the same name, the later file has priority.',
    example: '/etc/nova-action-log/policy.d',
    type: 'list',
  })
  @Matches(PATH, { each: true, message: 'must be paths' })
  POLICY_DIRS: string[] = ['policy.d'];

  @WholeNumber({
    meaning: "The maximum number of items on one page of a list (Nova's `[api] max_limit`).",
    example: '1000',
    min: 1,
    max: 1_000_000,
  })
  MAX_LIMIT = 1000;

  @Setting({
    meaning:
      "The length of a period of `os-instance_usage_audit_log` (Nova's `instance_usage_audit_period`): `hour`, `day`, `month` or `year`. An optional start follows after `@`: the minute of an hour, the hour of a day, the day of a month or the month of a year. With `day@18`, each period starts at 18:00 UTC.",
    example: 'month@15',
  })
  @Matches(AUDIT_PERIOD, {
    message:
      'must be hour, day, month or year, optionally with @ and a valid minute, hour, day or month, such as day@18',
  })
  INSTANCE_USAGE_AUDIT_PERIOD = 'month';

  @Setting({
    meaning:
      'The address of nova-api. With this setting, the service is a [facade](deploy/facade.md): it answers requests for its own routes, and passes all other requests to nova-api. If the address has a path, the service puts that path before the path of each request.',
    example: 'http://127.0.0.1:18774',
  })
  @IsOptional()
  @IsHttpAddress()
  UPSTREAM_NOVA_URL?: string;

  @WholeNumber({
    meaning:
      'The maximum number of connections from one process of a [facade](deploy/facade.md) to nova-api, including idle ones. If all connections are in use, requests wait for one.',
    example: '100',
    min: 1,
    max: 10_000,
  })
  UPSTREAM_CONNECTIONS = 100;
}
