import { IsOptional, Matches } from 'class-validator';
import { IsRedisAddress, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/**
 * The pattern of an origin of web pages: a scheme, a host and an optional port, in lower case as browsers send it; or
 * `*` for all origins.
 */
const ORIGIN = /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\sA-Z/,?#]+)$/;

/** The settings that limit requests and connections. */
export class ProtectionSettings {
  @WholeNumber({
    meaning:
      "The maximum size of a request body for the service's own routes, in bytes (Nova's `[oslo_middleware] max_request_body_size`).",
    example: '114688',
    min: 0,
    max: 1_073_741_824,
  })
  MAX_BODY_SIZE = 114_688;

  @WholeNumber({
    meaning: 'The maximum size of the request line and the headers together, in bytes.',
    example: '16384',
    min: 4_096,
    max: 1_048_576,
  })
  MAX_HEADER_SIZE = 16_384;

  @WholeNumber({
    meaning: 'The maximum length of path and query together, in bytes.',
    example: '8192',
    min: 256,
    max: 1_048_576,
  })
  MAX_URL_LENGTH = 8_192;

  @WholeNumber({
    meaning: 'Seconds that a client may take to send the headers of a request.',
    example: '15',
    min: 1,
    max: 3600,
  })
  HEADERS_TIMEOUT = 15;

  @WholeNumber({
    meaning: 'Seconds that a client may take to send a whole request.',
    example: '300',
    min: 1,
    max: 86_400,
  })
  REQUEST_TIMEOUT = 300;

  @WholeNumber({
    meaning: 'Seconds that a connection with a request in progress may be idle.',
    example: '330',
    min: 1,
    max: 86_400,
  })
  CONNECTION_TIMEOUT = 330;

  @WholeNumber({
    meaning:
      'Seconds that an idle connection stays open for the next request. Set it to more than the idle timeout of the load balancer in front.',
    example: '72',
    min: 1,
    max: 3600,
  })
  KEEP_ALIVE_TIMEOUT = 72;

  @WholeNumber({
    meaning:
      'The maximum number of open connections of a process. The process closes further connections immediately. At the start, the service lowers the value to the number that `ulimit -n` permits.',
    example: '10000',
    min: 1,
    max: 1_000_000,
  })
  MAX_CONNECTIONS = 10_000;

  @WholeNumber({
    meaning:
      'The maximum number of open connections of a process from one address (for IPv6: from one /64 network). The process closes further connections immediately. This limit does not apply to TRUSTED_PROXIES. The default is three quarters of MAX_CONNECTIONS.',
    example: '100',
    min: 1,
    max: 1_000_000,
  })
  @IsOptional()
  MAX_CONNECTIONS_PER_ADDRESS?: number;

  @WholeNumber({
    meaning:
      'The maximum number of requests in progress on one connection. The service reads further requests of the connection later.',
    example: '16',
    min: 1,
    max: 1_000,
  })
  PIPELINED_REQUESTS = 16;

  @WholeNumber({
    meaning:
      'Seconds after which the service closes the connection of a client that does not read its response.',
    example: '30',
    min: 1,
    max: 3600,
  })
  SEND_TIMEOUT = 30;

  @WholeNumber({
    meaning:
      'The maximum number of bytes of further responses on one connection that wait until the client has read the current response. If more bytes wait, the service closes the connection. The limit for all connections of a process together is eight times as high.',
    example: '8388608',
    min: 1_024,
    max: 1_073_741_824,
  })
  MAX_UNREAD_BYTES = 8_388_608;

  @WholeNumber({
    meaning:
      'Milliseconds that timers may be late on average. If timers are later, the service is overloaded, and rejects requests with 503. 0 means no limit.',
    example: '1000',
    min: 0,
    max: 60_000,
  })
  MAX_EVENT_LOOP_DELAY = 1_000;

  @WholeNumber({
    meaning:
      'The maximum number of requests in one window (RATE_LIMIT_WINDOW) from a user in a project, or from an address. 0 means no limit.',
    example: '600',
    min: 0,
    max: 1_000_000_000,
  })
  RATE_LIMIT = 0;

  @WholeNumber({
    meaning: 'The length of a window of RATE_LIMIT, in seconds.',
    example: '60',
    min: 1,
    max: 86_400,
  })
  RATE_LIMIT_WINDOW = 60;

  @Setting({
    meaning:
      'The address of a Redis in which all processes count requests together for RATE_LIMIT. If it is not set, each process counts separately.',
    example: 'redis://:secret@redis.example.org:6379/0',
  })
  @IsOptional()
  @IsRedisAddress()
  RATE_LIMIT_REDIS_URL?: string;

  @Setting({
    meaning:
      'The origins of web pages that may use the service from a browser (CORS), comma-separated. `*` means all origins.',
    example: 'https://dashboard.example.org',
    type: 'list',
  })
  @Matches(ORIGIN, {
    each: true,
    message: 'must be * or origins such as https://dashboard.example.org, in lower case',
  })
  CORS_ORIGINS: string[] = [];
}
