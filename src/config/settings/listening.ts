import { IsIn, IsOptional } from 'class-validator';
import { AreNetworks, IsHost, IsHttpAddress, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** Where the service is reached. */
export class ListeningSettings {
  @Setting({
    meaning: 'The address to listen on; `::` means all addresses of IPv6 and IPv4.',
    example: '127.0.0.1',
  })
  @IsHost()
  HOST = '127.0.0.1';

  @WholeNumber({
    meaning: 'The TCP port to listen on; 0 takes a free one.',
    example: '8774',
    min: 0,
    max: 65535,
  })
  PORT = 8774;

  @WholeNumber({
    meaning:
      'How many processes share the port. Each has its own connections to the databases. The parent replaces a worker that ends. On SIGTERM all finish the requests in progress.',
    example: '2',
    min: 1,
    max: 256,
  })
  WORKERS = 1;

  @WholeNumber({
    meaning:
      'How long a worker may leave pings unanswered before the parent process kills and replaces it, in seconds; 0 for no limit. Only with WORKERS above 1.',
    example: '30',
    min: 0,
    max: 3600,
  })
  WORKER_TIMEOUT = 30;

  @Setting({
    meaning:
      "The address in links (Nova's `[api] compute_link_prefix`). Without it: the address that the caller used.",
    example: 'https://compute.example.org',
  })
  @IsOptional()
  @IsHttpAddress()
  PUBLIC_URL?: string;

  @Setting({
    meaning:
      'Proxies whose `X-Forwarded-Host`, `-Proto` and `-For` the service trusts: addresses or networks, comma-separated.',
    example: '10.0.0.0/8,127.0.0.1',
    type: 'list',
  })
  @AreNetworks()
  TRUSTED_PROXIES: string[] = [];

  @OptionalText({
    meaning:
      'Turns TLS on: the path of the certificate and its chain, in PEM. The service reads it again when it changes.',
    example: '/etc/nova-action-log/tls.crt',
  })
  TLS_CERTIFICATE?: string;

  @OptionalText({
    meaning: "The path of the certificate's key, in PEM.",
    example: '/etc/nova-action-log/tls.key',
  })
  TLS_KEY?: string;

  @Setting({ meaning: 'The oldest allowed version of TLS.', example: 'TLSv1.3' })
  @IsIn(['TLSv1.2', 'TLSv1.3'], { message: 'must be one of TLSv1.2, TLSv1.3' })
  TLS_MIN_VERSION: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2';
}
