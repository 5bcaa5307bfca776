import { IsIn, IsOptional } from 'class-validator';
import { AreNetworks, IsHost, IsHttpAddress, OptionalText, WholeNumber } from '../kinds/setting-kinds.js';
import { Setting } from '../kinds/setting.decorator.js';

/** The settings for the addresses of the service, its processes and TLS. */
export class ListeningSettings {
  @Setting({
    meaning:
      'The address on which the service listens. `::` means all IPv6 and IPv4 addresses of the machine.',
    example: '127.0.0.1',
  })
  @IsHost()
  HOST = '127.0.0.1';

  @WholeNumber({
    meaning: 'The TCP port on which the service listens. With 0, the system chooses a free port.',
    example: '8774',
    min: 0,
    max: 65535,
  })
  PORT = 8774;

  @WholeNumber({
    meaning:
      'The number of processes that serve the port (workers). Each worker has its own connections to the databases. If `WORKERS` is above 1, a parent process starts the workers, and replaces a worker that exits.',
    example: '2',
    min: 1,
    max: 256,
  })
  WORKERS = 1;

  @WholeNumber({
    meaning:
      'The parent process pings its workers every second. If a worker has not responded for this number of seconds, the parent process kills and replaces it. 0 means no limit. The setting has no effect if WORKERS is 1.',
    example: '30',
    min: 0,
    max: 3600,
  })
  WORKER_TIMEOUT = 30;

  @Setting({
    meaning:
      "The URL with which links in responses begin (Nova's `[api] compute_link_prefix`). If it is not set, links begin with the scheme and host of the URL that the client used.",
    example: 'https://compute.example.org',
  })
  @IsOptional()
  @IsHttpAddress()
  PUBLIC_URL?: string;

  @Setting({
    meaning:
      'The addresses or networks of proxies, comma-separated. The service uses the headers `X-Forwarded-Host`, `X-Forwarded-Proto` and `X-Forwarded-For` only if a request comes from one of these addresses.',
    example: '10.0.0.0/8,127.0.0.1',
    type: 'list',
  })
  @AreNetworks()
  TRUSTED_PROXIES: string[] = [];

  @OptionalText({
    meaning:
      "The path of a PEM file with the service's TLS certificate and its chain. If it is set, the service accepts only HTTPS. The service reads the file again when it changes.",
    example: '/etc/nova-action-log/tls.crt',
  })
  TLS_CERTIFICATE?: string;

  @OptionalText({
    meaning: 'The path of a PEM file with the private key of TLS_CERTIFICATE.',
    example: '/etc/nova-action-log/tls.key',
  })
  TLS_KEY?: string;

  @Setting({
    meaning: 'The oldest version of TLS that the service accepts: `TLSv1.2` or `TLSv1.3`.',
    example: 'TLSv1.3',
  })
  @IsIn(['TLSv1.2', 'TLSv1.3'], { message: 'must be one of TLSv1.2, TLSv1.3' })
  TLS_MIN_VERSION: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2';
}
