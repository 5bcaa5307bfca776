import { IsOptional, Matches } from 'class-validator';
import { IsHttpAddress, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** Messages name paths and are one line. */
const PATH = /^[^\0\r\n]+$/;

/** A period that can never begin is refused. Nova allows a 31st, though some months have none. */
const AUDIT_PERIOD =
  /^(hour(@0*[0-5]?[0-9])?|day(@0*(1?[0-9]|2[0-3]))?|month(@0*([12]?[0-9]|3[01]))?|year(@0*([0-9]|1[0-2]))?)$/;

/** What is answered, and to whom. */
export class ApiSettings {
  @Setting({
    meaning:
      "The operator's own rules ([policy.md](policy.md)), YAML or JSON. The file need not exist. The service reads it again when it changes.",
    example: '/etc/nova-action-log/policy.yaml',
  })
  @Matches(PATH, { message: 'must be a path' })
  POLICY_FILE = 'policy.yaml';

  @Setting({
    meaning:
      'Folders of further policy files, comma-separated. If two files have a rule of the same name, the later file wins.',
    example: '/etc/nova-action-log/policy.d',
    type: 'list',
  })
  @Matches(PATH, { each: true, message: 'must be paths' })
  POLICY_DIRS: string[] = ['policy.d'];

  @WholeNumber({
    meaning: "The most items that one page of a list holds (Nova's `[api] max_limit`).",
    example: '1000',
    min: 1,
    max: 1_000_000,
  })
  MAX_LIMIT = 1000;

  @Setting({
    meaning:
      "How long a period of `os-instance_usage_audit_log` is (Nova's `instance_usage_audit_period`): `hour`, `day`, `month` or `year`, with the minute, hour, day or month at which it begins as in `day@18`.",
    example: 'month@15',
  })
  @Matches(AUDIT_PERIOD, {
    message:
      'must be hour, day, month or year, or with a minute, hour, day or month that there is, such as day@18',
  })
  INSTANCE_USAGE_AUDIT_PERIOD = 'month';

  @Setting({
    meaning:
      'Makes the service a [facade](deploy/facade.md): the service passes all requests that are not for its own routes to nova-api at this address; a path in it comes first.',
    example: 'http://127.0.0.1:18774',
  })
  @IsOptional()
  @IsHttpAddress()
  UPSTREAM_NOVA_URL?: string;

  @WholeNumber({
    meaning:
      'The most connections that a process of a [facade](deploy/facade.md) has to nova-api, idle ones included; further requests wait.',
    example: '100',
    min: 1,
    max: 10_000,
  })
  UPSTREAM_CONNECTIONS = 100;
}
