import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsHost, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for logs, metrics, health checks and graceful shutdown. */
export class OperationsSettings {
  @Setting({
    meaning:
      'The least severe level of the messages that the service logs: `fatal`, `error`, `warn`, `info` or `debug`.',
    example: 'info',
  })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug'], {
    message: 'must be one of fatal, error, warn, info, debug',
  })
  LOG_LEVEL = 'info';

  @Setting({
    meaning:
      'The format of log lines: `json`, `pretty` (human-readable), or `auto`. `auto` means `pretty` if standard output is a terminal, and otherwise `json`.',
    example: 'json',
  })
  @IsIn(['json', 'pretty', 'auto'], { message: 'must be one of json, pretty, auto' })
  LOG_FORMAT = 'auto';

  @Setting({
    meaning: 'If true, the service logs one line for each request, at the level `info`.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  ACCESS_LOG = true;

  @Setting({
    meaning: 'If true, the service serves `/metrics` for Prometheus, without authentication.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  METRICS = true;

  @Setting({
    meaning: 'If true, the service serves the documentation of the API at `/docs` and `/openapi.json`.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  DOCUMENTATION = true;

  @WholeNumber({
    meaning:
      'A separate TCP port for health checks and metrics. If it is set, the service does not serve them on PORT. With 0, the system chooses a free port.',
    example: '9774',
    min: 0,
    max: 65535,
  })
  @IsOptional()
  OPERATIONS_PORT?: number;

  @Setting({
    meaning:
      'The address on which the service listens for OPERATIONS_PORT. `::` means all IPv6 and IPv4 addresses of the machine.',
    example: '0.0.0.0',
  })
  @IsHost()
  OPERATIONS_HOST = '127.0.0.1';

  @OptionalText({
    meaning:
      'The path of a file that you can create to take this replica out of service. While the file exists, `/healthcheck` and `/health/ready` return 503.',
    example: '/run/nova-action-log/drain',
  })
  HEALTHCHECK_DISABLE_FILE?: string;

  @WholeNumber({
    meaning:
      'The time, in seconds, for which the service still accepts requests after SIGTERM. During this time, `/health/ready` already returns 503.',
    example: '5',
    min: 0,
    max: 3600,
  })
  SHUTDOWN_DELAY = 0;

  @WholeNumber({
    meaning:
      'The time, in seconds, within which requests in progress can finish during a graceful shutdown. It begins after SHUTDOWN_DELAY.',
    example: '20',
    min: 0,
    max: 3600,
  })
  SHUTDOWN_TIMEOUT = 20;
}
