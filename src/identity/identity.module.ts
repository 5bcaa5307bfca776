import { Module, type OnApplicationShutdown } from '@nestjs/common';
import cluster from 'node:cluster';
import { Settings } from '../config/settings.js';
import { Authenticator } from './authenticator.js';
import { serviceCredentials } from './keystone/credentials.js';
import { KeystoneAuthenticator, type TokenRules } from './keystone/keystone-authenticator.js';
import { KeystoneClient } from './keystone/keystone-client.js';
import { KeystoneHttp } from './keystone/keystone-http.js';
import { WorkerPeers } from './keystone/token-peers.js';
import { TokenFileAuthenticator } from './token-file.js';

/**
 * The time limit of one request to Keystone, in milliseconds. Callers wait for a shorter time (KEYSTONE_TIMEOUT). If
 * Keystone responds after that time, the service caches the result for the caller's next request.
 */
const KEYSTONE_REQUEST_TIMEOUT = 15_000;

/** Returns the authenticator for Keystone if OS_AUTH_URL is set, otherwise the authenticator for the tokens file. */
function authenticatorFor(settings: Settings): Authenticator {
  const { OS_AUTH_URL: authUrl } = settings;
  if (authUrl === undefined) return TokenFileAuthenticator.fromSettings(settings);
  const http = new KeystoneHttp(
    Math.max(settings.KEYSTONE_TIMEOUT, KEYSTONE_REQUEST_TIMEOUT),
    settings.OS_CACERT,
  );
  const credentials = serviceCredentials(settings, authUrl);
  const client = new KeystoneClient(http, credentials, settings.WWW_AUTHENTICATE_URI);
  const rules: TokenRules = {
    serviceType: settings.SERVICE_TYPE,
    serviceRoles: settings.SERVICE_TOKEN_ROLES,
    timeLimit: settings.KEYSTONE_TIMEOUT,
    cacheSeconds: settings.TOKEN_CACHE_TIME,
  };
  return new KeystoneAuthenticator(client, rules, cluster.isWorker ? new WorkerPeers() : undefined);
}

@Module({
  providers: [{ provide: Authenticator, inject: [Settings], useFactory: authenticatorFor }],
  exports: [Authenticator],
})
export class IdentityModule implements OnApplicationShutdown {
  constructor(private readonly authenticator: Authenticator) {}

  onApplicationShutdown(): Promise<void> {
    return this.authenticator.close();
  }
}
