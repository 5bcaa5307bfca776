import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Authenticator } from './authenticator.js';
import { serviceCredentials } from './keystone/credentials.js';
import { KeystoneAuthenticator } from './keystone/keystone-authenticator.js';
import { KeystoneClient } from './keystone/keystone-client.js';
import { KeystoneHttp } from './keystone/keystone-http.js';
import { TokenFileAuthenticator } from './token-file.js';

/** Keystone where its address is set; else the tokens file. */
function authenticatorFor(settings: Settings): Authenticator {
  const { OS_AUTH_URL: authUrl } = settings;
  if (authUrl === undefined) return TokenFileAuthenticator.fromSettings(settings);
  const http = new KeystoneHttp(settings.KEYSTONE_TIMEOUT, settings.OS_CACERT);
  const credentials = serviceCredentials(settings, authUrl);
  return new KeystoneAuthenticator(new KeystoneClient(http, credentials, settings.WWW_AUTHENTICATE_URI), {
    serviceType: settings.SERVICE_TYPE,
    serviceRoles: settings.SERVICE_TOKEN_ROLES,
    timeLimit: settings.KEYSTONE_TIMEOUT,
    cacheSeconds: settings.TOKEN_CACHE_TIME,
  });
}

@Global()
@Module({
  providers: [{ provide: Authenticator, inject: [Settings], useFactory: authenticatorFor }],
  exports: [Authenticator],
})
export class IdentityModule implements OnApplicationShutdown {
  constructor(@Inject(Authenticator) private readonly authenticator: Authenticator) {}

  onApplicationShutdown(): Promise<void> {
    return this.authenticator.close();
  }
}
