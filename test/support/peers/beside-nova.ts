import { RequestSender } from '../../conformance/request-sender.js';
import type { ReceivedAnswer } from '../../conformance/compare.js';
import { authentication } from '../../conformance/requests.js';
import { mariaDb } from '../databases/mariadb.js';
import { startKeystone } from '../keystone/keystone.js';
import { keystoneSettings, signIn } from '../keystone/settings.js';
import { type NovaApi, startNovaApi } from '../nova/api.js';
import type { NovaQuestion } from '../questions/nova.js';
import { startService } from '../service/service.js';
import { asPeer } from './peers.js';

/** A real Nova and the service on the same databases, both with the same Keystone. */
export interface BesideNova {
  /** Asks one of them. The answer keeps what every server says alike. */
  readonly ask: (whom: 'nova' | 'service', question: NovaQuestion) => Promise<ReceivedAnswer>;
  readonly stop: () => Promise<void>;
}

/** How they are made. */
export interface BesideNovaOptions {
  /** Requests that each of them gets at the same time. */
  readonly atOnce: number;
  /** Further settings of nova.conf's section DEFAULT. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** Fills the databases before the service starts. @returns further settings of the service */
  readonly prepare: (nova: NovaApi) => Promise<Readonly<Record<string, string>>>;
}

/** Starts a Nova, and the service beside it. */
export async function startBesideNova({
  atOnce,
  defaults = {},
  prepare,
}: BesideNovaOptions): Promise<BesideNova> {
  const server = await mariaDb();
  const keystone = await startKeystone();
  const nova = await startNovaApi({ server, keystone, defaults });
  const service = await startService({
    NOVA_API_DATABASE_URL: nova.apiDatabaseUrl,
    ...(await prepare(nova)),
    ...keystoneSettings(keystone),
    WWW_AUTHENTICATE_URI: keystone.rootUrl,
  });
  const tokens = await signIn(keystone);
  const askers = {
    nova: new RequestSender(nova.url, atOnce),
    service: new RequestSender(service.url, atOnce),
  };
  const bases = { nova: nova.url, service: service.url };
  return {
    async ask(whom, question) {
      const headers = { ...question.headers, ...authentication(question.persona, tokens) };
      return asPeer(await askers[whom].send({ ...question, headers }), bases[whom]);
    },
    async stop() {
      askers.nova.close();
      askers.service.close();
      for (const one of [service, nova, keystone, server]) await one.stop();
    },
  };
}
