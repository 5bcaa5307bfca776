import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { SettingsError } from '../config/settings-error.js';
import { Settings } from '../config/settings.js';
import { Upstream } from '../nova/pipeline/upstream.hook.js';
import { ConnectionLimit } from './connection-limit.js';
import { NovaHttp } from './nova-http.js';
import { NovaUpstream } from './nova-upstream.js';
import { isOwnAddress } from './own-address.js';

/**
 * @throws SettingsError if UPSTREAM_NOVA_URL is the address of this service, which would then forward requests to
 *   itself
 */
function openUpstream(settings: Settings): NovaUpstream {
  const { UPSTREAM_NOVA_URL: url, UPSTREAM_CONNECTIONS, PUBLIC_URL } = settings;
  if (url === undefined) throw new Error('UPSTREAM_NOVA_URL is not set');
  if (isOwnAddress(url, settings)) {
    throw new SettingsError(
      `UPSTREAM_NOVA_URL ${url} is the address of this service itself; it must be the address of nova-api, ` +
        'for example UPSTREAM_NOVA_URL=http://127.0.0.1:18774',
    );
  }
  const connections = new ConnectionLimit(UPSTREAM_CONNECTIONS);
  return new NovaUpstream(new NovaHttp(url, connections), connections, PUBLIC_URL);
}

/**
 * Makes the service a facade: the service answers requests for its own routes, and passes all other requests to
 * nova-api.
 */
@Module({
  providers: [{ provide: Upstream, inject: [Settings], useFactory: openUpstream }],
})
export class FacadeModule implements OnApplicationShutdown {
  constructor(@Inject(Upstream) private readonly upstream: NovaUpstream) {}

  onApplicationShutdown(): void {
    this.upstream.close();
  }
}
