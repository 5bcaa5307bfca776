import { IsOptional, Matches } from 'class-validator';
import { IsRedisAddress, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** A scheme, a host and maybe a port, in small letters as browsers write them; or all there are. */
const ORIGIN = /^(\*|[a-z][a-z0-9+.-]*:\/\/[^\sA-Z/,?#]+)$/;

/** What a request may take, and how many there may be. */
export class ProtectionSettings {
  @WholeNumber({
    meaning:
      "The longest body sent to the service's own routes, in bytes (Nova's [oslo_middleware] max_request_body_size).",
    example: '114688',
    min: 0,
    max: 1_073_741_824,
  })
  MAX_BODY_SIZE = 114_688;

  @WholeNumber({
    meaning: 'The longest request line and headers together, in bytes.',
    example: '16384',
    min: 4_096,
    max: 1_048_576,
  })
  MAX_HEADER_SIZE = 16_384;

  @WholeNumber({
    meaning: 'The longest path and query together, in bytes.',
    example: '8192',
    min: 256,
    max: 1_048_576,
  })
  MAX_URL_LENGTH = 8_192;

  @WholeNumber({
    meaning: 'How long a client may take to send the headers of a request, in seconds.',
    example: '15',
    min: 1,
    max: 3600,
  })
  HEADERS_TIMEOUT = 15;

  @WholeNumber({
    meaning: 'How long a client may take to send a whole request, in seconds.',
    example: '300',
    min: 1,
    max: 86_400,
  })
  REQUEST_TIMEOUT = 300;

  @WholeNumber({
    meaning: 'How long a connection with a request in progress may be idle, in seconds.',
    example: '330',
    min: 1,
    max: 86_400,
  })
  CONNECTION_TIMEOUT = 330;

  @WholeNumber({
    meaning:
      'How long an idle connection stays open for the next request, in seconds. Set it longer than that of the balancer in front.',
    example: '72',
    min: 1,
    max: 3600,
  })
  KEEP_ALIVE_TIMEOUT = 72;

  @WholeNumber({
    meaning:
      'The most connections that a process has open; it closes further ones at once. The service lowers this at the start to what `ulimit -n` allows.',
    example: '10000',
    min: 1,
    max: 1_000_000,
  })
  MAX_CONNECTIONS = 10_000;

  @WholeNumber({
    meaning:
      'The most connections that a process has open from one address (for IPv6: one network of 64 bits); it closes further ones at once. TRUSTED_PROXIES have no such limit. Without it: three quarters of MAX_CONNECTIONS.',
    example: '100',
    min: 1,
    max: 1_000_000,
  })
  @IsOptional()
  MAX_CONNECTIONS_PER_ADDRESS?: number;

  @WholeNumber({
    meaning: 'How many requests of one connection may be in progress at a time; the others wait unread.',
    example: '16',
    min: 1,
    max: 1_000,
  })
  PIPELINED_REQUESTS = 16;

  @WholeNumber({
    meaning:
      'How long a client may read nothing of a response before the service closes its connection, in seconds.',
    example: '30',
    min: 1,
    max: 3600,
  })
  SEND_TIMEOUT = 30;

  @WholeNumber({
    meaning:
      'How many bytes of responses may wait on one connection behind the response that the client is reading; the service closes the connection when more wait. All connections of a process together may hold eight times as many.',
    example: '8388608',
    min: 1_024,
    max: 1_073_741_824,
  })
  MAX_UNREAD_BYTES = 8_388_608;

  @WholeNumber({
    meaning:
      'How late timers may be on average before the service refuses requests with 503, in milliseconds; 0 for no limit.',
    example: '1000',
    min: 0,
    max: 60_000,
  })
  MAX_EVENT_LOOP_DELAY = 1_000;

  @WholeNumber({
    meaning: 'How many requests a user of a project, or an address, may send in a window; 0 for any number.',
    example: '600',
    min: 0,
    max: 1_000_000_000,
  })
  RATE_LIMIT = 0;

  @WholeNumber({
    meaning: 'How long a window of RATE_LIMIT is, in seconds.',
    example: '60',
    min: 1,
    max: 86_400,
  })
  RATE_LIMIT_WINDOW = 60;

  @Setting({
    meaning:
      'A Redis in which all processes count together for RATE_LIMIT. Without it, each process counts alone.',
    example: 'redis://:secret@redis.example.org:6379/0',
  })
  @IsOptional()
  @IsRedisAddress()
  RATE_LIMIT_REDIS_URL?: string;

  @Setting({
    meaning: 'Origins whose pages may use the service from a browser, comma-separated; * for all.',
    example: 'https://dashboard.example.org',
    type: 'list',
  })
  @Matches(ORIGIN, {
    each: true,
    message: 'must be origins such as https://dashboard.example.org in small letters, or *',
  })
  CORS_ORIGINS: string[] = [];
}
