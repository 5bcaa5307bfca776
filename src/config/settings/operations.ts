import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsHost, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** How the service is watched, and how it ends. */
export class OperationsSettings {
  @Setting({
    meaning: 'The least severe level that is logged: `fatal`, `error`, `warn`, `info` or `debug`.',
    example: 'info',
  })
  @IsIn(['fatal', 'error', 'warn', 'info', 'debug'], {
    message: 'must be one of fatal, error, warn, info, debug',
  })
  LOG_LEVEL = 'info';

  @Setting({
    meaning: 'How log lines look: json, pretty, or auto for pretty on a terminal and JSON elsewhere.',
    example: 'json',
  })
  @IsIn(['json', 'pretty', 'auto'], { message: 'must be one of json, pretty, auto' })
  LOG_FORMAT = 'auto';

  @Setting({
    meaning: 'Log a line for each request, at the level info.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  ACCESS_LOG = true;

  @Setting({
    meaning: 'Serve /metrics for Prometheus, without authentication.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  METRICS = true;

  @Setting({
    meaning: 'Serve the documentation of the API, at /docs and /openapi.json.',
    example: 'false',
    type: 'boolean',
  })
  @IsBoolean({ message: 'must be true or false' })
  DOCUMENTATION = true;

  @WholeNumber({
    meaning: 'A TCP port for health and metrics only, which are then not on PORT; 0 takes a free one.',
    example: '9774',
    min: 0,
    max: 65535,
  })
  @IsOptional()
  OPERATIONS_PORT?: number;

  @Setting({
    meaning: 'The address to listen on with OPERATIONS_PORT; `::` as for HOST.',
    example: '0.0.0.0',
  })
  @IsHost()
  OPERATIONS_HOST = '127.0.0.1';

  @OptionalText({
    meaning: 'While a file exists at this path, /healthcheck and /health/ready answer 503.',
    example: '/run/nova-action-log/drain',
  })
  HEALTHCHECK_DISABLE_FILE?: string;

  @WholeNumber({
    meaning:
      'How long the service still accepts requests after SIGTERM, while it reports that it is not ready, in seconds.',
    example: '5',
    min: 0,
    max: 3600,
  })
  SHUTDOWN_DELAY = 0;

  @WholeNumber({
    meaning: 'How long requests in progress may take to finish when the service ends, in seconds.',
    example: '20',
    min: 0,
    max: 3600,
  })
  SHUTDOWN_TIMEOUT = 20;
}
