import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { SettingsError } from '../config/load-settings.js';
import { Settings } from '../config/settings.js';
import { Upstream } from '../nova/http/upstream.js';
import { NovaHttp } from './nova-http.js';
import { NovaUpstream } from './nova-upstream.js';

/** @throws SettingsError for an address that is this service's own, where every request would go round in a circle */
function openUpstream(settings: Settings): NovaUpstream {
  const { UPSTREAM_NOVA_URL: url, PUBLIC_URL } = settings;
  if (url === undefined) throw new Error('there is no Nova without UPSTREAM_NOVA_URL');
  if (isOwnAddress(new URL(url), settings)) {
    throw new SettingsError(
      `UPSTREAM_NOVA_URL ${url} is where this service itself listens; let nova-api listen elsewhere, ` +
        'for example UPSTREAM_NOVA_URL=http://127.0.0.1:18774',
    );
  }
  return new NovaUpstream(new NovaHttp(url), PUBLIC_URL);
}

const THIS_MACHINE = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);
const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

/** Whether an address is plainly this service's own; there may be others that only the network knows of. */
function isOwnAddress({ protocol, hostname, port }: URL, { HOST, PORT }: Settings): boolean {
  if (Number(port || (protocol === 'https:' ? 443 : 80)) !== PORT) return false;
  if (!THIS_MACHINE.has(hostname)) return hostname === HOST;
  return THIS_MACHINE.has(HOST) || ALL_ADDRESSES.has(HOST);
}

/** Makes the service a facade: it serves its own routes, and the Nova behind it all others. */
@Global()
@Module({
  providers: [{ provide: Upstream, inject: [Settings], useFactory: openUpstream }],
  exports: [Upstream],
})
export class FacadeModule implements OnApplicationShutdown {
  constructor(@Inject(Upstream) private readonly upstream: NovaUpstream) {}

  onApplicationShutdown(): void {
    this.upstream.close();
  }
}
