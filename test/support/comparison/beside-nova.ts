import { RequestSender } from '../../conformance/request-sender.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { authentication, type Tokens } from '../../conformance/requests.js';
import { mariaDb } from '../databases/mariadb.js';
import { type Keystone, startKeystone } from '../keystone/keystone.js';
import { keystoneSettings, signIn } from '../keystone/settings.js';
import { type NovaApi, startNovaApi } from '../nova/api.js';
import type { NovaRequest } from '../requests/nova.js';
import { startService } from '../service/service.js';
import { comparableAnswer } from './comparable-answers.js';

/** A real nova-api and the service. Both use the same databases and the same Keystone. */
export interface BesideNova {
  readonly nova: NovaApi;
  readonly keystone: Keystone;
  /** The URL of the service. */
  readonly serviceUrl: string;
  readonly tokens: Tokens;
  /** Sends a request to nova-api or to the service. @returns the response in the form of {@link comparableAnswer} */
  readonly send: (to: 'nova' | 'service', request: NovaRequest) => Promise<ReceivedAnswer>;
  readonly stop: () => Promise<void>;
}

/** The options of {@link startBesideNova}. */
export interface BesideNovaOptions {
  /**
   * The number of connections to nova-api, which is also the number of connections to the service. At most this number
   * of requests can be in progress at each server.
   */
  readonly connections: number;
  /** Additional settings in the section DEFAULT of nova.conf. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** A Keystone that several tests use, one after the other. Without it, a new Keystone is started and stopped. */
  readonly keystone?: Keystone;
  /** Fills Nova's databases before the service starts. @returns additional settings of the service */
  readonly prepare: (nova: NovaApi) => Promise<Readonly<Record<string, string>>>;
}

/** Starts a MariaDB, a Keystone (unless one is given), a nova-api, and the service on the databases of this nova-api. */
export async function startBesideNova({
  connections,
  defaults = {},
  keystone: shared,
  prepare,
}: BesideNovaOptions): Promise<BesideNova> {
  const server = await mariaDb();
  const keystone = shared ?? (await startKeystone());
  const nova = await startNovaApi({ server, keystone, defaults });
  const service = await startService({
    NOVA_API_DATABASE_URL: nova.apiDatabaseUrl,
    ...(await prepare(nova)),
    ...keystoneSettings(keystone),
    WWW_AUTHENTICATE_URI: keystone.rootUrl,
  });
  const tokens = await signIn(keystone);
  const senders = {
    nova: new RequestSender(nova.url, connections),
    service: new RequestSender(service.url, connections),
  };
  const bases = { nova: nova.url, service: service.url };
  return {
    nova,
    keystone,
    serviceUrl: service.url,
    tokens,
    async send(to, request) {
      const headers = { ...request.headers, ...authentication(request.persona, tokens) };
      return comparableAnswer(await senders[to].send({ ...request, headers }), bases[to]);
    },
    async stop() {
      senders.nova.close();
      senders.service.close();
      for (const process of [service, nova, ...(shared ? [] : [keystone]), server]) await process.stop();
    },
  };
}
