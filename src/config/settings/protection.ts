import { IsOptional, Matches } from 'class-validator';
import { IsRedisAddress, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/**
 * The pattern of an origin: a scheme, a host and an optional port, in lower case as browsers send it; or `*` for all.
 */
const ORIGIN = /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\sA-Z/,?#]+)$/;

/** The limits of requests and connections. */
export class ProtectionSettings {
  @WholeNumber({
    meaning:
      "The maximum size of the body of a request to the service's own routes, in bytes (Nova's `[oslo_middleware] max_request_body_size`).",
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
    meaning: 'The maximum length of the path and the query together, in bytes.',
    example: '8192',
    min: 256,
    max: 1_048_576,
  })
  MAX_URL_LENGTH = 8_192;

  @WholeNumber({
    meaning: 'The time, in seconds, within which a client must send the headers of a request.',
    example: '15',
    min: 1,
    max: 3600,
  })
  HEADERS_TIMEOUT = 15;

  @WholeNumber({
    meaning: 'The time, in seconds, within which a client must send a whole request.',
    example: '300',
    min: 1,
    max: 86_400,
  })
  REQUEST_TIMEOUT = 300;

  @WholeNumber({
    meaning:
      'While a request is in progress, the service closes its connection if neither side sends data for this number of seconds.',
    example: '330',
    min: 1,
    max: 86_400,
  })
  CONNECTION_TIMEOUT = 330;

  @WholeNumber({
    meaning:
      'The time, in seconds, after which the service closes a connection without a request in progress. It must be longer than the time after which your load balancer closes such connections.',
    example: '72',
    min: 1,
    max: 3600,
  })
  KEEP_ALIVE_TIMEOUT = 72;

  @WholeNumber({
    meaning:
      "The maximum number of open connections of a process. The process closes further connections at once. If the system's limit for open files (`ulimit -n`) is too low, the service reduces this number when it starts.",
    example: '10000',
    min: 1,
    max: 1_000_000,
  })
  MAX_CONNECTIONS = 10_000;

  @WholeNumber({
    meaning:
      'The maximum number of open connections of a process from one address (for IPv6: from one /64 network). The process closes further connections at once. The limit does not apply to the addresses in TRUSTED_PROXIES. If it is not set, the limit is three quarters of MAX_CONNECTIONS.',
    example: '100',
    min: 1,
    max: 1_000_000,
  })
  @IsOptional()
  MAX_CONNECTIONS_PER_ADDRESS?: number;

  @WholeNumber({
    meaning:
      'The maximum number of requests in progress on one connection. If a client sends more requests, the service reads them later.',
    example: '16',
    min: 1,
    max: 1_000,
  })
  PIPELINED_REQUESTS = 16;

  @WholeNumber({
    meaning:
      'If a client does not read any part of its response for this number of seconds, the service closes the connection.',
    example: '30',
    min: 1,
    max: 3600,
  })
  SEND_TIMEOUT = 30;

  @WholeNumber({
    meaning:
      'While a client reads one response, later responses on the same connection wait in memory. This is the maximum size of the waiting responses of one connection, in bytes. Above it, the service closes the connection. The limit for all connections of a process together is eight times as high.',
    example: '8388608',
    min: 1_024,
    max: 1_073_741_824,
  })
  MAX_UNREAD_BYTES = 8_388_608;

  @WholeNumber({
    meaning:
      'The maximum average delay of timers in the process, in milliseconds. If the average is higher, the process is overloaded and rejects requests with 503. 0 means no limit.',
    example: '1000',
    min: 0,
    max: 60_000,
  })
  MAX_EVENT_LOOP_DELAY = 1_000;

  @WholeNumber({
    meaning:
      'The maximum number of requests within RATE_LIMIT_WINDOW from one user in one project, or from one address if the requests have no valid token. 0 means no limit.',
    example: '600',
    min: 0,
    max: 1_000_000_000,
  })
  RATE_LIMIT = 0;

  @WholeNumber({
    meaning: 'The time, in seconds, in which each caller can send at most RATE_LIMIT requests.',
    example: '60',
    min: 1,
    max: 86_400,
  })
  RATE_LIMIT_WINDOW = 60;

  @Setting({
    meaning:
      'The address of a Redis server. If it is set, all processes of all replicas count the requests for RATE_LIMIT together, in Redis. If it is not set, each process counts separately.',
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
