import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsHost, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for logs, metrics, health checks and graceful shutdown. */
export class OperationsSettings {
  @Setting({
    meaning: 'The lowest level of messages in the log: `fatal`, `error`, `warn`, `info` or `debug`.',
    example: 'info',
  })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug'], {
    message: 'must be one of fatal, error, warn, info, debug',
  })
  LOG_LEVEL = 'info';

  @Setting({
    meaning:
      'The format of log lines: `json`, `pretty` (for people), or `auto`, which means `pretty` on a terminal and `json` elsewhere.',
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
      'A separate TCP port for health checks and metrics, which PORT then does not serve. With 0, the system chooses a free port.',
    example: '9774',
    min: 0,
    max: 65535,
  })
  @IsOptional()
  OPERATIONS_PORT?: number;

  @Setting({
    meaning:
      'The address on which the service listens with OPERATIONS_PORT. `::` means all addresses of IPv6 and IPv4.',
    example: '0.0.0.0',
  })
  @IsHost()
  OPERATIONS_HOST = '127.0.0.1';

  @OptionalText({
    meaning:
      'The path of a file that you create to take this service out of a load balancer. While the file exists, `/healthcheck` and `/health/ready` return 503.',
    example: '/run/nova-action-log/drain',
  })
  HEALTHCHECK_DISABLE_FILE?: string;

  @WholeNumber({
    meaning:
      'Seconds after SIGTERM for which the service still accepts requests, while `/health/ready` already returns 503.',
    example: '5',
    min: 0,
    max: 3600,
  })
  SHUTDOWN_DELAY = 0;

  @WholeNumber({
    meaning: 'Seconds that requests in progress have to finish during the graceful shutdown.',
    example: '20',
    min: 0,
    max: 3600,
  })
  SHUTDOWN_TIMEOUT = 20;
}
